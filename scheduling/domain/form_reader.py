"""Pure: a mapping read key by key, with the path of everything that is wrong in it."""

from collections.abc import Mapping
from typing import Any

from scheduling.domain.protocol import MAX_VISIT_MINUTES, ProtocolError


class Node:
    """One mapping of the file, read key by key; what nobody read is refused at the end."""

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, Mapping):
            raise ProtocolError(path or "(file)", "must be a mapping")
        self.value, self.path, self.read = value, path, set[str]()

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def get(self, key: str) -> Any:
        self.read.add(key)
        return self.value.get(key)

    def need(self, key: str) -> Any:
        if self.get(key) is None:
            raise ProtocolError(self.at(key), "is missing")
        return self.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.need(key) if default is None else (default if self.get(key) is None else self.get(key))
        if not isinstance(value, str) or not value.strip():
            raise ProtocolError(self.at(key), "must be text")
        return value

    def choice(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.text(key, default)
        if value not in allowed:
            raise ProtocolError(self.at(key), f"must be one of {', '.join(allowed)}")
        return value

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int | None:
        value = self.get(key)
        return default if value is None else whole(value, low, high, self.at(key))

    def number(self, key: str, low: int, high: int) -> int:
        return whole(self.need(key), low, high, self.at(key))

    def minutes(self, key: str, low: int, default: int | None = None) -> int:
        value = (
            self.number(key, low, MAX_VISIT_MINUTES)
            if default is None
            else self.whole(key, low, MAX_VISIT_MINUTES, default)
        )
        assert value is not None
        if value % 5:
            raise ProtocolError(self.at(key), "must be a multiple of 5 minutes")
        return value

    def wholes(self, key: str, low: int, high: int) -> tuple[int, ...]:
        return tuple(whole(item, low, high, path) for item, path in self.items(key))

    def texts(self, key: str) -> tuple[str, ...]:
        found = []
        for item, path in self.items(key):
            if not isinstance(item, str):
                raise ProtocolError(path, "must be text")
            found.append(item)
        return tuple(found)

    def items(self, key: str) -> list[tuple[Any, str]]:
        value = self.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise ProtocolError(self.at(key), "must be a list")
        return [(item, f"{self.at(key)}[{index}]") for index, item in enumerate(value)]

    def pair(self, key: str, low: int, high: int) -> tuple[int, int] | None:
        values = self.wholes(key, low, high)
        return pair(values, self.at(key)) if self.get(key) is not None else None

    def child(self, key: str) -> "Node":
        return Node(self.get(key) if self.get(key) is not None else {}, self.at(key))

    def close(self) -> None:
        for key in self.value:
            if key not in self.read:
                raise ProtocolError(self.at(str(key)), "is not a key of this form")


def whole(value: Any, low: int, high: int, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ProtocolError(path, "must be a whole number")
    if not low <= value <= high:
        raise ProtocolError(path, f"must be from {low} to {high}, not {value}")
    return value


def pair(values: tuple[int, ...], path: str) -> tuple[int, int]:
    if len(values) != 2 or values[0] > values[1]:
        raise ProtocolError(path, "must be two numbers, the smaller first")
    return values[0], values[1]

"""Protocol versions as values. A version never changes, so it is parsed once in a process."""

from collections.abc import Iterable

from scheduling.domain.protocol import ProtocolDefinition
from scheduling.domain.protocol_form import parse_protocol
from scheduling.models import Protocol

_PARSED: dict[str, ProtocolDefinition] = {}


def definition_of(protocol: Protocol) -> ProtocolDefinition:
    """Return what a protocol version says."""
    found = _PARSED.get(protocol.digest)
    if found is None:
        found = _PARSED[protocol.digest] = parse_protocol(protocol.definition, is_stored=True)
    return found


def definitions_of(protocol_ids: Iterable[int]) -> dict[int, ProtocolDefinition]:
    """Return what some protocol versions say, by id; one statement."""
    return {row.pk: definition_of(row) for row in Protocol.objects.filter(pk__in=set(protocol_ids)).defer("definition")}

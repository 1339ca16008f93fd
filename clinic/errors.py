"""Refusals: a sentence for the person at the desk, a code for machines, and the HTTP answer each kind gets."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class Rejected(Exception):
    """Something a person asked for and the rules refuse. `str()` is fit to be shown."""

    status = 422
    code = "rule_broken"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        fields: Mapping[str, str] | None = None,
        alternatives: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.fields = dict(fields or {})
        self.alternatives = list(alternatives)


class Malformed(Rejected):
    """The request has the wrong shape."""

    status = 400
    code = "malformed"


class NotFound(Rejected):
    """The thing named does not exist, or this person may not know that it does."""

    status = 404
    code = "not_found"


class NotAllowed(Rejected):
    """This person may see the thing but not do this to it."""

    status = 403
    code = "not_allowed"


class Conflict(Rejected):
    """The world changed, or somebody else was quicker."""

    status = 409
    code = "conflict"


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What somebody else did to a row: who, when, which version it is now.

    `words`: one sentence in which `{ago}` stands for the time; `when`: that time as the clinic's clock says it.
    """

    by: str
    at: dt.datetime
    when: str
    version: int
    words: str


class Stale(Rejected):
    """The row was edited since this person read it."""

    status = 412
    code = "stale"

    def __init__(self, message: str, *, details: Meanwhile | None = None, **more: Any) -> None:
        super().__init__(message, **more)
        self.details = details


class Busy(Rejected):
    """The database is contended; the same request may be sent again."""

    status = 503
    code = "busy"

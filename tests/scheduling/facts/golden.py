"""The planned courses as text: `python -m tests.scheduling.facts.golden` writes golden/CODE.txt anew.

What a course should be is said by the facts; a golden file shows a person what has changed. So none is written
while any fact fails.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from scheduling.domain.local_time import clock_text, day_text
from scheduling.domain.plan import PlannedSession, PlannedUse
from tests.scheduling.facts import checks
from tests.scheduling.facts.facts import Fact, read_facts

GOLDEN = Path(__file__).parent / "golden"


def text_of(code: str) -> str:
    """Return the planned course of a protocol, a line for each session."""
    return "".join(f"{_line(session)}\n" for session in checks.course_of(code).plan.sessions)


def _line(session: PlannedSession) -> str:
    when = f"{day_text(session.day)}, {clock_text(session.minute)}"
    held = ", ".join(_held(session, use) for use in session.uses)
    return f"{session.number:>3}  {when}  {session.minutes} min  {session.visit_type}  {held}  {session.phase}"


def _held(session: PlannedSession, use: PlannedUse) -> str:
    """Return a resource, and when it is held if that is not just the visit."""
    if (use.from_minute, use.to_minute) == (session.minute, session.minute + session.minutes):
        return use.name
    return f"{use.name} {clock_text(use.from_minute)} to {clock_text(use.to_minute)}"


def failed(entries: Mapping[str, tuple[Fact, ...]]) -> list[str]:
    """Return a sentence for each fact that fails, and for each session that strays from the wish for no reason."""
    return [
        sentence
        for code, said in entries.items()
        for sentence in checks.failures(checks.course_of(code), said) + checks.strays(checks.course_of(code))
    ]


def main(entries: Mapping[str, tuple[Fact, ...]] | None = None, folder: Path = GOLDEN) -> int:
    """Write every golden file, or none and the failed facts; return the exit status."""
    entries = read_facts() if entries is None else entries
    if sentences := failed(entries):
        lines = "".join(f"{sentence}\n" for sentence in sentences)
        sys.stderr.write(f"{lines}Nothing was written: {len(sentences)} failed. Mend the protocol or the fact first.\n")
        return 1
    folder.mkdir(exist_ok=True)
    for code in entries:
        (folder / f"{code}.txt").write_text(text_of(code))
    sys.stdout.write(f"Courses written to {folder.name}: {len(entries)}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

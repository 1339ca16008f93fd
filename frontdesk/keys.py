"""Every key there is, in one table: the help sheet, the palette and the tests read it (screens.md 2.6)."""

from dataclasses import dataclass

from clinic.domain.permissions import Permission

GO, DAY, VISIT, ANYWHERE = "Go to", "Walk", "On a visit", "Anywhere"


@dataclass(frozen=True, slots=True)
class Key:
    """One key, what it does, and the page it opens if it opens one. `names` are as the keyboard calls them."""

    names: tuple[str, ...]
    words: str
    group: str
    page: str = ""
    query: str = ""
    needs: Permission | None = None

    @property
    def caps(self) -> tuple[str, ...]:
        """Return what stands on the keys."""
        return tuple(
            "+".join(part.capitalize() for part in name.split("+")) if name != "+" else name for name in self.names
        )


_P = Permission
KEYS = (
    Key(("t",), "Today", GO, "board"),
    Key(("d",), "Day", GO, "board"),
    Key(("w",), "Week", GO, "week"),
    Key(("q",), "Needs attention", GO, "attention", needs=_P.VIEW_ATTENTION),
    Key(("l",), "Waiting list", GO, "waitlist", needs=_P.VIEW_PATIENT),
    Key(("/",), "Find a patient", GO, "patients", needs=_P.VIEW_PATIENT),
    Key(("b",), "Book a course", GO, "course-new", needs=_P.BOOK_COURSE),
    Key(("v",), "Book a single visit", GO, "course-new", "?single=1", needs=_P.BOOK_COURSE),
    Key(("[", "]"), "Previous, next day", DAY),
    Key(("j", "k"), "Next, previous card or row", DAY),
    Key(("arrows",), "Move in the board or list", DAY),
    Key(("enter",), "Open beside the board", DAY),
    Key(("shift+f10",), "Menu of the card or row", DAY),
    Key(("escape",), "Close, back to the same card", DAY),
    Key(("1", "5"), "Take a suggestion, 1 to 5", DAY),
    Key(("a",), "Arrive", VISIT, needs=_P.RECORD_ATTENDANCE),
    Key(("s",), "Start, in the chair", VISIT, needs=_P.RECORD_ATTENDANCE),
    Key(("c",), "Complete", VISIT, needs=_P.RECORD_ATTENDANCE),
    Key(("x",), "No-show", VISIT, needs=_P.RECORD_ATTENDANCE),
    Key(("m",), "Move", VISIT, needs=_P.BOOK_COURSE),
    Key(("delete",), "Cancel, with a reason", VISIT, needs=_P.BOOK_COURSE),
    Key(("e",), "Note; in the queue: done", VISIT, needs=_P.RECORD_ATTENDANCE),
    Key(("h",), "In the queue: hold until", VISIT, needs=_P.RECORD_ATTENDANCE),
    Key(("ctrl+k",), "Do anything by name", ANYWHERE),
    Key(("u", "ctrl+z"), "Undo, for 3 minutes", ANYWHERE),
    Key(("p",), "Initials only, or names", ANYWHERE),
    Key(("ctrl+p",), "Print the day sheet", ANYWHERE),
    Key(("ctrl+shift+l",), "Lock the screen", ANYWHERE),
    Key(("?",), "This list", ANYWHERE),
)


def groups(may: set[str]) -> list[tuple[str, list[Key]]]:
    """Return the keys a person can use, by group."""
    mine = [key for key in KEYS if key.needs is None or key.needs.value in may]
    return [(name, [key for key in mine if key.group == name]) for name in (GO, VISIT, DAY, ANYWHERE)]

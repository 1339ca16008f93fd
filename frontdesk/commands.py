"""What the palette offers by name: pages, keys, settings, help; only what a role may."""

from dataclasses import dataclass

from clinic.domain.permissions import Permission
from frontdesk.keys import GO, KEYS, VISIT

DO, SETTINGS, HELP = "Do", "Settings", "Help"
_P = Permission


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the palette: a page to go to, or a key to press on the visit in hand or on the page."""

    group: str
    words: str
    cap: str = ""
    page: str = ""
    query: str = ""
    press: str = ""
    needs: Permission | None = None


MORE = (
    Command(GO, "Patients", page="patients", needs=_P.VIEW_PATIENT),
    Command(GO, "Next day's preparation", page="tomorrow", needs=_P.VIEW_PATIENT),
    Command(GO, "Messages", page="messages", needs=_P.VIEW_MESSAGES),
    Command(GO, "Chair", page="chair", needs=_P.RECORD_ATTENDANCE),
    Command(GO, "Block time, device down", page="blocks", needs=_P.BOOK_COURSE),
    Command(GO, "Clinic settings", page="settings", needs=_P.MANAGE_SITE),
    Command(GO, "Message texts", page="texts", needs=_P.MANAGE_SITE),
    Command(SETTINGS, "Your settings", page="mine"),
    Command(SETTINGS, "Single keys on or off", page="mine"),
    Command(SETTINGS, "Theme: light, dark, auto", page="mine"),
    Command(SETTINGS, "Initials only, or names", cap="P", press="p"),
    Command(SETTINGS, "Lock the screen", cap="Ctrl+Shift+L", press="ctrl+shift+l"),
    Command(HELP, "Keys and shortcuts", cap="?", press="?"),
)
VERBS = {
    "book": ("Book course for", "course-new", "", _P.BOOK_COURSE),
    "single": ("Book single visit for", "course-new", "&single=1", _P.BOOK_COURSE),
    "open": ("Open", "patient", "", _P.VIEW_PATIENT),
}


def commands(may: set[str]) -> list[Command]:
    """Return the commands a person may give, by group: what is in hand, then pages, settings, help."""
    in_hand = [
        Command(DO, key.words.split(";")[0], cap=key.caps[0], press=key.names[0], needs=key.needs)
        for key in KEYS
        if key.group == VISIT
    ]
    pages = [
        Command(GO, key.words, cap=key.caps[0], page=key.page, query=key.query, needs=key.needs)
        for key in KEYS
        if key.group == GO and key.names != ("d",)
    ]
    return [c for c in (*in_hand, *pages, *MORE) if c.needs is None or c.needs.value in may]


def verbs(text: str, may: set[str]) -> tuple[list[str], str]:
    """Return the verbs whose beginning a text starts with and what follows it: `bo gar` is book, gar."""
    first, _space, rest = text.strip().lower().partition(" ")
    if len(first) < 2 or not rest.strip():
        return [], ""
    return [verb for verb, (*_, needs) in VERBS.items() if verb.startswith(first) and needs.value in may], rest.strip()

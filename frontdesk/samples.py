"""Made-up people and moments for the style guide: every component in every state, and nothing from the database."""

from dataclasses import dataclass
from pathlib import Path

from frontdesk.show import CONFIRMED, LOOKS, Look
from frontdesk.show_held import HeldText
from frontdesk.show_menu import Line
from frontdesk.show_parts import Clash, Way
from frontdesk.toasts import Toast, Undo
from scheduling.domain.states import SessionState

_S = SessionState
SPRITE = Path(__file__).parent / "static" / "frontdesk" / "icons.svg"
INKS = ("planned", "booked", "confirmed", "here", "chair", "watch", "done", "noshow", "cancelled", "attention")
GROUNDS = ("canvas", "surface", "sunken", "hover", "line", "line-2", "line-input", "text", "text-2", "text-3")
ACCENTS = ("accent", "accent-hover", "accent-soft", "accent-line", "on-accent", "now")
SIZES = ("10", "11", "12", "13", "15", "18", "24")
SPACES = ("1", "2", "3", "4", "5", "6", "8", "10", "12")


@dataclass(frozen=True, slots=True)
class Sample:
    """A card of nobody."""

    name: str
    count: str
    tag: str
    look: Look
    step: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    """One session of a made-up course."""

    css: str
    text: str


def cards() -> list[Sample]:
    """Return a card in every state of a visit, and the two that stand between states."""

    late = Look("12 min late", "late", "is-late")
    return [
        Sample("Ruiz, P.", "2/36", "TMS", Look("Planned", "planned", "is-planned"), about="draft"),
        Sample("Ruiz, P.", "2/36", "TMS", LOOKS[_S.HELD], about="held until Dec 1"),
        Sample("Whitfield, J.", "9/36", "TMS", LOOKS[_S.BOOKED], about="booked"),
        Sample("Sandoval, T.", "33/36", "TMS", CONFIRMED, "Arrive", "confirmed"),
        Sample("Lindgren, K.", "16/36", "TMS", late, "Arrive", "late"),
        Sample("Petrov, A.", "17/36", "TMS", LOOKS[_S.ARRIVED], "Start", "arrived"),
        Sample("Garcia, M.", "12/36", "TMS", LOOKS[_S.IN_TREATMENT], "Complete", "in treatment"),
        Sample("Rivera, L.", "7/12", "SPR", Look("Watch 1:12 left", "watch", "is-watch"), about="watched"),
        Sample("Haddad, R.", "28/36", "TMS", LOOKS[_S.COMPLETED], about="done"),
        Sample("Silva, R.", "3/30", "TMS", LOOKS[_S.MISSED], about="missed, to settle"),
        Sample("Turner, M.", "3/12", "ECT", LOOKS[_S.NOT_TREATED], about="turned away"),
        Sample("Price, L.", "15/30", "TMS", LOOKS[_S.PARTIAL], about="stopped early"),
        Sample("Johansson, I.", "6/36", "TMS", LOOKS[_S.NO_SHOW], about="no-show"),
        Sample("Fischer, G.", "18/30", "TMS", LOOKS[_S.CANCELLED], about="cancelled"),
        Sample("Fischer, G.", "18/30", "TMS", LOOKS[_S.ENTERED_IN_ERROR], about="entered in error"),
    ]


def clashes() -> list[Clash]:
    """Return the refusals: a place just taken, a visit somebody moved, a gate that is red, a busy moment."""
    ways = [
        Way("9:00 same chair", "#", (), 1, is_likely=True),
        Way("8:30 on NeuroStar 1", "#", (), 2),
        Way("8:00 same chair", "#", (), 3),
    ]
    mine, again = Way("Use mine", "#", ()), Way("Try again", "#", ())
    return [
        Clash("NeuroStar 2 is taken at 8:30.", "Lee, K. until 9:00. Free instead:", ways=ways, back="#"),
        Clash(
            "Dana moved this visit 20 s ago to 9:00.",
            css="is-here",
            icon="info-circle",
            keep="Keep Dana's",
            ways=[mine],
        ),
        Clash("Not yet.", "The ride home is not confirmed. Call the patient, then confirm it.", back="#"),
        Clash("Busy for a moment.", "Nothing was saved.", icon="refresh", ways=[again], back="#"),
    ]


def menu() -> list[list[Line]]:
    """Return the menu of a visit that is confirmed and due."""
    return [
        [Line("Arrive", "arrive", "here", "a"), Line("No-show", "no-show", "noshow", "x")],
        [Line("Turned away", "not-treated", "turned")],
        [Line("Move", "move", "arrow-right", "m"), Line("Cancel visit", "cancel", "cancelled", "delete")],
    ]


def toasts() -> list[tuple[Toast, HeldText | None]]:
    """Return what may stand at the foot of a page for ten seconds."""
    return [
        (Toast("Petrov, A. is here.", Undo("session", 0, 1)), None),
        (
            Toast("Moved to Wed Nov 25, 9:00am.", Undo("session", 0, 1)),
            HeldText("Text goes out in 3 min.", 0, may_decide=True),
        ),
        (Toast("Can't undo: Dana changed this visit at 9:42am.", link=("#", "See the change")), None),
        (Toast("Couldn't save. Nothing was changed.", is_problem=True), None),
    ]


def dots() -> list[Dot]:
    """Return a course: done, missed, made up, the one in the chair, confirmed, to come."""
    past = [
        Dot("is-done", "1, done"),
        Dot("is-done", "2, done"),
        Dot("is-noshow", "3, no-show"),
        Dot("made", "4, make-up"),
    ]
    return [*past, Dot("is-chair", "5, in chair"), Dot("is-confirmed", "6, confirmed"), Dot("", "7, booked")]


def icons() -> list[str]:
    """Return the names of all icons."""
    return sorted(part.split('"')[0] for part in SPRITE.read_text().split('id="i-')[1:])

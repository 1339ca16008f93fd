"""What the set-up pages show: fields with what is wrong beside them, the steps of the checklist, words for kinds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from clinic.domain.permissions import Role
from scheduling.queries.setup import SetUp

ROLES = {
    Role.FRONT_DESK: ("Front desk", "Books, moves and records visits, answers messages. Coordinators too."),
    Role.TECHNICIAN: ("Technician", "Sees the day and records who came."),
    Role.CLINICIAN: ("Clinician", "All of the front desk, and decides what a protocol leaves open."),
    Role.MANAGER: ("Manager", "All of the front desk, and everything in set-up."),
    Role.AUDITOR: ("Auditor", "Looks at days, courses and messages; changes nothing."),
}
KINDS = {
    "tms_device": ("TMS device", "TMS"),
    "deep_tms_device": ("Deep TMS device", "TMS"),
    "h1_helmet": ("H1 helmet", ""),
    "h4_helmet": ("H4 helmet", ""),
    "h7_helmet": ("H7 helmet", ""),
    "vns_programmer": ("VNS programmer", ""),
    "infusion_chair": ("Infusion chair", "Infusion"),
    "observation_chair": ("Observation chair", "Observation"),
    "observation_place": ("Observation place", "Observation"),
    "recovery_bay": ("Recovery bay", "Recovery"),
    "preop_bay": ("Pre-op bay", "ECT"),
    "exam_room": ("Exam room", "Rooms"),
    "ect_room": ("ECT room", "ECT"),
    "group_place": ("Place in a group", ""),
    "operator": ("TMS operator", ""),
    "psychiatrist": ("Psychiatrist", ""),
    "anesthesia": ("Anesthesia", ""),
    "observer": ("Observer", ""),
    "iv_nurse": ("IV nurse", ""),
    "iv_watch": ("Watch over infusions", ""),
    "therapist": ("Therapist", ""),
    "coordinator": ("Coordinator", ""),
    "interpreter": ("Interpreter", ""),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a form: what was typed stays in it, and what is wrong stands under it."""

    name: str
    label: str
    value: str = ""
    error: str = ""
    hint: str = ""
    kind: str = "text"
    options: tuple[tuple[str, str], ...] = ()
    longest: int = 200
    is_optional: bool = False
    complete: str = "off"


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the checklist: `state` is done, default (it works as it stands) or open."""

    number: int
    title: str
    words: str
    state: str
    url: str
    verb: str


def kind_words(kind: str) -> str:
    """Return what a kind of resource is called."""
    return KINDS[kind][0] if kind in KINDS else kind.replace("_", " ").capitalize()


def address(name: str, site_slug: str) -> str:
    """Return the address of a set-up page, or nothing while there is no such page."""
    try:
        return f"{reverse(name)}?site={site_slug}"
    except NoReverseMatch:
        return ""


def counted(count: int, one: str, many: str = "") -> str:
    """Return a number with its word: `1 visit`, `3 visits`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def steps(found: SetUp, *, slug: str, people: int, text_faults: int, sending: str) -> list[Step]:
    """Return the checklist: where a site stands, what each step does by default, and where it is done again."""
    return [
        _hours(1, found, slug),
        _resources(2, found, slug),
        Step(
            3,
            "Staff",
            f"{counted(people, 'person', 'people')} can sign in. Nobody shares an account."
            if people > 1
            else "Only you can sign in so far. Everybody gets a login of their own.",
            "done" if people > 1 else "open",
            address("settings-staff", slug),
            "Add somebody" if people < 2 else "Change",
        ),
        _protocols(4, found, slug),
        Step(
            5,
            "Message texts",
            f"{counted(text_faults, 'text')} of your own can't be sent as written."
            if text_faults
            else "Neutral texts in English and Spanish are ready. Change any of them.",
            "open" if text_faults else "default",
            address("texts", slug),
            "Look at them",
        ),
        Step(
            6,
            "Sending",
            sending or "Messages leave. Nobody is written to without consent.",
            "open" if sending else "done",
            address("test-text", slug) or address("settings-messages", slug),
            "Send a test text" if address("test-text", slug) else "When we write",
        ),
        Step(
            7,
            "First patient",
            "Patients are in." if found.has_patient else "Start with the demo clinic or import your list.",
            "done" if found.has_patient else "open",
            address("import", slug) or address("course-new", slug),
            "Import a list" if address("import", slug) else "Add one while booking",
        ),
        Step(
            8,
            "First course",
            "Visits are booked." if found.has_visit else "Pick a protocol and a day; the plan is laid out for you.",
            "done" if found.has_visit else "open",
            address("course-new", slug),
            "Book a course",
        ),
    ]


def _hours(number: int, found: SetUp, slug: str) -> Step:
    return Step(
        number,
        "Opening hours",
        f"Open {counted(found.days_open, 'day')} a week." if found.days_open else "Not open on any day yet.",
        "done" if found.days_open else "open",
        address("settings-hours", slug),
        "Change" if found.days_open else "Set hours",
    )


def _resources(number: int, found: SetUp, slug: str) -> Step:
    there = counted(found.resources, "thing or person", "things and people")
    return Step(
        number,
        "Devices, rooms and people",
        f"{there} can be booked." if found.resources else "Nothing to book yet. Add the first device.",
        "done" if found.resources else "open",
        address("settings-resources", slug),
        "Change" if found.resources else "Add",
    )


def _protocols(number: int, found: SetUp, slug: str) -> Step:
    url = address("protocols", slug) or address("settings-resources", slug)
    if not found.protocols:
        return Step(number, "Protocols", "No protocols yet.", "open", url, "Add")
    if not found.bookable:
        nearest = min(found.protocols, key=lambda protocol: (len(protocol.kinds), protocol.name))
        lacking = ", ".join(kind_words(kind).lower() for kind in nearest.kinds)
        words = f"None can be booked yet. {nearest.name} still needs: {lacking}."
        return Step(number, "Protocols", words, "open", address("settings-resources", slug), "Add what is missing")
    words = f"{found.bookable} of {len(found.protocols)} can be booked with what is here."
    return Step(number, "Protocols", words, "done", url, "Look at them")


def with_errors(fields: Sequence[Field], typed: Mapping[str, str], faults: Mapping[str, str]) -> list[Field]:
    """Return fields with what somebody typed in them and what is wrong with it beside them."""
    return [
        Field(
            name=field.name,
            label=field.label,
            value=typed.get(field.name, field.value),
            error=faults.get(field.name, ""),
            hint=field.hint,
            kind=field.kind,
            options=field.options,
            longest=field.longest,
            is_optional=field.is_optional,
            complete=field.complete,
        )
        for field in fields
    ]

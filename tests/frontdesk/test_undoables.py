"""Every deed of the front desk can be taken back, or stands here with the reason why not."""

import inspect
import re
from pathlib import Path

from django.urls import URLPattern

from frontdesk import urls
from frontdesk.undoables import UNDOABLES

TAKEN_BACK_BY = {
    "record": "session",
    "visit-move": "session",
    "visit-make-up": "session",
    "visit-place": "session",
    "visit-no-make-up": "session",
    "attention-answer": "attention",
    "attention-do": "session",
    "freed-offer": "offer",
    "settings-closures": "closed_days",
    "settings-resource-step": "resource_retired",
    "course-hold": "course",
    "course-resume": "course",
    "course-end": "course",
    "merge": "merge",
    "block-make": "block",
    "block-move": "block",
    "block-back": "block",
    "import-draft": "import",
    "prep-edit": "prep",
    "course-resize": "course",
    "course-measure": "measure",
    "patient-judge": "contact_wrong",
    "patient-agree": "consent",
    "patient-absence": "absence",
    "patient-person": "person_added",
    "person-retire": "person_gone",
    "patient-reminders": "reminders",
}
NOT_TAKEN_BACK = {
    "undo": "It is the way back.",
    "board-look": "The look before is one click away.",
    "column-set-choose": "The set before is one click away.",
    "column-set-save": "It is removed where it stands.",
    "column-set-remove": "Its columns are ticked again.",
    "course-undo": "It is the way back.",
    "merge-undo": "It is the way back.",
    "patient-merge": "It changes nothing.",
    "course-held-send": "What has gone has gone; taking the change back sends a correcting text.",
    "course-held-drop": "Another text can be sent from the messages.",
    "course-new": "Its sessions are given back or cancelled from the course.",
    "course-confirm": "The sessions are cancelled from the course.",
    "course-release": "The times are booked again from the planner.",
    "course-alternatives": "It changes nothing.",
    "course-take": "It changes nothing.",
    "gate-record": "It is withdrawn where it was recorded.",
    "gate-pass": "It is withdrawn where it was passed.",
    "gate-withdraw": "It is recorded again where it was withdrawn.",
    "patients": "It changes nothing.",
    "patient-find": "It changes nothing.",
    "patient-add": "A record that was added by mistake is merged into the right one.",
    "course-measure-remove": "The right total is recorded in its place.",
    "patient-edit": "Names are kept nowhere but in the record; the ones before are typed again.",
    "patient-address": "The link in older texts has ended; the number before is typed again.",
    "patient-link": "An ended link stays ended; closing the check again is what five wrong dates are for.",
    "patient-agree-end": "A no is a no; a new yes is asked for and noted.",
    "absence-remove": "The absence is added again.",
    "patient-flag": "Only a clinician clears what was found.",
    "patient-flag-clear": "What was found is noted again.",
    "message-another": "Numbers are kept; the old one is judged right again.",
    "message-judge": "The other verdict is one click away.",
    "message-again": "What has gone has gone.",
    "inbound-done": "It says that somebody read it, and stays in the list.",
    "test-text": "What has gone has gone.",
    "text": "The words before are one click away.",
    "day-sheet": "It changes nothing.",
    "freed-book": "The visit is cancelled where it stands.",
    "offer-answer": "Who said no keeps their place on the list and is asked again.",
    "level-proposal": "Nobody was told of the old times; each visit can be moved back.",
    "waitlist-add": "The entry is closed where it stands.",
    "waitlist-change": "The words before are typed again.",
    "waitlist-close": "The entry is added again.",
    "visit-link": "A link is replaced by making another one.",
    "visit-measure": "A total is kept; the right one is recorded beside it.",
    "chair-do": "Its steps are taken back like those of the board; notes, totals and calls are kept.",
    "visit-note": "The words before are in the history.",
    "settings-closure-open": "The day is closed again from the same page.",
    "settings-hours": "The hours before are typed again; both stand in the audit log.",
    "settings-member": "The roles before are one click away.",
    "settings-member-step": "The other step is one click away.",
    "settings-messages": "The hours before are typed again; both stand in the audit log.",
    "settings-resource": "The name before is typed again.",
    "settings-resources": "A resource added by mistake is retired.",
    "settings-site": "The words before are typed again; both stand in the audit log.",
    "settings-site-new": "A site is never removed once it stands.",
    "settings-staff": "Somebody invited by mistake is deactivated.",
    "course-draft-clear": "A draft holds choices alone; they are made again.",
    "patient-check": "It changes nothing.",
    "patient-none": "It changes nothing.",
    "palette": "It changes nothing.",
    "keys": "The other choice is one click away.",
    "privacy": "The other choice is one key away.",
    "lock": "The password opens it.",
    "lock-after": "The other choice is one click away.",
    "locked": "It is the way back.",
    "touch": "It changes nothing.",
    "block-left": "It changes nothing.",
    "block-preview": "It changes nothing.",
    "block-reopen": "The time is blocked again.",
    "course-give-back": "The times are booked again from the planner.",
    "import": "It keeps a list to be looked at; nobody is added yet.",
    "import-undo": "It is the way back.",
    "protocol-change": "A version is never altered; the one before is published anew.",
    "protocol-copy": "A copy nobody books from does nothing.",
    "protocol-draft": "A draft changes nothing until it is published.",
    "protocols-add-common": "A protocol nobody books from does nothing.",
    "theme": "The other choice is one click away.",
}


def names_that_take_posts() -> set[str]:
    """Return the names of the routes whose views take POST requests."""
    return {str(route.name) for route in urls.urlpatterns if takes_post(route)}


def takes_post(route: URLPattern) -> bool:
    module = Path(inspect.getfile(inspect.unwrap(route.callback))).read_text()
    found = re.search(rf"((?:^@.*\n)+)def {route.callback.__name__}\(", module, re.MULTILINE)
    return bool(found and re.search(r"require_POST|\"POST\"", found[1]))


def test_every_deed_can_be_taken_back_or_says_why_not() -> None:
    assert sorted(names_that_take_posts() - TAKEN_BACK_BY.keys() - NOT_TAKEN_BACK.keys()) == []


def test_nothing_is_listed_that_is_not_there() -> None:
    known = names_that_take_posts()

    assert sorted((TAKEN_BACK_BY.keys() | NOT_TAKEN_BACK.keys()) - known) == []
    assert TAKEN_BACK_BY.keys() & NOT_TAKEN_BACK.keys() == set()
    assert set(TAKEN_BACK_BY.values()) <= UNDOABLES.keys()

"""The cards of a day as markup. In Python, not in a template: 240 of them are drawn while somebody waits.

Everything from the database goes through `fill`, which escapes it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from frontdesk.show_visits import Step, Timer, VisitCard

EMPTY = mark_safe("")
IN_SHORT = {"users": "Look-alike"}  # beside a name there is no room for a sentence
SHORT_NAME = 9  # letters that always have room beside the count


def fill(template: str, *values: Any) -> SafeString:
    """Return a template with values in it, whatever is not markup already escaped.

    As `format_html` does, without its lazy strings: there are none here, and they are half of its price.
    """
    safe = [value if value.__class__ is SafeString else escape(str(value)) for value in values]
    return SafeString(template.format(*safe))


def fill_each(template: str, rows: Iterable[tuple[Any, ...]]) -> SafeString:
    """Return a template for each of some rows, one after the other."""
    return SafeString("".join([fill(template, *row) for row in rows]))


@dataclass(frozen=True, slots=True)
class Pen:
    """What all cards of a page have in common: whether its reader may record a step, and the addresses."""

    may_record: bool
    visit: str
    record: str


def pen(*, may_record: bool) -> Pen:
    """Return a pen; the addresses are looked up once, not once a card."""
    visit = reverse("visit", args=[0])
    return Pen(
        may_record, visit.replace("/0/", "/{}/"), reverse("record", args=[0, "undo"]).replace("/0/undo/", "/{}/{}/")
    )


def card(visit: VisitCard, by: Pen, *, is_first: bool = False) -> SafeString:
    """Return the card of a visit on the board."""
    lacks = bool(visit.chip) and visit.shows_step and by.may_record
    return fill(
        '<div class="ck-visit {} {}{}" id="visit-{}{}" role="gridcell" tabindex="{}" data-state="{}" data-version="{}">'
        '{}{}{}<span class="ck-visit-end">{}</span>{}{}</div>',
        visit.css,
        visit.place,
        " has-step" if visit.shows_step and by.may_record else "",
        visit.id,
        visit.copy,
        0 if is_first else -1,
        visit.filter,
        visit.version,
        _name(visit, by, "ck-visit-name"),
        _count(visit),
        _state(visit, lacks=lacks),
        _end(visit, by, lacks=lacks),
        _asks(visit, by),
        _notes(visit),
    )


def item(visit: VisitCard, by: Pen) -> SafeString:
    """Return a visit as a line of the list."""
    warning = (
        fill('<span class="ck-lacks ck-warn">{}{}</span>', _icon("late"), visit.warning) if visit.warning else EMPTY
    )
    return fill(
        '<li class="ck-item {}" id="visit-{}" data-row tabindex="-1" data-state="{}" data-version="{}">'
        '<span class="ck-item-top">{} <span class="ck-muted ck-num">{} {}</span>{}</span>'
        '<span class="ck-item-sub">{} <span class="ck-muted">{}</span></span>{}{}</li>',
        visit.css,
        visit.id,
        visit.filter,
        visit.version,
        _name(visit, by, "ck-item-name"),
        visit.tag,
        visit.count,
        fill_each(
            '<span class="ck-badge">{}{}</span>',
            ((_icon(name), IN_SHORT.get(name, text)) for name, text in visit.badges),
        ),
        _state(visit, lacks=False) + _stage(visit),
        visit.device,
        warning,
        _row(visit, by),
    )


def _count(visit: VisitCard) -> SafeString:
    """Return which visit it is, of how many; beside a long name the second number is the first thing to give way."""
    length = len(visit.name)
    if length < SHORT_NAME:
        return fill('<span class="ck-visit-n">{}</span>', visit.count)
    number = visit.count.partition("/")[0]
    wide = 9 if length < 11 else 11 if length < 13 else 13
    return fill('<span class="ck-visit-n w-{} d-{}">{}</span>', wide, len(number), visit.count)


def _name(visit: VisitCard, by: Pen, css: str) -> SafeString:
    address = by.visit.format(visit.id)
    last, comma, rest = visit.name.rpartition(", ")
    return fill(
        '<a class="{}" href="{}" hx-get="{}" data-open aria-label="{}, {}, session {}"><bdi>{}</bdi>{}{}</a>',
        css,
        address,
        address,
        visit.name,
        visit.time,
        visit.count,
        last or rest,
        comma,
        rest if last else "",
    )


def _state(visit: VisitCard, *, lacks: bool) -> SafeString:
    if lacks:
        return fill(
            '<span class="ck-state ck-lacks">{}{}<span class="ck-sr"> lacks, {}</span></span>',
            _icon("late"),
            visit.chip,
            visit.word,
        )
    if visit.timer and visit.timer.count != "up":
        word = "" if visit.timer.count == "late" else f"{visit.word} "
        return fill('<span class="ck-state">{}{}{}</span>', _icon(visit.icon), word, _timer(visit.timer, ""))
    return fill('<span class="ck-state">{}{}</span>', _icon(visit.icon), visit.word)


def _stage(visit: VisitCard) -> SafeString:
    """Return how long a stage lasts by now, where its word doesn't say it."""
    return _timer(visit.timer, "ck-timer") if visit.timer and visit.timer.count == "up" else EMPTY


def _timer(timer: Timer | None, css: str) -> SafeString:
    if timer is None:
        return EMPTY
    return fill(
        '<time class="{}{}" datetime="{}" data-count="{}" data-limit="{}">{}</time>',
        css,
        " is-over" if timer.is_over and css else "",
        timer.at,
        timer.count,
        timer.limit,
        timer.text,
    )


def _end(visit: VisitCard, by: Pen, *, lacks: bool) -> SafeString:
    """Return what stands at the right of a card's second line: the next step, or symbols and the kind of visit.

    What stands first gives way last.
    """
    if visit.shows_step and by.may_record:
        alike = _signs(visit.badges[:1]) if visit.is_alike else EMPTY
        return fill("{}{}{}", _step(visit, visit.steps[0], by, "ck-step"), _stage(visit), alike)
    if visit.chip and not lacks:
        return fill('<span class="ck-lacks">{}{}</span>{}', _icon("late"), visit.chip, _stage(visit))
    hover = _step(visit, visit.steps[0], by, "ck-step hov") if visit.steps and by.may_record else EMPTY
    return fill('{}{}<span class="ck-tag">{}</span>{}', _stage(visit), _signs(visit.badges), visit.tag, hover)


def _signs(badges: Iterable[tuple[str, str]]) -> SafeString:
    return fill_each(
        '<svg class="ck-i" viewBox="0 0 24 24" role="img" aria-label="{}"><use href="{}"/></svg>',
        ((text, _sprite(name)) for name, text in badges),
    )


def _asks(visit: VisitCard, by: Pen) -> SafeString:
    """Return the other answers of a card that asks for a decision; on a small one they are there for keys alone."""
    rest = visit.steps[1:]
    if not rest or not by.may_record:
        return EMPTY
    if not visit.asks_here:
        return fill('<span class="ck-acts ck-sr">{}</span>', _buttons(visit, by, rest))
    return fill('<span class="ck-acts">{}{}</span>', _call(visit, by), _buttons(visit, by, rest))


def _row(visit: VisitCard, by: Pen) -> SafeString:
    """Return the buttons of a line: the next step at its right, the others below it."""
    if not visit.steps or not by.may_record:
        return EMPTY
    first = _step(visit, visit.steps[0], by, "ck-btn ck-item-step")
    if not visit.asks:
        return first
    return fill('{}<span class="ck-acts">{}{}</span>', first, _call(visit, by), _buttons(visit, by, visit.steps[1:]))


def _call(visit: VisitCard, by: Pen) -> SafeString:
    """Return Call and Text of somebody late: the number is not on the board, the panel has it."""
    if not visit.may_call:
        return EMPTY
    address = by.visit.format(visit.id)
    return fill(
        '<a href="{0}#call" hx-get="{0}" data-act="call">Call<span class="ck-sr"> {1}</span></a>'
        '<a href="{0}#text" hx-get="{0}" data-act="text">Text<span class="ck-sr"> {1}</span></a>',
        address,
        visit.name,
    )


def _buttons(visit: VisitCard, by: Pen, steps: tuple[Step, ...]) -> SafeString:
    return fill_each("{}", ((_step(visit, step, by, ""),) for step in steps))


def _step(visit: VisitCard, step: Step, by: Pen, css: str) -> SafeString:
    """Return a button that records a step; the name in full is for ears, and stands in the toast afterwards."""
    if visit.is_alike and step.verb in ("arrive", "start"):
        return fill(
            '<details class="ck-sure"><summary class="{}" data-verb="{}">{}</summary>'
            '<span class="ck-sure-box"><bdi>{}</bdi>? {}</span></details>',
            css,
            step.verb,
            step.word,
            visit.who,
            _plain(visit, step, by, "ck-btn sm primary"),
        )
    return _plain(visit, step, by, css)


def _plain(visit: VisitCard, step: Step, by: Pen, css: str) -> SafeString:
    address = by.record.format(visit.id, step.verb)
    return fill(
        '<button class="{}" form="rec" formaction="{}" hx-post="{}" hx-swap="none" name="version" value="{}"'
        ' data-verb="{}" data-next-css="{}" data-next-icon="{}" data-next-word="{}" aria-label="{} {}, {}">{}</button>',
        css,
        address,
        address,
        visit.version,
        step.verb,
        step.next.css,
        step.next.icon,
        step.next.word,
        step.word,
        visit.who,
        visit.time,
        step.word,
    )


def _notes(visit: VisitCard) -> SafeString:
    return fill_each(
        '<span class="ck-visit-note {}">{}<span>{}</span></span>',
        ((css, _icon(name), text) for name, text, css in visit.notes),
    )


@cache
def _sprite(name: str) -> str:
    return f"{static('frontdesk/icons.svg')}#i-{name}"


@cache
def _icon(name: str) -> SafeString:
    return fill('<svg class="ck-i s" viewBox="0 0 24 24" aria-hidden="true"><use href="{}"/></svg>', _sprite(name))

"""Pure: a site as a file describes it, validated; what is wrong is named with its path."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scheduling.domain import local_time
from scheduling.domain.form_reader import Node, whole
from scheduling.domain.protocol import ProtocolError

Hours = Mapping[int, Sequence[tuple[dt.time, dt.time]]]
LONGEST = {"slug": 50, "name": 80, "message_name": 20, "zone": 40, "address": 160, "phone": 20}


@dataclass(frozen=True, slots=True)
class NewResource:
    """A resource as it is set up. `group` heads its column on the board; `hours` are wall clock, empty: the site's."""

    kind: str
    name: str
    group: str = ""
    capabilities: tuple[str, ...] = ()
    hours: Hours = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewSiteForm:
    """A site to be made if there is none of its short name."""

    slug: str
    name: str
    message_name: str
    zone: str
    address: str
    phone: str


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """Which public holidays a site keeps: all of a country's, without those in `open_on`."""

    country: str
    subdivision: str | None
    years: tuple[int, ...]
    open_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SiteForm:
    """The whole file. `hours` is None where the file says nothing about them."""

    site: NewSiteForm | None
    hours: Hours | None
    resources: tuple[NewResource, ...]
    days: Mapping[dt.date, str]
    public: PublicHolidays | None


def read_site_form(data: Any) -> SiteForm:
    """Return a site as a mapping describes it.

    :raises ProtocolError: it breaks the form; path and reason say where and why.
    """
    top = Node(data, "")
    site = _site(top.child("site")) if top.get("site") is not None else None
    hours = _hours(top.get("hours"), "hours") if top.get("hours") is not None else None
    resources = tuple(_resource(item, path) for item, path in top.items("resources"))
    closed = top.child("closed")
    days = _days(closed)
    public = _public(closed.child("public_holidays")) if closed.get("public_holidays") is not None else None
    closed.close()
    top.close()
    if twice := [name for name, count in Counter(new.name for new in resources).items() if count > 1]:
        raise ProtocolError("resources", f"the name {twice[0]} stands twice")
    return SiteForm(site=site, hours=hours, resources=resources, days=days, public=public)


def _site(node: Node) -> NewSiteForm:
    name = _text(node, "name")
    site = NewSiteForm(
        slug=_text(node, "slug"),
        name=name,
        message_name=_text(node, "message_name", name),
        zone=_text(node, "zone"),
        address=_text(node, "address"),
        phone=_text(node, "phone"),
    )
    node.close()
    if not all(char in "abcdefghijklmnopqrstuvwxyz0123456789-" for char in site.slug):
        raise ProtocolError(node.at("slug"), "must be lower-case letters, digits and hyphens")
    return site


def _text(node: Node, key: str, default: str | None = None) -> str:
    text = node.text(key, default)
    if len(text) > LONGEST[key]:
        raise ProtocolError(node.at(key), f"must be at most {LONGEST[key]} characters")
    return text


def _resource(item: Any, path: str) -> NewResource:
    node = Node(item, path)
    new = NewResource(
        kind=node.text("kind"),
        name=node.text("name"),
        group=node.text("group") if node.get("group") is not None else "",
        capabilities=node.texts("capabilities"),
        hours=_hours(node.get("hours"), node.at("hours")) if node.get("hours") is not None else {},
    )
    node.close()
    for key, value, longest in (("kind", new.kind, 30), ("name", new.name, 60), ("group", new.group, 20)):
        if len(value) > longest:
            raise ProtocolError(node.at(key), f"must be at most {longest} characters")
    return new


def _hours(value: Any, path: str) -> dict[int, list[tuple[dt.time, dt.time]]]:
    week = Node(value, path)
    hours = {}
    for day, spans in week.value.items():
        at = f"{path}.{day}"
        whole(day, 1, 7, at)
        if not isinstance(spans, list):
            raise ProtocolError(at, 'must be a list of openings such as [["08:00", "12:00"]]')
        hours[day] = [_span(span, f"{at}[{index}]") for index, span in enumerate(spans)]
        if any(later[0] < earlier[1] for earlier, later in zip(hours[day], hours[day][1:], strict=False)):
            raise ProtocolError(at, "must be in order, without overlap")
    return hours


def _span(span: Any, path: str) -> tuple[dt.time, dt.time]:
    if not isinstance(span, list) or len(span) != 2:
        raise ProtocolError(path, 'must be two times such as ["08:00", "12:00"]')
    opens, closes = (_time(value, path) for value in span)
    if opens >= closes:
        raise ProtocolError(path, "must close after it opens")
    return opens, closes


def _time(value: Any, path: str) -> dt.time:
    # YAML 1.1 reads an unquoted 17:00 as 17 * 60: the minutes after midnight that are meant.
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < local_time.MINUTES_A_DAY:
        return dt.time(value // 60, value % 60)
    try:
        minute = local_time.parse_wall(str(value))
    except ValueError as error:
        raise ProtocolError(path, str(error)) from error
    return dt.time(minute // 60, minute % 60)


def _days(closed: Node) -> dict[dt.date, str]:
    node = closed.child("days")
    days = {}
    for key, reason in node.value.items():
        path = f"{node.path}.{key}"
        if not isinstance(reason, str) or not 0 < len(reason.strip()) <= 80:
            raise ProtocolError(path, "must say why, in at most 80 characters")
        try:
            days[dt.date.fromisoformat(str(key))] = reason.strip()
        except ValueError as error:
            raise ProtocolError(path, "must be a date such as 2026-12-24") from error
    return days


def _public(node: Node) -> PublicHolidays:
    years = node.wholes("years", 2000, 2100)
    if not years:
        raise ProtocolError(node.at("years"), "must list at least one year")
    public = PublicHolidays(
        country=node.text("country"),
        subdivision=node.text("subdivision") if node.get("subdivision") is not None else None,
        years=years,
        open_on=node.texts("open_on"),
    )
    node.close()
    return public

"""The opaque `plan` a preview hands out: signed, good for fifteen minutes, books exactly what was shown."""

import datetime as dt
from typing import Any

from django.core import signing

from clinic.models import Site
from scheduling.domain.plan import Deviation
from scheduling.domain.planner import Plan, PlannedSession, PlannedUse
from scheduling.errors import Malformed, PlanGone
from scheduling.models import Protocol
from scheduling.queries.definitions import definition_of
from scheduling.queries.planning import Proposal
from scheduling.wishes import read_wish, stored_wish

SALT = "scheduling.plan"
OTHER_TIME, LATE_START = "other_time", "late_start"
GOOD_FOR = dt.timedelta(minutes=15)


def sign(proposal: Proposal, *, now: dt.datetime) -> str:
    """Return the plan as text that nobody can alter, to be booked within 15 minutes."""
    wish, plan = proposal.wish, proposal.plan
    payload = {
        "until": (now + GOOD_FOR).timestamp(),
        "site": proposal.site.pk,
        "protocol": proposal.protocol.pk,
        "wish": stored_wish(wish),
        "plan": [plan.label, plan.summary, plan.standing_minute, plan.cost],
        "sessions": [packed(session) for session in plan.sessions],
        "skipped": [[day.toordinal(), name] for day, name in plan.skipped],
        "late": [[each.number, each.code, each.text] for each in plan.deviations if each.code == LATE_START],
    }
    return signing.dumps(payload, salt=SALT, compress=True)


def read(token: str, *, site: Site, now: dt.datetime) -> Proposal:
    """Return the plan a token holds.

    :raises Malformed: not one of our tokens, or for another site.
    :raises PlanGone: it is older than 15 minutes, or its protocol is gone.
    """
    try:
        payload = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise Malformed("This plan isn't one of ours. Preview the course again.", fields={"plan": "unknown"}) from error
    if payload["site"] != site.pk:
        raise Malformed("This plan is for another site. Preview the course again.", fields={"plan": "other site"})
    if now.timestamp() >= payload["until"]:
        raise PlanGone("This plan is more than 15 minutes old. Preview the course again.", code="plan_expired")
    protocol = Protocol.objects.filter(pk=payload["protocol"]).first()
    if protocol is None:
        raise PlanGone("This plan's protocol is gone. Preview the course again.")
    label, summary, standing, cost = payload["plan"]
    sessions = tuple(unpacked(row) for row in payload["sessions"])
    others = [Deviation(each.number, OTHER_TIME, each.deviation) for each in sessions if each.deviation]
    return Proposal(
        site=site,
        protocol=protocol,
        definition=definition_of(protocol),
        wish=read_wish(payload["wish"]),
        plan=Plan(
            label=label,
            summary=summary,
            standing_minute=standing,
            cost=cost,
            sessions=sessions,
            deviations=(*(Deviation(*each) for each in payload["late"]), *others),
            skipped=tuple((dt.date.fromordinal(day), name) for day, name in payload["skipped"]),
        ),
    )


def site_of(token: str) -> int:
    """Return the id of the site a token is for.

    :raises Malformed: not one of our tokens.
    """
    try:
        return int(signing.loads(token, salt=SALT)["site"])
    except signing.BadSignature as error:
        raise Malformed("This plan isn't one of ours. Preview the course again.", fields={"plan": "unknown"}) from error


def packed(session: PlannedSession) -> list[Any]:
    """Return a planned session as plain values."""
    return [
        session.number,
        session.phase,
        session.visit_type,
        session.day.toordinal(),
        session.minute,
        session.minutes,
        session.why,
        session.deviation,
        [[u.resource_id, u.kind, u.name, u.from_minute, u.to_minute] for u in session.uses],
    ]


def unpacked(row: list[Any]) -> PlannedSession:
    """Return the planned session that was packed."""
    number, phase, visit_type, day, minute, minutes, why, deviation, uses = row
    return PlannedSession(
        number=number,
        phase=phase,
        visit_type=visit_type,
        day=dt.date.fromordinal(day),
        minute=minute,
        minutes=minutes,
        why=why,
        deviation=deviation,
        uses=tuple(PlannedUse(*use) for use in uses),
    )

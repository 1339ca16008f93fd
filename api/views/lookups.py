"""Sites, protocols, resources, what needs a person, and messages."""

from rest_framework.request import Request
from rest_framework.response import Response

from api import show
from api.fields import site_of
from api.views.base import Endpoint, number_in
from attention import queries as attention
from clinic import access, clock, queries
from clinic.domain.permissions import Permission
from notifications import queries as messages
from patients import actions as patient_actions
from scheduling.queries import courses, planning


class Sites(Endpoint):
    """The sites this person belongs to."""

    permission = Permission.VIEW_DAY

    def get(self, request: Request) -> Response:
        sites = queries.sites_where(request.user, Permission.VIEW_DAY)  # type: ignore[arg-type]
        return self.paged(request, [{"id": s.pk, "slug": s.slug, "name": s.name, "zone": s.zone, "phone": s.phone} for s in sites])


class Protocols(Endpoint):
    """The protocols that can be booked."""

    permission = Permission.VIEW_COURSE

    def get(self, request: Request) -> Response:
        rows = planning.current_protocols()
        return self.paged(
            request,
            [{"code": p.code, "version": p.version, "name": p.name, "tag": p.tag, "definition": p.definition} for p in rows],
        )


class Resources(Endpoint):
    """Devices, chairs, rooms, places and people, by site."""

    permission = Permission.VIEW_DAY

    def get(self, request: Request) -> Response:
        ids = access.site_ids(request.user, Permission.VIEW_DAY)  # type: ignore[arg-type]
        if named := request.query_params.get("site"):
            ids = [site_of(request.user, named, Permission.VIEW_DAY).pk]
        rows = courses.resources_listed(site_ids=ids)
        return self.paged(
            request,
            [
                {"id": r.pk, "site": r.site.slug, "kind": r.kind, "name": r.name, "group": r.group, "capabilities": r.capabilities}
                for r in rows
            ],
        )


class Attention(Endpoint):
    """What needs a person."""

    permission = Permission.VIEW_ATTENTION

    def get(self, request: Request) -> Response:
        now = clock.now()
        sites = queries.sites_where(request.user, Permission.VIEW_ATTENTION)  # type: ignore[arg-type]
        items = attention.items(site_ids=[site.pk for site in sites], now=now)
        for site in sites:
            ids = sorted({item.patient_id for item in items if item.site_id == site.pk})
            patient_actions.record_access(
                request=self.asker(request), site=site, patient_ids=ids, action="attention.listed", now=now
            )
        return self.paged(
            request,
            [
                {
                    "key": item.key,
                    "kind": item.kind,
                    "site": item.site_id,
                    "patient": item.patient_id,
                    "course": item.course_id,
                    "session": item.session_id,
                    "title": item.title,
                    "detail": item.detail,
                }
                for item in items
            ],
        )


class Messages(Endpoint):
    """What was said, and the proof."""

    permission = Permission.VIEW_MESSAGES

    def get(self, request: Request) -> Response:
        now = clock.now()
        sites = queries.sites_where(request.user, Permission.VIEW_MESSAGES)  # type: ignore[arg-type]
        lines = messages.messages_of(
            site_ids=[site.pk for site in sites],
            patient_id=number_in(request, "patient"),
            session_id=number_in(request, "session"),
        )
        for site in sites:
            ids = sorted({line.patient_id for line in lines if line.site_id == site.pk})
            patient_actions.record_access(request=self.asker(request), site=site, patient_ids=ids, action="message.listed", now=now)
        return self.paged(
            request,
            [
                {
                    "id": line.message_id,
                    "patient": line.patient_id,
                    "course": line.course_id,
                    "session": line.session_id,
                    "kind": line.kind,
                    "channel": line.channel,
                    "due_at": show.instant(line.due_at, line.zone),
                    "settled_at": show.instant(line.settled_at, line.zone) if line.settled_at else None,
                    "state": line.state,
                    "reason": line.reason,
                    "text": line.text,
                }
                for line in lines
            ],
        )

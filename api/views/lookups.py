"""Sites, protocols and resources."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api import shapes, show
from api.views.base import Endpoint
from clinic import queries
from clinic.domain.permissions import Permission
from scheduling.queries import courses, planning


class Sites(Endpoint):
    """The sites this person belongs to."""

    permission = Permission.VIEW_DAY

    @extend_schema(
        operation_id="sites_list",
        parameters=shapes.PAGE,
        responses=shapes.page_of(shapes.SiteOut),
    )
    def get(self, request: Request) -> Response:
        sites = queries.sites_where(request.user, Permission.VIEW_DAY)  # type: ignore[arg-type]
        return self.paged(request, sites, show.site)


class Protocols(Endpoint):
    """The protocols that can be booked."""

    permission = Permission.VIEW_COURSE

    @extend_schema(
        operation_id="protocols_list",
        parameters=shapes.PAGE,
        responses=shapes.page_of(shapes.ProtocolOut),
    )
    def get(self, request: Request) -> Response:
        return self.paged(request, planning.current_protocols(), show.protocol)


class Resources(Endpoint):
    """Devices, chairs, rooms, places and people, by site."""

    permission = Permission.VIEW_DAY

    @extend_schema(
        operation_id="resources_list",
        parameters=[shapes.SITE, *shapes.PAGE],
        responses=shapes.page_of(shapes.ResourceOut),
    )
    def get(self, request: Request) -> Response:
        sites = self.sites(request, Permission.VIEW_DAY)
        return self.paged(request, courses.resources_listed(site_ids=[site.pk for site in sites]), show.resource)

"""What the OpenAPI description says about the answers in show.py; a test holds the two together."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers


class Shape(serializers.Serializer[Any]):
    """A shape that is only described, never rendered."""


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="1 to 255 letters; remembered 48 hours",
)
IF_MATCH = OpenApiParameter(
    "If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True, description='The version read, like "3"'
)
PAGE = [OpenApiParameter("page", OpenApiTypes.INT), OpenApiParameter("page_size", OpenApiTypes.INT)]
SITE = OpenApiParameter("site", OpenApiTypes.STR, description="Slug or number; without it every site of yours")


class RefusalOut(Shape):
    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]
    alternatives = serializers.ListField(child=serializers.DictField())


class ReservationOut(Shape):
    resource = serializers.IntegerField()
    kind = serializers.CharField()
    name = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class PlannedOut(Shape):
    number = serializers.IntegerField()
    phase = serializers.CharField()
    visit_type = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    why = serializers.CharField()
    deviation = serializers.CharField(allow_null=True)
    reservations = ReservationOut(many=True)


class SessionOut(PlannedOut):
    id = serializers.IntegerField()
    course = serializers.IntegerField()
    patient = serializers.IntegerField()
    state = serializers.CharField()
    fhir_status = serializers.CharField()
    version = serializers.IntegerField()
    counts = serializers.BooleanField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    arrived_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    observation_until = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    dose_mg = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()
    reason_code = serializers.CharField()
    cancelled_by = serializers.CharField()
    is_late_cancel = serializers.BooleanField()
    makeup_of = serializers.IntegerField(allow_null=True)
    billing_code = serializers.CharField()
    authorization = serializers.IntegerField(allow_null=True)
    uncovered = serializers.CharField()
    gates = serializers.ListField(child=serializers.CharField())


class DeviationOut(Shape):
    number = serializers.IntegerField()
    code = serializers.CharField()
    text = serializers.CharField()


class SkippedOut(Shape):
    day = serializers.DateField()
    reason = serializers.CharField()


class PlanOut(Shape):
    rank = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    summary = serializers.CharField()
    plan = serializers.CharField()
    sessions = PlannedOut(many=True)
    deviations = DeviationOut(many=True)
    skipped = SkippedOut(many=True)
    tastes = serializers.ListField(child=serializers.CharField())
    coverage = serializers.CharField()
    uncovered = serializers.ListField(child=serializers.IntegerField())


class FitOut(Shape):
    time = serializers.CharField()
    sessions = serializers.IntegerField()


class PlansOut(Shape):
    plans = PlanOut(many=True)
    best_times = FitOut(many=True)


class AlternativeOut(Shape):
    kind = serializers.CharField()
    text = serializers.CharField()
    ends_on = serializers.DateField()
    plan = serializers.CharField()


class AlternativesOut(Shape):
    alternatives = AlternativeOut(many=True)


class DifferenceOut(Shape):
    path = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class IdOut(Shape):
    id = serializers.IntegerField()


class AbsenceOut(Shape):
    id = serializers.IntegerField()
    person = serializers.IntegerField(allow_null=True)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)
    weekday = serializers.IntegerField(allow_null=True)
    from_time = serializers.CharField()
    to_time = serializers.CharField()


class PersonOut(Shape):
    id = serializers.IntegerField()
    role = serializers.CharField()
    name = serializers.CharField()
    phone = serializers.CharField()


class FlagOut(Shape):
    id = serializers.IntegerField()
    code = serializers.CharField()
    is_cleared = serializers.BooleanField()


class PoolOut(Shape):
    codes = serializers.ListField(child=serializers.CharField())
    units = serializers.IntegerField()


class AuthorizationOut(Shape):
    id = serializers.IntegerField()
    payer = serializers.CharField()
    number = serializers.CharField()
    state = serializers.CharField()
    unit = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    plan = serializers.CharField()
    diagnosis = serializers.CharField()
    provider = serializers.CharField()
    requested_on = serializers.DateField(allow_null=True)
    decided_on = serializers.DateField(allow_null=True)
    frequency = serializers.DictField(child=serializers.IntegerField())
    conditions = serializers.CharField()
    documents = serializers.ListField(child=serializers.CharField())
    version = serializers.IntegerField()
    pools = PoolOut(many=True)


class LifeOut(Shape):
    interpreter = serializers.CharField()
    absences = AbsenceOut(many=True)
    related_people = PersonOut(many=True)
    flags = FlagOut(many=True)
    authorizations = AuthorizationOut(many=True)


class VersionOut(Shape):
    from_version = serializers.IntegerField()
    to_version = serializers.IntegerField()
    differences = DifferenceOut(many=True)
    if_replanned = serializers.CharField()


class BuiltFromOut(Shape):
    code = serializers.CharField()
    version = serializers.IntegerField()
    name = serializers.CharField()


class CourseOut(Shape):
    id = serializers.IntegerField()
    site = serializers.CharField()
    patient = serializers.IntegerField()
    protocol = BuiltFromOut()
    state = serializers.CharField()
    prescribed = serializers.IntegerField()
    standing_time = serializers.CharField()
    booked_at = serializers.DateTimeField()
    held_until = serializers.DateTimeField(allow_null=True)
    resume_on = serializers.DateField(allow_null=True)
    end_reason = serializers.CharField()
    delivered = serializers.IntegerField()
    owed = serializers.IntegerField()
    version = serializers.IntegerField()
    sessions = SessionOut(many=True)


class SiteOut(Shape):
    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    zone = serializers.CharField()
    phone = serializers.CharField()


class ProtocolOut(BuiltFromOut):
    tag = serializers.CharField()
    definition = serializers.DictField()


class ResourceOut(Shape):
    id = serializers.IntegerField()
    site = serializers.CharField()
    kind = serializers.CharField()
    name = serializers.CharField()
    group = serializers.CharField()
    capabilities = serializers.ListField(child=serializers.CharField())


class PatientOut(Shape):
    id = serializers.IntegerField()
    site = serializers.CharField()
    record_number = serializers.CharField()
    state = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    preferred_name = serializers.CharField()
    birth_date = serializers.DateField()
    language = serializers.CharField()
    phone = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True)


class StepOut(Shape):
    verb = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    method = serializers.CharField()
    path = serializers.CharField()


class OwnerOut(Shape):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ItemOut(Shape):
    key = serializers.CharField()
    kind = serializers.CharField()
    code = serializers.CharField()
    group = serializers.CharField()
    severity = serializers.CharField()
    site = serializers.IntegerField()
    patient = serializers.IntegerField(allow_null=True)
    course = serializers.IntegerField(allow_null=True)
    course_version = serializers.IntegerField()
    session = serializers.IntegerField(allow_null=True)
    session_version = serializers.IntegerField()
    resource = serializers.IntegerField(allow_null=True)
    title = serializers.CharField()
    detail = serializers.CharField()
    since = serializers.DateTimeField()
    deadline = serializers.DateTimeField(allow_null=True)
    action = StepOut()
    owner = OwnerOut(allow_null=True)
    held_until = serializers.DateTimeField(allow_null=True)
    done_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class ItemCountsOut(Shape):
    total = serializers.IntegerField()
    by_kind = serializers.DictField(child=serializers.IntegerField())
    by_group = serializers.DictField(child=serializers.IntegerField())


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a machine says who it is."""

    target_class = "api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Token …"}


def numbers(*names: str) -> list[OpenApiParameter]:
    """Return optional numbers of the query string."""
    return [OpenApiParameter(name, OpenApiTypes.INT) for name in names]


def answers(good: Any, *refusals: int) -> dict[int, Any]:
    """Return the answers of an operation: the good one, signing in, rights, and the refusals named."""
    first = good if isinstance(good, dict) else {200: good}
    return {**first, **dict.fromkeys((401, 403, *refusals, 429), RefusalOut)}


def page_of(row: type[Shape]) -> Any:
    """Return the shape of one page of rows."""
    fields = {
        "count": serializers.IntegerField(),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": row(many=True),
    }
    return answers(type(f"{row.__name__.removesuffix('Out')}PageOut", (Shape,), fields), 400, 404)

"""The API described for people, made from its OpenAPI description; and the answer for an address that leads nowhere."""

from typing import Any

from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from api.views.base import Endpoint
from clinic.domain.permissions import Permission


class Docs(Endpoint):
    """Every operation on one page, without a script."""

    permission = Permission.VIEW_DAY

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Any:
        schema = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
        return render(request._request, "api/docs.html", {"operations": _operations(schema)})


class Nowhere(APIView):
    """An address of the API that does not exist."""

    permission_classes = [AllowAny]  # nothing is here, so nobody needs a right to hear it

    @extend_schema(exclude=True)
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound("There is no such address.")


def _operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    shapes = schema["components"]["schemas"]
    return [
        {
            "verb": verb.upper(),
            "path": path,
            "words": operation.get("description", ""),
            "parameters": [
                (given["name"], given["in"], given.get("description", ""), given.get("required", False))
                for given in operation.get("parameters", [])
            ],
            "body": _fields(operation.get("requestBody", {}), shapes),
            "answers": sorted(operation["responses"]),
        }
        for path, verbs in schema["paths"].items()
        for verb, operation in verbs.items()
    ]


def _fields(body: dict[str, Any], shapes: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    schema = body.get("content", {}).get("application/json", {}).get("schema", {})
    found = []
    for named in [schema, *schema.get("oneOf", [])]:
        name = named.get("$ref", "").rpartition("/")[2]
        shape = shapes.get(name, {})
        for option in [shape, *[shapes[o["$ref"].rpartition("/")[2]] for o in shape.get("oneOf", [])]]:
            required = option.get("required", [])
            found += [
                (field, detail.get("type", ""), detail.get("description", ""), field in required)
                for field, detail in option.get("properties", {}).items()
            ]
    return found

"""One shape for every refusal: code, message, fields, and alternatives where there are any."""

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from clinic.errors import Rejected


class TooLarge(exceptions.APIException):
    """The body is larger than anything this API takes."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "The body is larger than 1 MB. Send less."


class PreconditionRequired(exceptions.APIException):
    """A change of an existing row must say which version it means."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_code = "if_match_required"
    default_detail = 'Send If-Match with the version you read, such as "3".'


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer for an error, or None: a mistake of ours, logged and answered 500."""
    if isinstance(error, Rejected):
        body = {
            "code": error.code,
            "message": error.message,
            "fields": error.fields,
            "alternatives": error.alternatives,
        }
        return Response(body, status=error.status, headers={"Retry-After": "2"} if error.status == 503 else None)
    if isinstance(error, RequestDataTooBig):
        error = TooLarge()
    if isinstance(error, OperationalError):
        body = {
            "code": "busy",
            "message": "The database is busy. Nothing was saved. Try again.",
            "fields": {},
            "alternatives": [],
        }
        return Response(body, status=503, headers={"Retry-After": "2"})
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = _shaped(error, response.data)
    return response


def _shaped(error: Exception, data: Any) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        fields = _flat(data)
        words = "; ".join(f"{name}: {text}" for name, text in fields.items())
        return {
            "code": "malformed",
            "message": f"Some fields can't be read. {words}",
            "fields": fields,
            "alternatives": [],
        }
    code = "not_found" if isinstance(error, Http404) else "not_allowed" if isinstance(error, PermissionDenied) else ""
    if isinstance(error, exceptions.APIException):
        code = str(error.get_codes()) if not isinstance(error.get_codes(), dict) else "refused"
    return {
        "code": code or "refused",
        "message": str(data.get("detail", "")),
        "fields": {},
        "alternatives": [],
    }


def _flat(data: Any, path: str = "") -> dict[str, str]:
    if isinstance(data, dict):
        found: dict[str, str] = {}
        for key, value in data.items():
            found.update(_flat(value, f"{path}.{key}" if path else str(key)))
        return found
    if isinstance(data, list):
        return {path: " ".join(str(item) for item in data)}
    return {path: str(data)}

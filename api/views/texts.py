"""The words of a site's messages: look, try, save, go back to the catalogue."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import shapes, text_shapes
from api.fields import Strict, site_of
from api.show import instant
from api.views.base import Endpoint, expected_version
from clinic import clock
from clinic.domain.permissions import Permission
from clinic.models import Site
from notifications import site_texts
from notifications.actions.site_texts import LONGEST_BODY, drop_text, save_text
from notifications.domain.texts import Fault, Words
from notifications.site_texts import InForceText, Place


class WordsIn(Strict):
    """The words. `subject`: of an e-mail; braces name what is filled in, such as {when}."""

    subject = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)
    body = serializers.CharField(max_length=LONGEST_BODY, trim_whitespace=False)


class OfSite(Endpoint):
    """What the views of a site's words share: a manager's, looking too."""

    permission = Permission.MANAGE_SITE

    def site(self, request: Request, site_id: int) -> Site:
        """Return a site this person manages."""
        return site_of(request.user, site_id, Permission.MANAGE_SITE)

    def words(self, request: Request) -> Words:
        """Return the words of a body."""
        body = WordsIn(data=request.data)
        body.is_valid(raise_exception=True)
        data: dict[str, Any] = body.validated_data
        return Words(data["body"], data["subject"])


class Texts(OfSite):
    """`GET sites/{id}/texts/`: all the words in force, and what is wrong with them."""

    @extend_schema(operation_id="sites_texts", responses=shapes.answers(text_shapes.TextsOut, 404))
    def get(self, request: Request, site_id: int) -> Response:
        site = self.site(request, site_id)
        rows = site_texts.texts_of(site)
        return Response({"texts": [_text(row, site) for row in rows], "notes": site_texts.notes_of(site)})


class Text(OfSite):
    """`GET`, `PUT`, `DELETE sites/{id}/texts/{form}/{channel}/{language}/`: look, write your own, drop them."""

    @extend_schema(operation_id="sites_texts_read", responses=shapes.answers(text_shapes.TextOut, 404))
    def get(self, request: Request, site_id: int, form: str, channel: str, language: str) -> Response:
        return _shown(self.site(request, site_id), site_texts.place_of(form, channel, language))

    @extend_schema(
        operation_id="sites_texts_write",
        request=WordsIn,
        parameters=[shapes.IF_MATCH],
        responses=shapes.answers(text_shapes.TextOut, 400, 404, 412, 422, 428),
    )
    def put(self, request: Request, site_id: int, form: str, channel: str, language: str) -> Response:
        version, words = expected_version(request), self.words(request)
        site, place = self.site(request, site_id), site_texts.place_of(form, channel, language)
        save_text(request=self.asker(request), site=site, place=place, words=words, version=version, now=clock.now())
        return _shown(site, place)

    @extend_schema(
        operation_id="sites_texts_drop",
        request=None,
        parameters=[shapes.IF_MATCH],
        responses=shapes.answers(text_shapes.TextOut, 400, 404, 412, 428),
    )
    def delete(self, request: Request, site_id: int, form: str, channel: str, language: str) -> Response:
        version = expected_version(request)
        site, place = self.site(request, site_id), site_texts.place_of(form, channel, language)
        drop_text(request=self.asker(request), site=site, place=place, version=version, now=clock.now())
        return _shown(site, place)


class TextPreview(OfSite):
    """`POST sites/{id}/texts/{form}/{channel}/{language}/preview/`: words as they would be read; nothing is saved."""

    @extend_schema(
        operation_id="sites_texts_preview",
        request=WordsIn,
        responses=shapes.answers(text_shapes.TextPreviewOut, 400, 404),
    )
    def post(self, request: Request, site_id: int, form: str, channel: str, language: str) -> Response:
        words = self.words(request)
        found = site_texts.preview(self.site(request, site_id), site_texts.place_of(form, channel, language), words)
        return Response(
            {
                "subject": found.subject,
                "sample": found.sample,
                "longest": found.longest,
                "letters": found.letters,
                "segments": found.segments,
                "faults": list(map(_fault, found.faults)),
                "page": found.page,
            }
        )


def _shown(site: Site, place: Place) -> Response:
    row = site_texts.text_of(site, place)
    return Response(_text(row, site), headers={"ETag": f'"{row.version}"'})


def _text(row: InForceText, site: Site) -> dict[str, Any]:
    return {
        "form": row.place.form.name,
        "kind": row.place.form.kind,
        "channel": row.place.channel,
        "language": row.place.language,
        "is_own": row.is_own,
        "version": row.version,
        "subject": row.words.subject,
        "body": row.words.body,
        "letters": row.letters,
        "facts": sorted(row.place.form.facts),
        "faults": list(map(_fault, row.faults)),
        "changed_at": instant(row.at, site.zone) if row.at else None,
        "changed_by": row.by,
    }


def _fault(fault: Fault) -> dict[str, str]:
    return {"code": fault.code, "text": fault.text}

"""Which words are in force at a site: its own latest ones, or the catalogue's."""

from collections.abc import Iterable
from dataclasses import dataclass

from notifications.domain import texts
from notifications.domain.texts import Words
from notifications.models import SiteText


@dataclass(frozen=True, slots=True)
class InForce:
    """The words of one form. `version`: what a message keeps to say them again; `words` is None for the catalogue's."""

    version: str
    words: Words | None = None


CATALOGUE = InForce(texts.VERSION)
_Key = tuple[str, str, str]


class SiteWords:
    """The own words of some sites, read at once, when first asked for."""

    def __init__(self, site_ids: Iterable[int]) -> None:
        self._site_ids = sorted(set(site_ids))
        self._rows: dict[tuple[int, _Key], SiteText] | None = None

    def in_force(self, site_id: int, form: str, channel: str, language: str) -> InForce:
        """Return the words of a form at one of the sites."""
        if self._rows is None:
            latest = SiteText.objects.filter(site__in=self._site_ids).order_by("version")
            self._rows = {(row.site_id, (row.kind, row.channel, row.language)): row for row in latest}
        row = self._rows.get((site_id, (form, channel, language)))
        return _in_force(row) if row else CATALOGUE


def words_of(versions: Iterable[str]) -> dict[str, Words]:
    """Return by version the sites' own words some messages were said with; one that lacks was the catalogue's.

    One statement for all of them, none where all are the catalogue's.
    """
    own = {int(version[1:]) for version in versions if version.startswith("s")}
    rows = SiteText.objects.in_bulk(own) if own else {}
    return {f"s{pk}": Words(row.body, row.subject) for pk, row in rows.items()}


def _in_force(row: SiteText) -> InForce:
    return InForce(f"s{row.pk}", Words(row.body, row.subject)) if row.body else CATALOGUE

"""What a manager decides: whether the future is levelled as it was proposed by night."""

from collections.abc import Sequence

from attention.domain.items import Item, Kind, Severity, look
from scheduling.queries import watch


def level_proposals(managed_site_ids: Sequence[int]) -> list[Item]:
    """Return the proposals that wait for a manager, as long as they could be accepted."""
    return [
        Item(
            key=f"level:{row.proposal_id}",
            kind=Kind.LEVEL_PROPOSAL,
            site_id=row.site_id,
            zone=row.zone,
            title=f"Room for {'1 first visit' if row.opens == 1 else f'{row.opens} first visits'} could be made",
            detail=f"{'1 visit' if row.moves == 1 else f'{row.moves} visits'} nobody was told about would move within "
            f"{'its day' if row.moves == 1 else 'their days'}. Accept or dismiss it.",
            severity=Severity.LOW,
            since=row.made_at,
            action=look(f"level-proposals/{row.proposal_id}/", "Look at it"),
        )
        for row in watch.proposals_open(site_ids=managed_site_ids)
    ]

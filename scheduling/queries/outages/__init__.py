"""A device that is out, a person away, a site closed: who is hit, how they could be seated again, and the way back."""

from scheduling.queries.outages.blocking import Blocking, blocking_in_force, blocking_of, span_of, span_words
from scheduling.queries.outages.closed import MovedAway, moved_away
from scheduling.queries.outages.hits import Hits, hits_of
from scheduling.queries.outages.holidays import Holiday, coming_holidays
from scheduling.queries.outages.listing import Seen, block_of, blocks_of
from scheduling.queries.outages.moved import MOVED_BACK, RESEATED, patients_to_tell
from scheduling.queries.outages.proposal import Proposal, Row, preview_block
from scheduling.queries.outages.returning import return_choices
from scheduling.queries.outages.seating import Fixed, within

__all__ = [
    "MOVED_BACK",
    "RESEATED",
    "Blocking",
    "Fixed",
    "Hits",
    "Holiday",
    "MovedAway",
    "Proposal",
    "Row",
    "Seen",
    "block_of",
    "blocking_in_force",
    "blocking_of",
    "blocks_of",
    "coming_holidays",
    "hits_of",
    "moved_away",
    "patients_to_tell",
    "preview_block",
    "return_choices",
    "span_of",
    "span_words",
    "within",
]

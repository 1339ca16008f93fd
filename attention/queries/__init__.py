"""What needs a person: derived from the tables below, gone when its cause is gone; and what people answered."""

from attention.domain.items import Item
from attention.queries.coming import next_due
from attention.queries.deriving import Derived, derive
from attention.queries.listing import Counts, at_risk_by_course, cleared_since, counts, find, finished, items, owner_of

__all__ = [
    "Counts",
    "Derived",
    "Item",
    "at_risk_by_course",
    "cleared_since",
    "counts",
    "derive",
    "find",
    "finished",
    "items",
    "next_due",
    "owner_of",
]

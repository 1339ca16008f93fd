"""What needs a person: derived from the tables below, gone when its cause is gone; and what people answered."""

from attention.domain.items import Item
from attention.queries.listing import Counts, counts, find, finished, items

__all__ = ["Counts", "Item", "counts", "find", "finished", "items"]

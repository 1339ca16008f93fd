"""Pure: seat many people at once at the least cost, where each has several ways to sit and may be in another's way.

Greedy in several orders, then a search around people who sit worse than they could; while anybody is left, chains of
people who make way. Always an answer, never worse than first come, first served; the same answer for the same seed and
restarts.
"""

from scheduling.domain.reseat.answer import first_come_first_served, seat
from scheduling.domain.reseat.bound import lower_bound
from scheduling.domain.reseat.shapes import Option, Seat, Seating

__all__ = ["Option", "Seat", "Seating", "first_come_first_served", "lower_bound", "seat"]

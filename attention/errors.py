"""What answering an item can run into."""

from clinic.errors import Conflict, NotFound, Rejected, Stale

__all__ = ["Conflict", "NotFound", "Rejected", "Stale"]

"""Sign-ins in the database, of which each request saves only what it changed itself."""

import copy
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import router, transaction


class SessionStore(DatabaseStore):
    """A page asks several things at once, and Django writes a session as a whole: the slower of two answers would take
    back what the quicker one had kept, a toast with its way back among it. Here it is read again and changed."""

    _was: dict[str, Any] | None = None

    def load(self) -> dict[str, Any]:
        """Return what is kept, and remember it."""
        found: dict[str, Any] = super().load()
        self._was = copy.deepcopy(found)
        return found

    def create(self) -> None:
        """Begin a session under a new key: everything in it is new there."""
        super().create()
        self._was = {}

    def save(self, must_create: bool = False) -> None:
        """Save what changed since it was read, over what is kept by now; two statements more than Django's.

        :raises UpdateError: it was ended meanwhile, by signing out in another tab.
        """
        if must_create or self.session_key is None or self._was is None:
            super().save(must_create)
            return
        with transaction.atomic(using=router.db_for_write(self.model)):
            row = self.model.objects.select_for_update().filter(session_key=self.session_key).first()
            if row:
                self._session_cache = self._changed(self.decode(row.session_data))
            super().save()
        self._was = copy.deepcopy(self._session_cache)

    def _changed(self, kept: dict[str, Any]) -> dict[str, Any]:
        was, now = self._was or {}, self._session_cache
        gone = was.keys() - now.keys()
        fresh = {key: value for key, value in now.items() if key not in was or was[key] != value}
        return {key: value for key, value in kept.items() if key not in gone} | fresh

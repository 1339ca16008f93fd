"""How often one address, and one link, may be asked for; a broken counter lets everybody through."""

import hashlib
import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from redis.exceptions import RedisError
from rest_framework.throttling import SimpleRateThrottle

logger = logging.getLogger(__name__)

RATE = "30/min"
OWN_RATE = "120/min"  # on a device that was checked: a form is answered question by question


class PerSender(SimpleRateThrottle):
    """Counts the requests of one network address, behind as many proxies as the settings trust."""

    scope, rate = "portal-sender", RATE

    def get_cache_key(self, request: Any, view: Any) -> str:
        return _key(self.scope, self.get_ident(request))


class PerLink(SimpleRateThrottle):
    """Counts the requests for one link, whoever sends them; `view` is the link's token."""

    scope, rate = "portal-link", RATE

    def get_cache_key(self, request: Any, view: Any) -> str:
        return _key(self.scope, str(view))


class PerFeed(PerLink):
    """Counts the requests for one calendar; the fetchers of few companies read those of many patients."""

    scope = "portal-feed"


class PerDevice(PerLink):
    """Counts the requests for one link from devices that were checked."""

    scope, rate = "portal-device", OWN_RATE


def is_own_too_often(request: HttpRequest, key: str) -> bool:
    """Count a request from a device that was checked for a link; other devices behind the same address count apart."""
    return not _are_allowed(lambda: [PerDevice().allow_request(_any(request), _any(key))])


def is_feed_too_often(request: HttpRequest, token: str) -> bool:
    """Count a request for a calendar, whoever sends it, apart from those for links."""
    return not _are_allowed(lambda: [PerFeed().allow_request(_any(request), _any(token))])


def is_too_often(request: HttpRequest, token: str) -> bool:
    """Count a request for a link, and tell whether its sender or the link had their share of this minute."""
    asked, link = _any(request), _any(token)
    return not _are_allowed(lambda: [PerSender().allow_request(asked, link), PerLink().allow_request(asked, link)])


def _any(value: Any) -> Any:
    return value  # the throttles are typed for views of the API


def _are_allowed(look: Callable[[], list[bool]]) -> bool:
    try:
        return all(look())
    except RedisError:
        # Somebody who can't see when to come is worse off than a page that isn't rationed for a minute.
        logger.warning("The cache can't be reached; requests for links are not counted")
        return True


def _key(scope: str, ident: str) -> str:
    """Return the name of a counter: no token and no address, for the cache is read by others."""
    return f"{scope}:{hashlib.sha256(ident.encode()).hexdigest()}"

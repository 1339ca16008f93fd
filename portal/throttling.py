"""How often one address, and one link, may be asked for; a broken counter lets everybody through."""

import hashlib
import logging
from typing import Any

from django.http import HttpRequest
from redis.exceptions import RedisError
from rest_framework.throttling import SimpleRateThrottle

logger = logging.getLogger(__name__)

RATE = "30/min"


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


def is_too_often(request: HttpRequest, token: str) -> bool:
    """Count a request for a link, and tell whether its sender or the link had their share of this minute."""
    asked: Any = request
    link: Any = token
    try:
        allowed = [PerSender().allow_request(asked, link), PerLink().allow_request(asked, link)]
    except RedisError:
        # Somebody who can't see when to come is worse off than a page that isn't rationed for a minute.
        logger.warning("The cache can't be reached; requests for links are not counted")
        return False
    return not all(allowed)


def _key(scope: str, ident: str) -> str:
    """Return the name of a counter: no token and no address, for the cache is read by others."""
    return f"{scope}:{hashlib.sha256(ident.encode()).hexdigest()}"

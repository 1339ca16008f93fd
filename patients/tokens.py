"""Tokens that can be made again though only their hashes are kept: of a purpose, an id and a generation, by a key.

The purpose is in the token: one that reads a calendar opens no page.
"""

import base64
import hashlib
import hmac

from django.conf import settings

TOKEN_BYTES = 16  # 128 bits: 22 letters


def made(purpose: str, pk: int, generation: int) -> str:
    """Return a token: the same for the same, and nothing without LINK_KEY."""
    digest = hmac.new(settings.LINK_KEY.encode(), f"{purpose} {pk}.{generation}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).decode().rstrip("=")


def hash_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()

"""Tokens that can be made again though only their hashes are kept: of a purpose, an id and a generation, by a key.

The purpose is in the token: one that reads a calendar opens no page.
"""

import base64
import hashlib
import hmac
import uuid
from typing import TypeVar

from django.conf import settings

from patients.models import IssuedToken

TOKEN_BYTES = 16  # 128 bits: 22 letters
Row = TypeVar("Row", bound=IssuedToken)


def made(purpose: str, pk: int, generation: int) -> str:
    """Return a token: the same for the same, and nothing without LINK_KEY."""
    digest = hmac.new(settings.LINK_KEY.encode(), f"{purpose} {pk}.{generation}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).decode().rstrip("=")


def hash_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def issued(draft: Row, purpose: str) -> Row:
    """Store a new row with the hash of its token, inside the caller's transaction, and return it."""
    # The id goes into the token, so the row is there before its hash is; nobody else sees it meanwhile.
    draft.token_hash = uuid.uuid4().hex
    draft.save(force_insert=True)
    draft.token_hash = hash_of(made(purpose, draft.pk, draft.generation))
    draft.save(update_fields=["token_hash"])
    return draft

"""Secrets: how badges, PINs, passwords and tokens are made, hashed and checked."""

from __future__ import annotations

import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# Chosen so that a check takes some tens of milliseconds on a small server (OWASP's second argon2id profile).
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_dummy = _hasher.hash("no such person")


def new_token() -> str:
    """256 random bits, safe in a URL and a cookie."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """SHA-256 of a random token. A token has enough entropy to need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_secret(secret: str) -> str:
    """argon2id hash of a PIN or a password."""
    return _hasher.hash(secret)


def check_secret(hashed: str | None, secret: str) -> bool:
    """True if `secret` fits. Takes as long when there is no hash, so that an unknown badge cannot be told by time."""
    try:
        _hasher.verify(hashed or _dummy, secret)
        return hashed is not None
    except (VerificationError, InvalidHashError):
        return False

"""Secrets: how badges, PINs, passwords and tokens are made, hashed and checked."""

from __future__ import annotations

import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's argon2id profile with the least memory (password storage cheat sheet: equal in strength to the others).
_hasher = PasswordHasher(time_cost=5, memory_cost=7_168, parallelism=1)
_dummy = _hasher.hash("no such person")
# One thread does them all: what each of 16 takes for a hash, it would keep.
_bench = ThreadPoolExecutor(1, thread_name_prefix="argon2")


def new_token() -> str:
    """256 random bits, safe in a URL and a cookie."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """SHA-256 of a random token. A token has enough entropy to need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_secret(secret: str) -> str:
    """argon2id hash of a PIN or a password."""
    return _bench.submit(_hasher.hash, secret).result()


def check_secret(hashed: str | None, secret: str) -> bool:
    """True if `secret` fits. Takes as long when there is no hash, so that an unknown badge cannot be told by time."""
    return _bench.submit(_fits, hashed or _dummy, secret).result() and hashed is not None


def _fits(hashed: str, secret: str) -> bool:
    try:
        _hasher.verify(hashed, secret)
    except (VerificationError, InvalidHashError):
        return False
    return True

"""Revisions: which forms of the schema this program knows, and which one it wants. Alembic would cost 11 MB to ask."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

VERSIONS = Path(__file__).parent / "migrations" / "versions"
REVISION = re.compile(r"^revision\b.*?[\"'](\w+)[\"']", re.MULTILINE)
FOLLOWS = re.compile(r"^down_revision\b.*?[\"'](\w+)[\"']", re.MULTILINE)


@cache
def known() -> dict[str, str | None]:
    """Every revision in scanner/migrations with the one that it follows; None for the first."""
    texts = [path.read_text(encoding="utf-8") for path in VERSIONS.glob("*.py")]
    follows = {REVISION.search(text)[1]: FOLLOWS.search(text) for text in texts}  # type: ignore[index]
    return {name: match[1] if match else None for name, match in follows.items()}


def newest() -> str | None:
    """The last revision: the one that no other follows."""
    followed = set(known().values())
    return next((name for name in known() if name not in followed), None)

"""The workflows by name. Each has ROLES, TITLE, start(), prompt(), step() and finish()."""

from __future__ import annotations

from types import ModuleType

from scanner import count, lookup, move, pick, putaway, receive, ship, verify

WORKFLOWS: dict[str, ModuleType] = {
    module.__name__.rpartition(".")[2]: module for module in (receive, putaway, pick, verify, ship, count, move, lookup)
}

"""Facts: what several documents read: the company, the other side, and one thing by its id."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from babel import Locale

from labels.documents.figures import day
from scanner.billing import BUYER, SELLER
from scanner.db import Base, db
from scanner.models import Customer, Lot, Site
from scanner.refusals import Refusal

M = TypeVar("M", bound=Base)


def one(model: type[M], thing_id: int, word: str) -> M:
    """The thing that a document is about. Refuses unknown_document, e.g. when it was deleted meanwhile."""
    thing = db.session.get(model, thing_id)
    if thing is None:
        raise Refusal("unknown_document", thing_id, word)
    return thing


def company(site: Site) -> dict[str, Any]:
    """The company's head, as the settings have it now."""
    return {"name": site.name, "logo": site.logo, **{name: getattr(site, name) for name in SELLER}}


def party(customer: Customer) -> dict[str, Any]:
    """A customer's name and address."""
    return {name: getattr(customer, name) for name in BUYER}


def lot_facts(lot_code: str, expiry: date | None, best_before: date | None, say: dict[str, str], at: Locale) -> str:
    """A lot with its dates in one line; empty for goods without one."""
    parts = [f"{say['lot']} {lot_code}"] if lot_code else []
    parts += [
        f"{say[word]} {day(when, at)}" for word, when in (("expiry", expiry), ("best_before", best_before)) if when
    ]
    return " · ".join(parts)


def lot_words(lot: Lot, say: dict[str, str], at: Locale) -> str:
    """The same of a lot on file."""
    return lot_facts(lot.code, lot.expiry, lot.best_before, say, at)

"""Site: makes a warehouse ready for its first move: virtual locations, ledger, and the rows that stand for "none"."""

from __future__ import annotations

from sqlalchemy import select

from scanner import ledger
from scanner.db import Base, db, table_of, upsert
from scanner.models import VIRTUAL_KINDS, Location, Lot, Serial, Site, Unit
from scanner.models.item import NONE


def make_site(
    *, code: str = "MAIN", name: str = "Main warehouse", timezone: str = "UTC", gs1_prefix: str = "0000000"
) -> Site:
    """The site with this code, made complete if anything of it is missing. Callers run inside `db.transact`.

    `gs1_prefix` is the company's GS1 prefix of 7 to 10 digits, for the SSCCs of its cartons. An existing site keeps
    its settings.
    """
    _add(Lot, id=NONE, item_id=None, code="", is_held=False)
    _add(Unit, id=NONE, site_id=None, code="", kind="none", status="open", is_held=False)
    _add(Serial, id=NONE, item_id=None, code="", unit_id=NONE)
    _add(Site, code=code, name=name, timezone=timezone, gs1_prefix=gs1_prefix)
    site = db.session.scalars(select(Site).where(Site.code == code)).one()
    for kind in VIRTUAL_KINDS:
        _add(Location, site_id=site.id, code=kind.upper(), scan_body=_unscannable(kind), kind=kind, is_virtual=True)
    ledger.begin(site.id)
    return site


def _add(model: type[Base], **values: object) -> None:
    """Insert a row unless it is there. An explicit id 0 leaves the sequences of both engines alone."""
    db.session.execute(upsert(table_of(model)).values(**values).on_conflict_do_nothing())


def _unscannable(kind: str) -> str:
    """A label's body holds letters and digits only, so no label can name a virtual location."""
    return f"*{kind.upper()}"

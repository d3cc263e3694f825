"""Pictures of every document, from the demo: `python -m tools.paper_pictures [FOLDER]`, into docs/pictures/documents.

They are for people to look at; the tests read the documents themselves.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pypdfium2
from sqlalchemy import func, select

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "pictures" / "documents"
SCALE = 1.5  # 108 dots to the inch
COLOURS = 32


def main(folder: Path) -> None:
    """Make the demo in a folder of its own and draw its papers."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        os.environ |= {
            "SCANDOCK_DATA": place,
            "DATABASE_URL": f"sqlite:///{place}/demo.db",
            "FLASK_RUN_FROM_CLI": "true",
        }
        from flask_migrate import upgrade

        from scanner.demo import make_demo
        from web import create_app

        with create_app().app_context():
            upgrade()
            make_demo()
            for name, data in papers().items():
                picture(data, folder / f"{name}.png")


def papers() -> dict[str, bytes]:
    """One of each kind, and the two that customers get in German."""
    from labels.documents import KINDS
    from scanner import discrepancies, orders, people
    from scanner.db import db, transact
    from scanner.models import Balance, Manifest, OrderLine, PurchaseOrder, Task

    by = transact(people.system)
    long = db.session.scalars(
        select(OrderLine.order_id)
        .group_by(OrderLine.order_id)
        .having(func.count() > 9)
        .order_by(OrderLine.order_id.desc())
    ).first()
    transact(lambda: orders.allocate_order(by, orders.lock(long or 0)))
    place = db.session.scalars(select(Balance.location_id).where(Balance.lot_id > 0, Balance.qty > 0)).first()
    transact(lambda: discrepancies.ask_for_count(by, place or 0, "Every quarter"))
    chosen: dict[str, tuple[str, Any]] = {
        "packing_slip": ("packing_slip", _shipped("GB")),
        "invoice": ("invoice", _shipped("GB")),
        "packing_slip_de": ("packing_slip", _shipped("DE")),
        "invoice_de": ("invoice", _shipped("DE")),
        "pick_list": ("pick_list", long),
        "receiving_sheet": ("receiving_sheet", _first(PurchaseOrder.id, PurchaseOrder.number == "P-502")),
        "count_sheet": ("count_sheet", _first(Task.id, Task.workflow == "count")),
        "manifest": ("manifest", _first(Manifest.id)),
    }
    return {name: KINDS[kind](int(subject), {"key": "picture"}) for name, (kind, subject) in chosen.items()}


def _first(column: Any, *where: Any) -> Any:
    from scanner.db import db

    return db.session.scalars(select(column).where(*where).order_by(column)).first()


def _shipped(country: str) -> Any:
    """The shipped order of a country with the most lines."""
    from scanner.db import db
    from scanner.models import Customer, Order, OrderLine

    return db.session.scalars(
        select(Order.id)
        .join(Customer)
        .join(OrderLine)
        .where(Order.status == "shipped", Customer.country_code == country)
        .group_by(Order.id)
        .order_by(func.count().desc(), Order.id)
    ).first()


def picture(data: bytes, path: Path) -> None:
    """The first page as PNG."""
    page = pypdfium2.PdfDocument(data)[0]
    page.render(scale=SCALE).to_pil().convert("L").quantize(COLOURS).save(path, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)

"""Things: which label or paper belongs to what somebody looks at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from scanner.by import By
from scanner.db import db
from scanner.models import Lot, Order, Parcel, Printer, PrintJob, Unit
from scanner.printing import plates
from scanner.printing.answers import Says, next_print
from scanner.printing.ask import ask
from scanner.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Thing:
    """What is printed for a thing: kind and subject of a job, and what the button says."""

    kind: str
    subject_id: int | None
    use: str = "label"
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """PRINT LABEL, PRINT PACKING SLIP, ..."""
        return "PRINT LABEL" if self.use == "label" else f"PRINT {self.kind.replace('_', ' ').upper()}"

    @property
    def is_plate(self) -> bool:
        """Whether there may be but one such label: a second one is a copy."""
        return plates.is_plate(self.kind, self.details)

    def ask(self, by: By, *, copies: int = 1, printer: Printer | None = None, key: str | None = None) -> PrintJob:
        """Ask for it, in the transaction of the act that wants it. The same `key` never makes a second job.

        Refuses print_under_way; label_has_one for more copies of what may have but one, since the second is marked.
        """
        more: dict[str, Any] = {"use": self.use, "details": self.details, "printer": printer}
        if not self.is_plate:
            return ask(self.kind, self.subject_id, by, copies=copies, key=key, **more)
        if copies != 1:
            raise Refusal("label_has_one", f"The {self.kind}", other="label")
        return plates.once(self.kind, self.subject_id or 0, by, asked=key or "", **more)

    def next_print(self, by: By) -> Says:
        """Whether the next label of it is a copy, and its details."""
        first = plates.first_of(self.kind, self.subject_id or 0, by, self.details) if self.is_plate else None
        return next_print(first, self.details)

    def in_file(self, by: By, sha256: str) -> Says:
        """Write down that its one label was opened as a PDF. Belongs in `transact`. Refuses print_under_way."""
        return plates.in_file(self.kind, self.subject_id or 0, by, self.details, sha256)


def thing_of(kind: str, thing_id: int, by: By) -> Thing | None:
    """What is printed for a thing that was looked up; None for what has neither label nor paper, or is not here."""
    match kind:
        case "item" | "location":
            return Thing(kind, thing_id)
        case "lot":
            lot = db.session.get(Lot, thing_id)
            return Thing("item", lot.item_id, details={"lot": lot.id}) if lot and lot.item_id else None
        case "unit":
            return _of_unit(db.session.get(Unit, thing_id), by)
        case "parcel":
            return Thing("shipment", thing_id)
        case "order":
            order = db.session.get(Order, thing_id)
            is_packed = order is not None and order.status in ("packed", "shipped")
            return Thing("packing_slip" if is_packed else "pick_list", thing_id, "paper")
        case "purchase_order":
            return Thing("receiving_sheet", thing_id, "paper")
        case "manifest":
            return Thing("manifest", thing_id, "paper")
    return None


def _of_unit(unit: Unit | None, by: By) -> Thing | None:
    """A parcel's carton has the parcel's label, a tote its own, anything else that of its SSCC."""
    if unit is None or unit.site_id != by.site_id:
        return None
    if unit.kind == "tote":
        return Thing("tote", unit.id)
    parcel_id = db.session.scalar(select(Parcel.id).where(Parcel.unit_id == unit.id))
    return Thing("shipment", parcel_id) if parcel_id else Thing("unit", unit.id)

"""Rows: the columns of everything that can be imported. `docs/imports.md` explains each of them.

Only what identifies a row is needed always. What else a new row needs is in `NEEDED`; a column that is missing or
empty leaves an existing row as it is and gives a new one the default.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from scanner.imports.fields import (
    Address,
    BasisPoints,
    CartonCode,
    Cents,
    Code,
    Coordinate,
    Country,
    Currency,
    Day,
    Figure,
    Instant,
    LocaleName,
    LotCode,
    Name,
    Number,
    Pack,
    Part,
    PartyCode,
    Quantity,
    Size,
    Sku,
    StorageClass,
    Text,
    Truth,
    Word,
)


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


class Row(BaseModel):
    """Any imported row. Unknown columns are errors: a misspelt one must not vanish."""

    model_config = ConfigDict(extra="forbid")

    @property
    def said(self) -> dict[str, Any]:
        """What the file says of this row."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class ItemRow(Row):
    """An item, its own barcode (the SKU), and the GTINs of one unit and of a case."""

    sku: Sku
    name: Annotated[Name, Field(min_length=1, max_length=500)] = ""
    uom: Annotated[Name, Field(max_length=16)] = "EACH"
    tracking: Annotated[Literal["none", "lot", "serial"], BeforeValidator(_lower)] = "none"
    has_expiry: Truth = False
    storage_class: Word = "ambient"
    weight_g: Figure = 0
    length_mm: Figure = 0
    width_mm: Figure = 0
    height_mm: Figure = 0
    value_cents: Figure = 0
    over_tolerance_pct: Annotated[Figure, Field(le=1000)] = 0
    popularity: Figure = 0
    is_active: Truth = True
    gtin: Code = ""
    case_gtin: Code = ""
    case_qty: Pack = 1


class BarcodeRow(Row):
    """One more code on an item or on a pack of it."""

    sku: Sku
    code: Code
    qty: Pack = 1


class LocationRow(Row):
    """A place with an address."""

    code: Address
    kind: Annotated[
        Literal["pick", "reserve", "dock", "cart", "pack", "door", "quarantine", "returns"], BeforeValidator(_lower)
    ] = "pick"
    aisle: Part = ""
    bay: Part = ""
    level: Part = ""
    position: Part = ""
    x_mm: Coordinate | None = None
    y_mm: Coordinate | None = None
    walk_order: Figure = 0
    capacity_units: Figure | None = None
    capacity_weight_g: Figure | None = None
    capacity_volume_mm3: Figure | None = None
    mix: Annotated[Literal["any", "one_item", "one_lot"], BeforeValidator(_lower)] = "any"
    storage_class: StorageClass = "ambient"


class SupplierRow(Row):
    """Who delivers."""

    code: PartyCode
    name: Annotated[Name, Field(min_length=1, max_length=200)] = ""
    lead_days: Annotated[Figure, Field(le=1000)] = 7


class CustomerRow(Row):
    """Who is delivered to."""

    code: PartyCode
    name: Annotated[Name, Field(min_length=1, max_length=200)] = ""
    address: Annotated[Text, Field(max_length=500)] = ""
    country: Annotated[Name, Field(max_length=60)] = ""
    street: Annotated[Text, Field(max_length=300)] = ""
    postcode: Annotated[Name, Field(max_length=20)] = ""
    city: Annotated[Name, Field(max_length=100)] = ""
    region: Annotated[Name, Field(max_length=100)] = ""
    country_code: Country = ""
    contact: Annotated[Name, Field(max_length=100)] = ""
    phone: Annotated[Name, Field(max_length=40)] = ""
    tax_id: Annotated[Name, Field(max_length=40)] = ""
    locale: LocaleName = ""
    instructions: Annotated[Text, Field(max_length=1000)] = ""
    min_life_days: Annotated[Figure, Field(le=10_000)] = 0


class CartonRow(Row):
    """A type of box on the bench."""

    code: CartonCode
    name: Annotated[Name, Field(min_length=1, max_length=60)] = ""
    length_mm: Size = 1
    width_mm: Size = 1
    height_mm: Size = 1
    tare_g: Figure = 0
    max_g: Size = 30_000


class Line(Row):
    """What every line of a document has."""

    line: Size | None = None
    sku: Sku
    qty: Quantity


class PurchaseHead(Row):
    """A purchase order's own columns."""

    number: Number
    supplier: PartyCode
    ordered_on: Day | None = None
    due_on: Day | None = None


class OrderHead(Row):
    """A customer order's own columns."""

    number: Number
    customer: PartyCode
    ordered_at: Instant | None = None
    promised_on: Day | None = None
    carrier: Annotated[Name, Field(max_length=40)] = ""
    service: Annotated[Name, Field(max_length=40)] = ""
    instructions: Annotated[Text, Field(max_length=1000)] = ""
    shows_instructions: Truth = False
    currency: Currency = ""


class Price(Row):
    """What a line of a customer order costs."""

    price_cents: Cents | None = None
    tax_bp: BasisPoints = 0
    discount_bp: BasisPoints = 0


LINE_COLUMNS = frozenset((*Line.model_fields, *Price.model_fields))  # of a line, not of its document


class PurchaseOrderRow(Line, PurchaseHead):
    """One line of a purchase order."""


class OrderRow(Price, Line, OrderHead):
    """One line of a customer order."""


class OpeningRow(Row):
    """Stock that is there on the first day."""

    location: Address
    sku: Sku
    qty: Quantity
    lot: LotCode = ""
    expiry: Day | None = None
    best_before: Day | None = None
    serial: LotCode = ""
    unit: Annotated[Address, Field(max_length=32)] = ""


ROWS: dict[str, type[Row]] = {
    "items": ItemRow,
    "barcodes": BarcodeRow,
    "locations": LocationRow,
    "suppliers": SupplierRow,
    "purchase_orders": PurchaseOrderRow,
    "customers": CustomerRow,
    "orders": OrderRow,
    "cartons": CartonRow,
    "opening_stock": OpeningRow,
}
NEEDED = {  # of a new row, beside what identifies it
    "items": ("name",),
    "suppliers": ("name",),
    "customers": ("name",),
    "cartons": ("name", "length_mm", "width_mm", "height_mm"),
}

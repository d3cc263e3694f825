"""Stock, read only: what is where, what of it is free, and why the rest is not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, or_, select

from scanner.by import By
from scanner.db import connection, db
from scanner.models import Balance, Discrepancy, Item, Location, Lot, PurchaseLine, PurchaseOrder, Unit
from scanner.models.location import STORAGE_KINDS
from scanner.planning.allocate import Free
from scanner.planning.slot import Place as SlotPlace


@dataclass(frozen=True, slots=True)
class Levels:
    """The figures of one item at one site, in base units. available = on_hand - reserved - held."""

    item_id: int
    on_hand: int = 0
    reserved: int = 0
    held: int = 0  # not promised, but on hold or past its date
    on_order: int = 0

    @property
    def available(self) -> int:
        """What could be promised to a customer now."""
        return self.on_hand - self.reserved - self.held


def free_rows(by: By, item_ids: Collection[int]) -> list[Free]:
    """What could be allocated of some items: all of it that stands in storage, with what speaks against it."""
    rows = db.session.execute(
        select(
            Balance.location_id,
            Balance.item_id,
            Balance.lot_id,
            Balance.unit_id,
            (Balance.qty - Balance.reserved).label("qty"),
            Lot.expiry,
            Lot.best_before,
            or_(Lot.is_held, Location.is_held, Unit.is_held).label("is_held"),
            Location.walk_order.label("walk"),
            Location.kind,
        )
        .join(Location, Location.id == Balance.location_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Unit, Unit.id == Balance.unit_id)
        .where(
            Balance.site_id == by.site_id,
            Balance.item_id.in_(item_ids),
            Balance.qty > Balance.reserved,
            Location.kind.in_(STORAGE_KINDS),
        )
    )
    doubted = _doubted(by, item_ids)
    free = [Free(*row) for row in rows]  # type: ignore[call-arg]
    return [row for row in free if (row.location_id, row.item_id, row.lot_id, row.unit_id) not in doubted]


def _doubted(by: By, item_ids: Collection[int]) -> set[tuple[Any, ...]]:
    """Stock that a picker did not find: not promised to anybody until somebody has decided."""
    rows = db.session.execute(
        select(Discrepancy.location_id, Discrepancy.item_id, Discrepancy.lot_id, Discrepancy.unit_id).where(
            Discrepancy.site_id == by.site_id,
            Discrepancy.status == "open",
            Discrepancy.kind == "short_pick",
            Discrepancy.item_id.in_(item_ids),
        )
    )
    return {tuple(row) for row in rows}


def levels(by: By, item_ids: Sequence[int]) -> dict[int, Levels]:
    """The figures of several items in three statements, however many they are."""
    found = {item_id: {"on_hand": 0, "reserved": 0, "held": 0, "on_order": 0} for item_id in item_ids}
    for name, rows in (
        ("stock", db.session.execute(_sums(by, item_ids))),
        ("held", db.session.execute(_held(by, item_ids))),
        ("order", db.session.execute(_on_order(by, item_ids))),
    ):
        for row in rows:
            _add(found[row.item_id], name, row)
    return {item_id: Levels(item_id, **figures) for item_id, figures in found.items()}


def _add(figures: dict[str, int], name: str, row: Any) -> None:
    if name == "stock":
        figures["on_hand"], figures["reserved"] = int(row.qty), int(row.reserved)
    elif name == "held":
        figures["held"] = int(row.qty)
    else:
        figures["on_order"] = max(0, int(row.qty))


def _sums(by: By, item_ids: Sequence[int]) -> Any:
    return (
        select(Balance.item_id, func.sum(Balance.qty).label("qty"), func.sum(Balance.reserved).label("reserved"))
        .where(Balance.site_id == by.site_id, Balance.item_id.in_(item_ids), Balance.qty > 0)
        .group_by(Balance.item_id)
    )


def _held(by: By, item_ids: Sequence[int]) -> Any:
    unfit = or_(
        Lot.is_held,
        Location.is_held,
        Unit.is_held,
        Location.kind == "quarantine",
        Lot.expiry < by.today,
        Lot.best_before < by.today,
    )
    return (
        select(Balance.item_id, func.sum(Balance.qty - Balance.reserved).label("qty"))
        .join(Location, Location.id == Balance.location_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Unit, Unit.id == Balance.unit_id)
        .where(Balance.site_id == by.site_id, Balance.item_id.in_(item_ids), Balance.qty > 0, unfit)
        .group_by(Balance.item_id)
    )


def _on_order(by: By, item_ids: Sequence[int]) -> Any:
    left = PurchaseLine.ordered - PurchaseLine.received
    return (
        select(PurchaseLine.item_id, func.sum(left).label("qty"))
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.purchase_order_id)
        .where(
            PurchaseOrder.site_id == by.site_id,
            PurchaseOrder.status == "open",
            PurchaseLine.item_id.in_(item_ids),
            left > 0,
        )
        .group_by(PurchaseLine.item_id)
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One balance row with the things it names."""

    qty: int
    reserved: int
    item: Item
    location: Location
    lot: Lot
    unit: Unit

    @property
    def free(self) -> int:
        """Not promised to anybody."""
        return self.qty - self.reserved


def rows(by: By, *where: Any, limit: int = 500) -> list[Row]:
    """Balance rows that are not empty, in walking order. `where`: conditions on Balance, Item, Location, Lot, Unit."""
    found = db.session.execute(
        select(Balance.qty, Balance.reserved, Item, Location, Lot, Unit)
        .join(Item, Item.id == Balance.item_id)
        .join(Location, Location.id == Balance.location_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Unit, Unit.id == Balance.unit_id)
        .where(Balance.site_id == by.site_id, Balance.qty > 0, *where)
        .order_by(Location.walk_order, Location.code, Item.sku, Lot.expiry, Lot.code, Unit.code)
        .limit(limit)
    )
    return [Row(*row) for row in found]


def first_location(by: By, kind: str) -> Location:
    """The site's first location of a kind ('dock', 'cart', 'pack', 'door', 'quarantine')."""
    return db.session.scalars(
        select(Location)
        .where(Location.site_id == by.site_id, Location.kind == kind, ~Location.is_held)
        .order_by(Location.walk_order, Location.code)
        .limit(1)
    ).one()


def slot_places(by: By, locations: Iterable[Location]) -> list[SlotPlace]:
    """Locations with their content, as put-away planning wants them."""
    chosen = list(locations)
    content = _content_of([location.id for location in chosen])
    return [_slot_place(location, content.get(location.id, _EMPTY)) for location in chosen]


def empty_place(location: Location) -> SlotPlace:
    """The same of a location whose content does not matter."""
    return _slot_place(location, _EMPTY)


@dataclass(slots=True)
class _Content:
    units: int
    weight_g: int
    volume_mm3: int
    items: set[int]
    lots: set[tuple[int, int]]


_EMPTY = _Content(0, 0, 0, set(), set())


_CONTENT = (
    select(
        Balance.location_id,
        Balance.item_id,
        Balance.lot_id,
        Balance.qty,
        Item.weight_g,
        (Item.length_mm * Item.width_mm * Item.height_mm).label("volume"),
    )
    .join(Item, Item.id == Balance.item_id)
    .where(Balance.qty > 0)
)
_CONTENT_AT = _CONTENT.where(Balance.location_id.in_(bindparam("places", expanding=True)))


def _content_of(location_ids: list[int]) -> dict[int, _Content]:
    is_few = len(location_ids) <= 500  # else the whole site is asked for: one scan beats a list of thousands
    query, values = (_CONTENT_AT, {"places": location_ids}) if is_few else (_CONTENT, {})
    found: dict[int, _Content] = {}
    for row in connection().execute(query, values):
        content = found.setdefault(row.location_id, _Content(0, 0, 0, set(), set()))
        content.units += row.qty
        content.weight_g += row.qty * row.weight_g
        content.volume_mm3 += row.qty * row.volume
        content.items.add(row.item_id)
        content.lots.add((row.item_id, row.lot_id))
    return found


def _slot_place(location: Location, content: _Content) -> SlotPlace:
    return SlotPlace(
        location_id=location.id,
        code=location.code,
        kind=location.kind,
        storage_class=location.storage_class,
        capacity_units=location.capacity_units,
        capacity_weight_g=location.capacity_weight_g,
        capacity_volume_mm3=location.capacity_volume_mm3,
        used_units=content.units,
        used_weight_g=content.weight_g,
        used_volume_mm3=content.volume_mm3,
        items=frozenset(content.items),
        lots=frozenset(content.lots),
        mix=location.mix,
        is_held=location.is_held,
        distance=location.walk_order,
        level=location.level_number or 1,
    )

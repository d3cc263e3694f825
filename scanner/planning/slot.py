"""Slot: where to put goods away, and why a place may not take them.

A place that holds the same item and has room comes first, then an empty one. Of the empty ones, goods that are picked
often go to the near places and leave the far ones to goods that are picked seldom; heavy goods stay low.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from heapq import nsmallest

STORAGE_KINDS = ("pick", "reserve")
HEAVY_G = 15_000  # one base unit of this weight is not lifted above the waist
SELDOM = 0.5  # goods of less popularity are kept out of the near half


@dataclass(frozen=True, slots=True)
class Goods:
    """What is to be put away. Weight and volume are those of one base unit; 0 means unknown."""

    item_id: int
    lot_id: int
    qty: int
    unit_weight_g: int = 0
    unit_volume_mm3: int = 0
    storage_class: str = "ambient"
    is_heavy: bool = False  # heavy by other means than its weight on file
    popularity: float = 1.0  # share of the items that are picked less often than this one, 0 to 1

    @property
    def stays_low(self) -> bool:
        """True for goods that belong on the lowest level."""
        return self.is_heavy or self.unit_weight_g >= HEAVY_G


@dataclass(frozen=True, slots=True)
class Place:
    """A location with what is in it. A capacity of None is no limit."""

    location_id: int
    code: str
    kind: str = "pick"
    storage_class: str = "ambient"  # '' takes every class
    capacity_units: int | None = None
    capacity_weight_g: int | None = None
    capacity_volume_mm3: int | None = None
    used_units: int = 0
    used_weight_g: int = 0
    used_volume_mm3: int = 0
    items: frozenset[int] = frozenset()
    lots: frozenset[tuple[int, int]] = frozenset()  # (item_id, lot_id)
    mix: str = "any"  # 'any' | 'one_item' | 'one_lot'
    is_held: bool = False
    distance: int = 0  # from the start of the pickers, in any one measure
    level: int = 1


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A place for `qty` of the goods, and why, in a worker's words."""

    location_id: int
    code: str
    qty: int
    why: list[str]


class _Tier(IntEnum):
    """What kind of a place it is for these goods, best first."""

    SAME_LOT = 0
    SAME_ITEM = 1
    FREE = 2
    OTHER_FREE = 3
    SHARED = 4


@dataclass(frozen=True, slots=True)
class _Scene:
    """What is true of all places together."""

    has_face: bool  # the item has a pick face
    farthest: int
    nearest_free: dict[str, int]  # by kind


def suggest(goods: Goods, places: Sequence[Place], *, limit: int = 5) -> list[Suggestion]:
    """The best `limit` places for the goods, best first.

    Places that take all of the goods; only where there is none, places that take a part of them.
    """
    legal = [place for place in places if may_hold(goods, place) is None]
    if not legal:
        legal = [place for place in places if _one_fits(goods, place)]
    scene = _Scene(
        has_face=any(place.kind == "pick" and goods.item_id in place.items for place in places),
        farthest=max((place.distance for place in places), default=0) or 1,
        nearest_free=_nearest_free(legal),
    )
    best = nsmallest(limit, legal, key=lambda place: _cost(goods, place, scene))
    return [_suggestion(goods, place, scene) for place in best]


def may_hold(goods: Goods, place: Place) -> str | None:
    """The refusal code that says why the place may not take all of the goods; None if it may."""
    if place.kind not in STORAGE_KINDS:
        return "not_storage"
    if place.is_held:
        return "location_held"
    if place.storage_class not in ("", goods.storage_class):
        return "wrong_class"
    return _mixing(goods, place) or _too_much(goods, place)


def with_goods(place: Place, goods: Goods) -> Place:
    """The place when the goods are in it: what comes next is judged by that."""
    return replace(
        place,
        used_units=place.used_units + goods.qty,
        used_weight_g=place.used_weight_g + goods.qty * goods.unit_weight_g,
        used_volume_mm3=place.used_volume_mm3 + goods.qty * goods.unit_volume_mm3,
        items=place.items | {goods.item_id},
        lots=place.lots | {(goods.item_id, goods.lot_id)},
    )


def room(goods: Goods, place: Place) -> int:
    """How many base units the place still takes by its capacities, at most the quantity of the goods."""
    most = goods.qty
    if place.capacity_units is not None:
        most = min(most, place.capacity_units - place.used_units)
    if place.capacity_weight_g is not None and goods.unit_weight_g:
        most = min(most, (place.capacity_weight_g - place.used_weight_g) // goods.unit_weight_g)
    if place.capacity_volume_mm3 is not None and goods.unit_volume_mm3:
        most = min(most, (place.capacity_volume_mm3 - place.used_volume_mm3) // goods.unit_volume_mm3)
    return max(most, 0)


def _mixing(goods: Goods, place: Place) -> str | None:
    if place.mix == "any" or not place.items:
        return None
    if place.items != {goods.item_id}:
        return "no_mixing_items"
    if place.mix == "one_lot" and place.lots - {(goods.item_id, goods.lot_id)}:
        return "no_mixing_lots"
    return None


def _too_much(goods: Goods, place: Place) -> str | None:
    """Goods that an empty place would not take are too heavy or too big; else the place is full."""
    weight, volume = goods.qty * goods.unit_weight_g, goods.qty * goods.unit_volume_mm3
    if weight and _exceeds(place.used_weight_g + weight, place.capacity_weight_g):
        return "too_heavy"
    if volume and _exceeds(volume, place.capacity_volume_mm3):
        return "too_big"
    if volume and _exceeds(place.used_volume_mm3 + volume, place.capacity_volume_mm3):
        return "location_full"
    if _exceeds(place.used_units + goods.qty, place.capacity_units):
        return "location_full"
    return None


def _exceeds(amount: int, capacity: int | None) -> bool:
    return capacity is not None and amount > capacity


def _one_fits(goods: Goods, place: Place) -> bool:
    """True if the place may take at least one base unit of the goods."""
    why = may_hold(goods, place)
    return why in ("too_heavy", "too_big", "location_full") and room(goods, place) > 0


def _nearest_free(places: Sequence[Place]) -> dict[str, int]:
    """By kind, how far the nearest empty place is."""
    nearest: dict[str, int] = {}
    for place in places:
        if not place.items:
            nearest[place.kind] = min(place.distance, nearest.get(place.kind, place.distance))
    return nearest


def _tier(goods: Goods, place: Place, scene: _Scene) -> _Tier:
    if goods.item_id in place.items:
        is_same_lot = (goods.item_id, goods.lot_id) in place.lots
        return _Tier.SAME_LOT if is_same_lot else _Tier.SAME_ITEM
    if place.items:
        return _Tier.SHARED
    # An item has one pick face. What does not fit there goes to the reserve.
    wanted = "reserve" if scene.has_face else "pick"
    return _Tier.FREE if place.kind == wanted else _Tier.OTHER_FREE


def _cost(goods: Goods, place: Place, scene: _Scene) -> tuple[int, _Tier, bool, int, float, float, str]:
    """Small is good. Compared from left to right."""
    tier = _tier(goods, place, scene)
    holds_item = tier <= _Tier.SAME_ITEM
    return (
        -room(goods, place),  # equal for all but the places that take a part
        tier,
        not place.storage_class,  # a place of just this class before one that takes every class
        place.level if goods.stays_low and not holds_item else 0,
        -(_fill(place) or 0.0) if holds_item else 0.0,
        abs(place.distance / scene.farthest - (1 - goods.popularity)),
        place.code,
    )


def _fill(place: Place) -> float | None:
    """How full the place is by its tightest capacity, 0 to 1; None if nothing limits it."""
    pairs = (
        (place.used_units, place.capacity_units),
        (place.used_weight_g, place.capacity_weight_g),
        (place.used_volume_mm3, place.capacity_volume_mm3),
    )
    return max((used / capacity for used, capacity in pairs if capacity), default=None)


def _suggestion(goods: Goods, place: Place, scene: _Scene) -> Suggestion:
    qty = room(goods, place)
    why = [_reason(goods, place, scene)]
    if place.storage_class:
        why.append(f"fits class {place.storage_class}")
    if goods.stays_low and place.level <= 1:
        why.append("heavy goods stay low")
    if qty < goods.qty:
        why.append(f"takes {qty} of {goods.qty}")
    return Suggestion(place.location_id, place.code, qty, why)


def _reason(goods: Goods, place: Place, scene: _Scene) -> str:
    tier = _tier(goods, place, scene)
    if tier <= _Tier.SAME_ITEM:
        same = "same lot" if tier == _Tier.SAME_LOT and goods.lot_id else "same item"
        fill = _fill(place)
        return same if fill is None else f"{same}, {round(fill * 100)} % full"
    if tier == _Tier.SHARED:
        return "room beside other items"
    name = "pick face" if place.kind == "pick" else "reserve"
    if place.distance == scene.nearest_free[place.kind]:
        return f"nearest free {name}"
    if goods.popularity < SELDOM:
        return f"free {name}, leaves the near ones to goods picked more often"
    return f"free {name}"

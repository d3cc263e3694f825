"""Units: pallets, cartons and totes. A label of ours is enough to use one; it is put on file at its first scan."""

from __future__ import annotations

from sqlalchemy import bindparam, case, exists, func, select, update

from scanner import stock
from scanner.barcode import sscc
from scanner.barcode.keys import SSCC_LENGTH
from scanner.by import By
from scanner.db import db
from scanner.find import Found, expect, unit_words
from scanner.models import Balance, Order, Site, Unit
from scanner.refusals import Refusal

_WIDTHS = {length: SSCC_LENGTH - 2 - length for length in range(4, 13)}  # digits of a serial, by those of the prefix
_LAST_SERIAL = case(
    {length: min(10**width, 2**31) - 1 for length, width in _WIDTHS.items()},  # the column holds 31 bits
    value=func.length(Site.gs1_prefix),
    else_=0,
)


def take_for(order_id: int, found: Found, by: By) -> Unit:
    """Bind the scanned tote to an order and put it on the cart.

    Refuses: wrong_kind, unit_in_use (another order's), unit_not_empty, unit_closed.
    """
    if expect(found, "a tote", "unit").scan.sscc is not None:
        raise Refusal("wrong_kind", found.words, "a tote")
    if found.thing is None:
        return on_file(found, by, at_id=stock.first_location(by, "cart").id, order_id=order_id)
    tote = lock(found.thing.id)
    if tote.kind != "tote":
        raise Refusal("wrong_kind", found.words, "a tote")
    if tote.order_id is not None and tote.order_id != order_id:
        raise Refusal("unit_in_use", unit_words(tote), other=db.session.get_one(Order, tote.order_id).number)
    if tote.is_held or tote.status != "open":
        raise Refusal("unit_closed", unit_words(tote))
    if tote.order_id is None:
        if has_content(tote):
            raise Refusal("unit_not_empty", unit_words(tote))
        tote.order_id, tote.location_id = order_id, stock.first_location(by, "cart").id
        db.session.flush()
    return tote


def on_file(found: Found, by: By, *, at_id: int | None = None, order_id: int | None = None) -> Unit:
    """The scanned unit, locked. A label that nobody used yet becomes a pallet (SSCC) or a tote (our own label).

    `at_id` is the location at which a new one stands, `order_id` the order that it is bound to.
    """
    if found.thing is not None:
        return lock(found.thing.id)
    code = found.scan.sscc or (found.scan.own[1] if found.scan.own else "")
    unit = Unit(
        site_id=by.site_id,
        code=code,
        kind="pallet" if found.scan.sscc else "tote",
        status="open",
        location_id=at_id,
        order_id=order_id,
        is_held=False,
    )
    db.session.add(unit)
    db.session.flush()
    return unit


def lock(unit_id: int) -> Unit:
    """The unit as it is now, locked until the end of the transaction: nobody else moves or binds it meanwhile."""
    return db.session.scalars(_UNIT, {"unit": unit_id}).one()


_UNIT = select(Unit).where(Unit.id == bindparam("unit")).with_for_update().execution_options(populate_existing=True)


def has_content(unit: Unit) -> bool:
    """True if the book has anything in the unit itself."""
    return bool(db.session.scalar(select(exists().where(Balance.unit_id == unit.id, Balance.qty > 0))))


def filled_totes(order_id: int) -> list[Unit]:
    """An order's totes with something in them, locked, in the order of their ids."""
    has_goods = exists().where(Balance.unit_id == Unit.id, Balance.qty > 0)
    query = select(Unit).where(Unit.order_id == order_id, Unit.kind == "tote", has_goods)
    return list(db.session.scalars(query.order_by(Unit.id).with_for_update()))


def free(unit: Unit) -> None:
    """Let go of an empty tote: the next order may use it."""
    if not has_content(unit):
        unit.order_id = None
        db.session.flush()


def new_unit(by: By, kind: str, location_id: int, order_id: int | None = None) -> Unit:
    """A pallet or a carton with an SSCC of the site's own. Refuses sscc_used_up."""
    unit = Unit(
        site_id=by.site_id,
        code=_next_sscc(by),
        kind=kind,
        status="open",
        order_id=order_id,
        location_id=location_id,
        is_held=False,
    )
    db.session.add(unit)
    db.session.flush()
    return unit


def _next_sscc(by: By) -> str:
    """The next SSCC: extension digit, GS1 company prefix, serial reference, check digit (GenSpecs 2.2.1).

    None may be given out again within a year (GenSpecs 4.3.1); the serial only counts up and stops at its end, so
    none ever is. Refuses sscc_used_up.
    """
    taken = db.session.execute(
        update(Site)
        .where(Site.id == by.site_id, Site.sscc_serial < _LAST_SERIAL)
        .values(sscc_serial=Site.sscc_serial + 1)
        .returning(Site.sscc_serial, Site.gs1_prefix)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if taken is None:
        raise Refusal("sscc_used_up")
    return sscc(taken.gs1_prefix, 0, taken.sscc_serial)

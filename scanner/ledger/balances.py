"""Balances: what is where, changed by guarded statements whose WHERE clause holds the rule."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import and_, update
from sqlalchemy.dialects import postgresql, sqlite

from scanner.by import By
from scanner.db import db
from scanner.ledger.fitness import is_guarded, is_unfit, refuse_leaving_quarantine, refuse_unfit
from scanner.ledger.spots import Spot, free, key, virtual_locations
from scanner.models import Balance
from scanner.refusals import Refusal


def shift(
    by: By,
    item_id: int,
    lot_id: int,
    qty: int,
    source: Spot,
    target: Spot,
    *,
    reserved: int = 0,
    carried: int = 0,
    is_guarded: bool = True,
) -> None:
    """Change both balances, in the order of their keys, so that two movers never wait for each other in a ring.

    `reserved` of the `qty` come out of promises; `carried` of those go on as promises at the target.
    """
    virtuals = set(virtual_locations(by.site_id).values())
    steps: list[tuple[Spot, Callable[[], None]]] = []
    if source.location_id not in virtuals:
        steps.append((source, lambda: take(by, item_id, lot_id, qty, source, target if is_guarded else None, reserved)))
    elif is_guarded and target.location_id not in virtuals:
        refuse_unfit(by, item_id, lot_id, source, target)
    if target.location_id not in virtuals:
        steps.append((target, lambda: give(by.site_id, item_id, lot_id, qty, target, carried)))
    for _spot, step in sorted(steps, key=lambda pair: pair[0]):
        step()


def take(by: By, item_id: int, lot_id: int, qty: int, spot: Spot, target: Spot | None, reserved: int) -> None:
    """Take `qty` off a balance, `reserved` of them out of promises, if the rule allows it at this instant."""
    refuse_leaving_quarantine(spot, target)
    rule = and_(Balance.reserved >= reserved, Balance.qty - Balance.reserved >= qty - reserved)
    if target is not None and is_guarded(target):
        rule = and_(rule, ~is_unfit(by, lot_id, spot))
    taken = db.session.execute(
        update(Balance)
        .where(key(by.site_id, item_id, lot_id, spot), rule)
        .values(qty=Balance.qty - qty, reserved=Balance.reserved - reserved)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        if target is not None:
            refuse_unfit(by, item_id, lot_id, spot, target)
        raise Refusal("not_enough", free(by.site_id, item_id, lot_id, spot), qty)


def give(site_id: int, item_id: int, lot_id: int, qty: int, spot: Spot, carried: int) -> None:
    """Add `qty` to a balance, `carried` of them promised."""
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    row = insert(Balance).values(
        site_id=site_id,
        location_id=spot.location_id,
        item_id=item_id,
        lot_id=lot_id,
        unit_id=spot.unit_id,
        qty=qty,
        reserved=carried,
    )
    db.session.execute(
        row.on_conflict_do_update(
            index_elements=["site_id", "location_id", "item_id", "lot_id", "unit_id"],
            set_={"qty": Balance.qty + qty, "reserved": Balance.reserved + carried},
        )
    )

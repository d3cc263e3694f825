"""The parcel: the carton that is filled, its type, its weight, and its end."""

from __future__ import annotations

from sqlalchemy import ColumnElement, ScalarSelect, case, delete, exists, func, select, update

from scanner import discrepancies, stock, units
from scanner.by import By
from scanner.db import db
from scanner.find import Found
from scanner.models import Balance, Carton, Item, Parcel, Task, Unit
from scanner.planning import carton as cartons
from scanner.refusals import Refusal
from scanner.verify.plan import left_of, work_of

WEIGHT_TOLERANCE_PCT, WEIGHT_TOLERANCE_G = 5, 20


# --- the carton ------------------------------------------------------------------------------------------------------


def suggest_carton(task: Task) -> Carton | None:
    """The smallest carton type into which all of the totes' content fits."""
    boxes = []
    for line in left_of(task):
        item = db.session.get_one(Item, line.item_id)
        if item.volume_mm3:
            boxes.append(cartons.Box(item.length_mm, item.width_mm, item.height_mm, item.weight_g, line.qty))
    types = list(db.session.scalars(select(Carton)))
    offered = [cartons.Carton(c.code, c.length_mm, c.width_mm, c.height_mm, c.tare_g, c.max_g) for c in types]
    choice = cartons.choose(boxes, offered) if boxes and offered else None
    return next((c for c in types if choice and c.code == choice.code), None)


def choose_carton(task: Task, found: Found, by: By) -> str:
    """Another carton type than the suggested one."""
    task.note(carton=found.thing.id, carton_name=found.thing.name)
    _set_carton(task)
    return f"Carton {found.thing.name}."


def _set_carton(task: Task) -> None:
    """The open parcel has the carton type that the notebook names."""
    if task.state.get("parcel"):
        db.session.execute(
            update(Parcel).where(Parcel.id == task.state["parcel"]).values(carton_id=task.state.get("carton"))
        )


def carton_unit(task: Task, by: By) -> int:
    """The unit of the parcel being filled; after CARTON FULL a new one."""
    if not task.state.get("parcel"):
        new_parcel(task, by)
    return int(task.state["unit"])


def new_parcel(task: Task, by: By) -> None:
    """An empty carton at the bench, with an SSCC of ours."""
    assert task.order_id is not None
    work = work_of(task)
    bench_id = work.bench_id or stock.first_location(by, "pack").id
    carton = units.new_unit(by, "carton", bench_id, task.order_id)
    parcel = Parcel(
        site_id=by.site_id,
        order_id=task.order_id,
        unit_id=carton.id,
        carton_id=task.state.get("carton"),
        status="packing",
        carrier=work.carrier,
        service=work.service,
        tracking="",
        delivery=_delivery(task.order_id),
    )
    db.session.add(parcel)
    db.session.flush()
    task.note(parcel=parcel.id, unit=carton.id, delivery=parcel.delivery)


def _delivery(order_id: int) -> ScalarSelect[int]:
    """SQL: the delivery of the parcels that have not left yet; when all have, the next one."""
    waits = func.sum(case((Parcel.status != "shipped", 1), else_=0))
    number = func.max(Parcel.delivery) + case((waits == 0, 1), else_=0)
    return select(func.coalesce(number, 1)).where(Parcel.order_id == order_id).scalar_subquery()


# --- its end ---------------------------------------------------------------------------------------------------------


def close_parcel(task: Task) -> None:
    """The parcel and its carton take no more goods."""
    db.session.execute(update(Parcel).where(*_packing(task)).values(status="packed"))
    db.session.execute(update(Unit).where(Unit.id == task.state.get("unit")).values(status="closed"))


def close_parcels(task: Task) -> None:
    """The order's parcels take no more goods, and its totes are empty: the next orders may have them."""
    is_tote = Unit.kind == "tote"
    in_parcel = Unit.id.in_(select(Parcel.unit_id).where(*_packing(task)))
    db.session.execute(
        update(Unit)
        .where(Unit.order_id == task.order_id, is_tote | in_parcel)
        .values(
            status=case((is_tote, Unit.status), else_="closed"), order_id=case((is_tote, None), else_=Unit.order_id)
        )
        .execution_options(synchronize_session=False)
    )
    db.session.execute(update(Parcel).where(*_packing(task)).values(status="packed"))


def is_empty(task: Task) -> bool:
    """True if nothing is in the carton that is being filled."""
    here = exists().where(Balance.unit_id == task.state["unit"], Balance.qty > 0)
    return not db.session.scalar(select(here))


def drop_parcel(task: Task) -> None:
    """A parcel that nothing came into is no parcel: it is taken off the file, and its carton is nobody's."""
    db.session.execute(delete(Parcel).where(Parcel.id == task.state["parcel"]))
    db.session.execute(update(Unit).where(Unit.id == task.state["unit"]).values(order_id=None, status="closed"))
    task.note(parcel=None, unit=None)


def _packing(task: Task) -> tuple[ColumnElement[bool], ...]:
    return Parcel.order_id == task.order_id, Parcel.status == "packing"


def after_undo(task: Task) -> None:
    """After UNDO: a parcel that the notebook no longer knows, and that is empty, is taken off the file."""
    _set_carton(task)
    known = task.state.get("parcel", 0)
    rows = db.session.execute(
        select(Parcel, Unit).join(Unit, Unit.id == Parcel.unit_id).where(*_packing(task), Parcel.id != known)
    ).all()
    for parcel, unit in rows:
        if not units.has_content(unit):
            db.session.delete(parcel)
            unit.order_id, unit.status = None, "closed"


# --- the weight ------------------------------------------------------------------------------------------------------


def expected_weight_g(parcel: Parcel) -> int | None:
    """Carton and content in grams; None when the weight of an item is not known."""
    rows = db.session.execute(
        select(Item.weight_g, Balance.qty)
        .join(Item, Item.id == Balance.item_id)
        .where(Balance.unit_id == parcel.unit_id, Balance.qty > 0)
    ).all()
    if not rows or any(row.weight_g == 0 for row in rows):
        return None
    carton = db.session.get(Carton, parcel.carton_id) if parcel.carton_id else None
    return int(sum(row.weight_g * row.qty for row in rows)) + (carton.tare_g if carton else 0)


def weigh(task: Task, found: Found, by: By) -> str:
    """Note the parcel's weight, typed or from a scale; '', or the question when it is far off what is expected."""
    if not task.state.get("parcel") or left_of(task):
        raise Refusal("finish_first", "The content", "every unit")
    weight = found.scan.weight_g or 0
    if weight <= 0:
        raise Refusal("bad_quantity", weight)
    parcel = db.session.get_one(Parcel, task.state["parcel"])
    expected = expected_weight_g(parcel)
    allowed = max(WEIGHT_TOLERANCE_G, (expected or 0) * WEIGHT_TOLERANCE_PCT // 100)
    is_off = expected is not None and abs(weight - expected) > allowed
    if is_off and task.state.get("confirm") != weight:
        task.note(confirm=weight)
        by.code, by.tone = "confirm", "warn"
        return f"{weight} g, but {expected} g are expected. Check the content, then weigh again."
    parcel.weight_g = weight
    if is_off:
        discrepancies.open_case(
            by, "weight", book=f"{expected} g expected", floor=f"{weight} g weighed twice", unit_id=parcel.unit_id
        )
    task.note(confirm=None)
    return ""

"""Parcels: one of them, with the label that goes onto it: ours, or the one that its carrier has sent."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from scanner import carrier_labels
from scanner.carrier_labels import LABEL_BYTES
from scanner.db import db
from scanner.models import Order, Parcel, Unit
from web.auth import allow, me, takes
from web.config import FORM_BYTES
from web.page import act, one, typed

bp = Blueprint("parcels", __name__)

TYPES = {"pdf": "application/pdf", "png": "image/png", "zpl": "text/plain; charset=us-ascii"}


@bp.get("/parcels/<int:parcel_id>")
@allow()
def page(parcel_id: int) -> str:
    """One parcel and its label."""
    parcel = one(Parcel, parcel_id)
    return render_template(
        "parcels/page.html",
        nav="/orders",
        parcel=parcel,
        order=db.session.get_one(Order, parcel.order_id),
        unit=db.session.get_one(Unit, parcel.unit_id),
        kept=carrier_labels.label_of(parcel.id),
        limit_mb=LABEL_BYTES // 1_000_000,
    )


@bp.get("/parcels/<int:parcel_id>/label")
@allow()
def label(parcel_id: int) -> Response:
    """The carrier's label as it came, to keep: no browser of ours shows what others made."""
    kept = carrier_labels.label_of(one(Parcel, parcel_id).id)
    if kept is None:
        raise NotFound
    response = Response(kept.data, content_type=TYPES[kept.language])
    response.headers["Content-Disposition"] = f'attachment; filename="parcel-{parcel_id}.{kept.language}"'
    return response


@bp.post("/parcels/<int:parcel_id>/label")
@takes(LABEL_BYTES + FORM_BYTES)
@allow()
def upload(parcel_id: int) -> AnyResponse:
    """Take the carrier's label, and its tracking number."""
    by, parcel, file = me(), one(Parcel, parcel_id), request.files.get("label")
    data = b""
    if file is not None:
        data = file.stream.read(LABEL_BYTES + 1)
        file.close()
    tracking = typed("tracking", 80)
    return act(
        lambda: carrier_labels.keep(by, parcel.id, data, tracking),
        "The carrier's label is kept. It is printed instead of ours.",
        f"/parcels/{parcel_id}",
    )


@bp.post("/parcels/<int:parcel_id>/label/drop")
@allow()
def drop(parcel_id: int) -> AnyResponse:
    """Print our own label again."""
    by, parcel = me(), one(Parcel, parcel_id)
    return act(lambda: carrier_labels.drop(by, parcel.id), "Our own label is printed again.", f"/parcels/{parcel_id}")

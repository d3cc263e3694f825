"""Documents: each paper in the page first, then printed or kept; and the one act among them, issuing an invoice.

Papers are made anew at every request and never stored: not by the browser, not by the service worker.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.exceptions import NotFound

from labels.documents import KINDS
from labels.documents.invoice import printed
from scanner import billing
from scanner.models import Location, Manifest, Order, PurchaseOrder, Task
from scanner.refusals import Refusal
from web.auth import allow, me
from web.page import one, printers_for
from web.security import PDF

bp = Blueprint("documents", __name__)

SUBJECTS: dict[str, tuple[Any, str, str]] = {  # kind: what it is about, its title, and the page that leads to it
    "packing_slip": (Order, "Packing slip", "/orders"),
    "invoice": (Order, "Invoice", "/orders"),
    "pick_list": (Order, "Pick list", "/orders"),
    "receiving_sheet": (PurchaseOrder, "Receiving worksheet", "/purchase-orders"),
    "count_sheet": (Task, "Count sheet", "/tasks"),
    "manifest": (Manifest, "Manifest", "/manifests"),
}
OPTIONS = {"receiving_sheet": ("blind",), "packing_slip": ("parcel", "delivery")}


@bp.get("/documents/<kind>/<int:subject_id>")
@allow()
def page(kind: str, subject_id: int) -> Response:
    """A paper in the page, with its buttons. What keeps it from being made is said instead."""
    subject = _subject(kind, subject_id)
    title, nav = SUBJECTS[kind][1:]
    invoice = billing.invoice_of(subject_id) if kind == "invoice" else None
    fault = "" if kind != "invoice" or invoice else _fault(subject)
    made = render_template(
        "documents/page.html",
        nav=nav,
        title=title,
        kind=kind,
        subject=subject,
        name=_name(subject),
        back=f"{nav}/{subject_id}" if kind not in ("count_sheet", "manifest") else nav,
        url=f"/documents/{kind}/{subject_id}/pdf",
        query=request.query_string.decode("ascii", "replace"),
        fault=fault,
        invoice=invoice,
        printers=printers_for("paper"),
        token=uuid.uuid4(),
        options={name: request.args[name] for name in OPTIONS.get(kind, ()) if request.args.get(name, "").isdecimal()},
    )
    return make_response(made, 422 if fault else 200)


@bp.get("/documents/<kind>/<int:subject_id>/pdf")
@allow()
def pdf(kind: str, subject_id: int) -> Response:
    """The paper itself. An invoice is a preview until it is issued, and a copy after that."""
    subject = _subject(kind, subject_id)
    return _answer(kind, subject, _drawn(kind, subject_id))


@bp.post("/documents/invoice/<int:order_id>/issue")
@allow()
def issue(order_id: int) -> Response:
    """Give the invoice its number and hand out the original. Who asks again gets a copy."""
    by, order = me(), one(Order, order_id)
    return _answer("invoice", order, printed(order_id, f"desk-{uuid.uuid4()}", by))


def _fault(order: Order) -> str:
    """Why there can be no invoice of this order yet; "" if there can be one."""
    try:
        billing.draft(order)
    except Refusal as refusal:
        return f"{refusal.say} {refusal.next}"
    return ""


def _subject(kind: str, subject_id: int) -> Any:
    if kind not in SUBJECTS:
        raise NotFound
    return one(SUBJECTS[kind][0], subject_id)


def _drawn(kind: str, subject_id: int) -> bytes:
    details: dict[str, Any] = {"preview": True} if kind == "invoice" else {}
    for name in OPTIONS.get(kind, ()):
        if request.args.get(name, "").isdecimal():
            details[name] = int(request.args[name][:9])
    return KINDS[kind](subject_id, details)


def _name(subject: Any) -> str:
    if isinstance(subject, Task):
        return one(Location, subject.location_id).code if subject.location_id else str(subject.id)
    return str(subject.number)


def _answer(kind: str, subject: Any, data: bytes) -> Response:
    response = Response(data, mimetype=PDF)
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", f"{kind.replace('_', '-')}-{_name(subject)}")
    way = "attachment" if "keep" in request.args else "inline"
    response.headers["Content-Disposition"] = f'{way}; filename="{name}.pdf"'
    return response

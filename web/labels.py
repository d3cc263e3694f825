"""Labels at the desk: look at one as its printer will make it, with its print quality; then print, or open the PDF.

Only POST asks for paper.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from functools import partial
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from sqlalchemy import func, select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from labels import carrier, documents, many, pdf, picture, subjects
from labels.make import Target, proof_of
from scanner import billing, printing
from scanner.company import NO_PREFIX
from scanner.db import db, let_go, transact
from scanner.models import Carton, Location, Printer, PrintJob, Site
from scanner.models.location import STORAGE_KINDS
from scanner.models.printing import WORKPLACE_KINDS
from scanner.refusals import Refusal
from web.auth import allow, me
from web.documents import OPTIONS
from web.page import act, one, printers_for, typed
from web.security import PDF
from web.wish import SIZES, TITLES, Wish, first_choice, number, parts_of, printer_at, wish_of

bp = Blueprint("labels", __name__)

AT_ONCE: Final = 50  # of them in one transaction, so that scans do not wait for it
MOST_COPIES: Final = 999
MOST_PLATES: Final = 200  # in one file: all of them are written down in one transaction, or none


# --- pages -----------------------------------------------------------------------------------------------------------


@bp.get("/labels")
@allow()
def index() -> str:
    """What there is to print."""
    by = me()
    aisles = db.session.execute(
        select(Location.aisle, func.count())
        .where(Location.site_id == by.site_id, Location.kind.in_(STORAGE_KINDS), Location.aisle != "")
        .group_by(Location.aisle)
        .order_by(Location.aisle)
    ).all()
    places = select(Location).where(Location.site_id == by.site_id, Location.kind.in_(WORKPLACE_KINDS))
    return render_template(
        "labels/index.html",
        nav="/labels",
        aisles=aisles,
        places=db.session.scalars(places.order_by(Location.code)).all(),
        cartons=db.session.scalars(select(Carton).order_by(Carton.code)).all(),
    )


@bp.get("/labels/<kind>")
@allow()
def page(kind: str) -> Response:
    """The label as it will be, what is to be known of its print, and the ways to paper. Why not, if it cannot be."""
    wish = wish_of(kind)
    fault, proof, is_carriers = "", None, False
    if wish.jobs:
        try:
            is_carriers = kind == "shipment" and carrier.has_one(subjects.subject(wish.jobs[0]).id)
            proof = None if is_carriers else proof_of(wish.widest, wish.target)
        except Refusal as refusal:
            fault = f"{refusal.say} {refusal.next}"
    made = render_template(
        "labels/page.html",
        nav="/labels",
        kind=kind,
        title=TITLES[kind],
        wish=wish,
        fault=fault,
        proof=proof,
        is_carriers=is_carriers,
        query=urlencode(wish.fields),
        details=wish.jobs[0].details if wish.jobs else {},
        parts=parts_of(wish),
        part=request.values.get("part", ""),
        printers=printers_for("label"),
        sizes=SIZES[kind],
        on=request.values.get("on", "") or first_choice(kind),
        papers=[name for name in pdf.PAPERS if name in ("A4", "Letter")],
        most=MOST_PLATES if wish.is_plate else many.MOST,
        token=uuid.uuid4(),
        has_prefix=kind not in printing.PLATES or db.session.get_one(Site, me().site_id).gs1_prefix != NO_PREFIX,
    )
    return make_response(made, 422 if fault else 200)


@bp.get("/labels/<kind>/preview.png")
@allow()
def preview(kind: str) -> Response:
    """The label's own dots."""
    wish = wish_of(kind)
    if not wish.jobs:
        raise NotFound
    proof = proof_of(wish.widest, wish.target)
    return Response(picture.png(proof.label, is_coloured=wish.printer is None), mimetype="image/png")


@bp.post("/labels/<kind>/print")
@allow()
def print_(kind: str) -> AnyResponse:
    """Put the labels, or a paper, into a printer's queue."""
    if kind in documents.KINDS:
        return _print_paper(kind)
    wish = wish_of(kind)
    try:
        _queue(wish)
    except Refusal as refusal:
        flash(f"{refusal.say} {refusal.next}", "stop")
    else:
        words = f"{len(wish.jobs)} labels wait" if len(wish.jobs) > 1 else "It waits"
        flash(f"{words} for {wish.target.code}.", "ok")
    return redirect(wish.url, 303)


def _queue(wish: Wish) -> None:
    """Ask for every label, some in each transaction.

    Refuses unknown_printer, bad_quantity, print_under_way, and what the widest is refused for.
    """
    if wish.printer is None:
        raise Refusal("unknown_printer", "This page")
    printer_id = wish.printer.id
    by, copies, token = me(), _copies(), typed("token", 36) or me().scan_id
    if not 0 < len(wish.jobs) <= wish.at_once:
        raise Refusal("bad_quantity", len(wish.jobs))
    if not (wish.kind == "shipment" and carrier.has_one(wish.jobs[0].subject_id or 0)):
        proof_of(wish.widest, wish.target)
    things = wish.things
    let_go()

    def work(start: int) -> None:
        printer = db.session.get_one(Printer, printer_id)
        for place, thing in enumerate(things[start : start + AT_ONCE], start):
            key = f"desk:{token}:{wish.kind}:{place}"
            thing.ask(by, copies=copies, printer=printer, key=key)

    for start in range(0, len(wish.jobs), AT_ONCE):
        transact(partial(work, start))


def _print_paper(kind: str) -> AnyResponse:
    by, subject = me(), number("id")
    if subject is None:
        raise NotFound
    one(subjects.SUBJECTS[kind], subject)
    printer = printer_at(typed("on", 24))
    details = {name: int(typed(name, 9)) for name in OPTIONS.get(kind, ()) if typed(name, 9).isdecimal()}

    def work() -> PrintJob:
        if printer is None:
            raise Refusal("unknown_printer", "This page")
        if kind == "invoice":
            billing.check_issue(subject)
        return printing.ask(
            kind,
            subject,
            by,
            use="paper",
            copies=_copies(),
            details=details,
            printer=printer,
            key=f"desk:{typed('token', 36) or by.scan_id}:{kind}:{subject}",
        )

    return act(work, f"It waits for {printer.code if printer else 'the printer'}.", f"/documents/{kind}/{subject}")


@bp.post("/labels/<kind>/pdf")
@allow()
def pdf_(kind: str) -> Response:
    """All of them as a PDF, on pages of their size or on sheets. Locations get the new check digits once it is made.

    Refuses what proofs refuse, bad_quantity, label_has_one, label_gone, labels_busy: then the labels that hang count
    on. What has but one label is written down as printed; print_under_way refuses it while a printer has it.
    """
    wish, copies = wish_of(kind), _copies()
    if not 0 < len(wish.jobs) * copies <= many.MOST:
        raise Refusal("bad_quantity", len(wish.jobs) * copies)
    if wish.is_plate and len(wish.jobs) > MOST_PLATES:
        raise Refusal("bad_quantity", len(wish.jobs))
    if wish.is_plate and copies > 1:
        raise Refusal("label_has_one", f"The {kind}", other="label")
    response = Response(_plates(wish) if wish.is_plate else _file(wish, copies), mimetype=PDF)
    response.headers["Content-Disposition"] = f'inline; filename="{kind}.pdf"'
    return response


def _file(wish: Wish, copies: int) -> bytes:
    ids = [job.subject_id for job in wish.jobs]
    digits = printing.new_check_digits(ids, me()) if wish.kind == "location" else {}
    for job in wish.jobs:
        if job.subject_id in digits:
            job.details = {**job.details, printing.DIGITS: digits[job.subject_id]}
    file = _drawn([job for job in wish.jobs for _ in range(copies)], wish.target)
    if digits:
        transact(lambda: printing.give_check_digits(digits))
    return file


def _plates(wish: Wish) -> bytes:
    """Draw them as the next print of each, then write that down: what was printed meanwhile needs another file."""
    by, things = me(), wish.things
    if wish.kind == "shipment" and any(carrier.has_one(job.subject_id or 0) for job in wish.jobs):
        raise Refusal("label_bad_content", "This parcel", why="its carrier has sent a label: print that one")
    drawn = [(job.copy_of is not None, job.details) for job in wish.jobs]
    file = _drawn(wish.jobs, wish.target)
    sha256 = hashlib.sha256(file).hexdigest()

    def work() -> None:
        if [thing.in_file(by, sha256) for thing in things] != drawn:
            raise Refusal("print_under_way", "The label")

    transact(work)
    return file


def _drawn(jobs: Sequence[PrintJob], target: Target) -> bytes:
    paper = request.form.get("paper", "")
    drawings = [subjects.drawing(job, target) for job in jobs]
    let_go()
    return many.file_of(drawings, paper if paper in pdf.PAPERS else "")


def _copies() -> int:
    """How many of each; one, where nothing is said. Refuses bad_quantity: nobody gets fewer than they have typed."""
    text = request.values.get("copies", "").strip()
    copies = number("copies") if text else 1
    if copies is None or not 1 <= copies <= MOST_COPIES:
        raise Refusal("bad_quantity", text[:12])
    return copies

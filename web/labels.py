"""Labels at the desk: look at one as its printer will make it, with its print quality; then print, or open the PDF.

A wish is a kind, what it is for and where it goes, all of it in the address: `/labels/location?aisle=A&on=p3`. The same
fields come back with the forms. Only POST asks for paper.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from sqlalchemy import ColumnElement, func, select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from labels import carrier, documents, many, pdf, picture, subjects
from labels.card import STANDARD_COMMANDS, STANDARD_QUANTITIES
from labels.make import Target, proof_of, target_at, trial
from scanner import billing, printing
from scanner.barcode.own import QUANTITY
from scanner.company import NO_PREFIX
from scanner.db import db, let_go, transact
from scanner.models import Carton, Location, Printer, PrintJob, Site
from scanner.models.location import STORAGE_KINDS
from scanner.models.printing import WORKPLACE_KINDS
from scanner.refusals import Refusal
from web.auth import allow, me
from web.page import ID_DIGITS, MOST_ID, act, one, printers_for, typed
from web.security import PDF

bp = Blueprint("labels", __name__)

SIZES: Final = {  # mm, for a PDF from this page: the first of a kind is what it gets unless another is chosen
    "location": ("100x50", "100x35", "100x150", "210x99"),
    "station": ("100x50", "85x54", "105x148"),
    "item": ("57x32", "50x25", "25x25", "100x50"),
    "unit": ("102x152", "105x148", "148x210"),
    "tote": ("100x50", "70x35"),
    "shipment": ("102x152", "105x148"),
    "command": ("85x54", "63x38", "100x50"),
    "carton_type": ("100x50", "85x54"),
    "check_sheet": ("105x148", "210x297"),
}
TITLES: Final = {
    "location": "Location labels",
    "station": "Labels of benches and docks",
    "item": "Item labels",
    "unit": "Unit labels",
    "tote": "Tote labels",
    "shipment": "Shipment label",
    "command": "Command cards",
    "carton_type": "Carton types",
    "check_sheet": "Scanner check sheet",
}
PAGE_DPI: Final = 300
MOST_PAGE_MM: Final = 300  # larger ones only take time
MOST_JOBS: Final = 200  # labels at once through the queue; for more there is the PDF
AT_ONCE: Final = 50  # of them in one transaction, so that scans do not wait for it
MOST_COPIES: Final = 999
OF_PLACE: Final = ("style", "arrow", "twin")
FIELDS: Final = ("aisle", "part", "word", "number", "lot", "serial", "qty", "symbol", *OF_PLACE)
_PART = re.compile(r"([1-9][0-9]{0,5})-([1-9][0-9]{0,5})")
_SIZE = re.compile(r"([1-9][0-9]{1,2})x([1-9][0-9]{0,2})")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted: jobs that are in no queue yet, what they are made for, and the printer if it is one."""

    kind: str
    jobs: Sequence[PrintJob]
    target: Target
    printer: Printer | None
    fields: Sequence[tuple[str, str]]  # that make the same wish again

    @property
    def widest(self) -> PrintJob:
        """The one whose code is the longest: what fits there fits on all."""
        if self.kind == "command":
            return max(self.jobs, key=lambda job: len(f"{job.details['word']}{job.details.get('number', '')}"))
        if self.kind != "location":
            return self.jobs[0]
        ids = [job.subject_id for job in self.jobs]
        longest = select(Location.id).where(Location.id.in_(ids)).order_by(func.length(Location.scan_body).desc())
        first = db.session.scalar(longest.limit(1))
        return next((job for job in self.jobs if job.subject_id == first), self.jobs[0])

    @property
    def is_plate(self) -> bool:
        """Whether there is but one such label: a second one is a copy."""
        return bool(self.jobs) and self.things[0].is_plate

    @property
    def things(self) -> list[printing.Thing]:
        """What the labels are of."""
        return [printing.Thing(self.kind, job.subject_id, details=job.details) for job in self.jobs]

    @property
    def url(self) -> str:
        """The address of its page."""
        return f"/labels/{self.kind}?{urlencode(self.fields)}"


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
    wish = _wish(kind)
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
        parts=_parts(wish),
        part=request.values.get("part", ""),
        printers=printers_for("label"),
        sizes=SIZES[kind],
        on=request.values.get("on", "") or _first_choice(kind),
        papers=[name for name in pdf.PAPERS if name in ("A4", "Letter")],
        most_jobs=MOST_JOBS,
        most=many.MOST,
        token=uuid.uuid4(),
        has_prefix=kind not in printing.PLATES or db.session.get_one(Site, me().site_id).gs1_prefix != NO_PREFIX,
    )
    return make_response(made, 422 if fault else 200)


@bp.get("/labels/<kind>/preview.png")
@allow()
def preview(kind: str) -> Response:
    """The label's own dots."""
    wish = _wish(kind)
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
    wish = _wish(kind)
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
    if not 0 < len(wish.jobs) <= MOST_JOBS:
        raise Refusal("bad_quantity", len(wish.jobs))
    if not (wish.kind == "shipment" and carrier.has_one(wish.jobs[0].subject_id or 0)):
        proof_of(wish.widest, wish.target)
    things = wish.things
    let_go()

    def work(start: int) -> None:
        printer = db.session.get_one(Printer, printer_id)
        for number, thing in enumerate(things[start : start + AT_ONCE], start):
            key = f"desk:{token}:{wish.kind}:{number}"
            thing.ask(by, copies=copies, printer=printer, key=key)

    for start in range(0, len(wish.jobs), AT_ONCE):
        transact(partial(work, start))


def _print_paper(kind: str) -> AnyResponse:
    by, subject = me(), _number("id")
    if subject is None:
        raise NotFound
    one(subjects.SUBJECTS[kind], subject)
    printer = _printer(typed("on", 24))
    details = {name: int(typed(name, 9)) for name in ("blind", "parcel") if typed(name, 9).isdecimal()}

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
    wish, copies = _wish(kind), _copies()
    if not 0 < len(wish.jobs) * copies <= many.MOST:
        raise Refusal("bad_quantity", len(wish.jobs) * copies)
    if wish.is_plate and copies > 1:
        raise Refusal("label_has_one", f"The {kind}")
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

    def work(start: int) -> None:
        part = slice(start, start + AT_ONCE)
        if [thing.in_file(by, sha256) for thing in things[part]] != drawn[part]:
            raise Refusal("print_under_way", f"The {wish.kind}")

    for start in range(0, len(things), AT_ONCE):
        transact(partial(work, start))
    return file


def _drawn(jobs: Sequence[PrintJob], target: Target) -> bytes:
    paper = request.form.get("paper", "")
    drawings = [subjects.drawing(job, target) for job in jobs]
    let_go()
    return many.file_of(drawings, paper if paper in pdf.PAPERS else "")


# --- what is wanted --------------------------------------------------------------------------------------------------


def _wish(kind: str) -> Wish:
    """The wish of this request. Raises NotFound."""
    if kind not in TITLES:
        raise NotFound
    on = request.values.get("on", "") or _first_choice(kind)
    printer = _printer(on)
    target = target_at(printer) if printer else _page(kind, on)
    jobs = [_job(kind, subject_id, details) for subject_id, details in _subjects(kind)]
    names = (*FIELDS, "id", "on")
    fields = [(name, value) for name in names for value in request.values.getlist(name) if value]
    return Wish(kind, jobs, target, printer, fields)


def _job(kind: str, subject_id: int | None, details: dict[str, Any]) -> PrintJob:
    """The next print of a label. What has but one is a copy once that is out."""
    is_copy, details = printing.Thing(kind, subject_id, details=details).next_print(me())
    job = trial(kind, subject_id, me(), details)
    job.copy_of = 0 if is_copy else None
    return job


def _subjects(kind: str) -> list[tuple[int | None, dict[str, Any]]]:
    if kind == "check_sheet":
        return [(None, {})]
    if kind == "command":
        return [(None, details) for details in _commands()]
    aisle = request.values.get("aisle", "")[:8]
    if kind == "location" and aisle:
        first, last = _part()
        query = select(Location.id).where(*_of_aisle(aisle)).order_by(Location.walk_order, Location.code)
        ids = list(db.session.scalars(query.offset(first).limit(min(last - first, many.MOST + 1))))
    else:
        texts = dict.fromkeys(request.values.getlist("id")[: many.MOST])
        ids = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= ID_DIGITS]
        ids = [number for number in ids if number <= min(MOST_ID, 2**31 - 1)]
    return [(number, _details(kind)) for number in ids]


def _of_aisle(aisle: str) -> tuple[ColumnElement[bool], ...]:
    return Location.site_id == me().site_id, Location.aisle == aisle, Location.kind.in_(STORAGE_KINDS)


def _part() -> tuple[int, int]:
    """Which of an aisle's locations, in walking order: `part=201-400`; all of them without."""
    found = _PART.fullmatch(request.values.get("part", ""))
    return (int(found[1]) - 1, max(int(found[1]) - 1, int(found[2]))) if found else (0, 10**6)


def _parts(wish: Wish) -> list[str]:
    """The parts of an aisle that go to a printer, or into a file, at once; none where all of it goes."""
    aisle, at_once = request.values.get("aisle", "")[:8], MOST_JOBS if wish.printer else many.MOST
    if wish.kind != "location" or not aisle:
        return []
    count = db.session.scalar(select(func.count()).where(*_of_aisle(aisle))) or 0
    starts = range(1, count + 1, at_once) if count > at_once else ()
    return [f"{start}-{min(start + at_once - 1, count)}" for start in starts]


def _details(kind: str) -> dict[str, Any]:
    """What else the label says."""
    details: dict[str, Any] = {}
    if kind == "item":
        details = {"qty": _number("qty")}
        details |= {name: request.values.get(name, "")[:64] for name in ("lot", "serial", "symbol")}
    elif kind == "location":
        details = {name: request.values.get(name, "")[:8] for name in OF_PLACE}
    return {name: value for name, value in details.items() if value}


def _commands() -> list[dict[str, Any]]:
    word = request.values.get("word", "").strip().upper()[:12]
    if word:
        number = _number("number")
        return [{"word": word, **({"number": number} if number is not None else {})}]
    return [{"word": word} for word in STANDARD_COMMANDS] + [
        {"word": QUANTITY, "number": number} for number in STANDARD_QUANTITIES
    ]


def _number(name: str) -> int | None:
    text = request.values.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _copies() -> int:
    """How many of each; one, where nothing is said. Refuses bad_quantity: nobody gets fewer than they have typed."""
    text = request.values.get("copies", "").strip()
    copies = _number("copies") if text else 1
    if copies is None or not 1 <= copies <= MOST_COPIES:
        raise Refusal("bad_quantity", text[:12])
    return copies


# --- where it goes ---------------------------------------------------------------------------------------------------


def _first_choice(kind: str) -> str:
    printers = printers_for("label")
    return f"p{printers[0].id}" if printers else SIZES[kind][0]


def _printer(on: str) -> Printer | None:
    """The printer that is chosen; None for a PDF in this page."""
    if not (on.startswith("p") and on[1:].isascii() and on[1:].isdigit() and len(on) < 12):
        return None
    found = db.session.get(Printer, int(on[1:])) if int(on[1:]) < 2**31 else None
    return found if found and found.site_id == me().site_id and found.is_active else None


def _page(kind: str, on: str) -> Target:
    """A page of the size that is asked for; of the kind's first where that is none, or larger than any label."""
    size = _SIZE.fullmatch(on)
    if size is None or max(int(size[1]), int(size[2])) > MOST_PAGE_MM:
        size = _SIZE.fullmatch(SIZES[kind][0])
    assert size is not None
    return Target("pdf", PAGE_DPI, int(size[1]), int(size[2]))

"""Printing: what waits and what came of it, at the desk for all and at the station for its own device."""

from __future__ import annotations

import hashlib
import uuid
from urllib.parse import urlencode

from flask import Blueprint, flash, g, make_response, redirect, render_template, request
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from labels import carrier, picture, subjects
from labels.make import PAGES, Target, make, proof_of, target_at, target_of, trial
from scanner import printing
from scanner.db import db, transact
from scanner.models import Location, Person, Printer, PrintJob, PrintStep
from scanner.models.printing import JOB_STATES
from scanner.refusals import Refusal
from web.auth import EVERYONE, allow, me
from web.page import MOST_ID, act, argument, argument_id, one, printers_for, slice_of, typed

bp = Blueprint("printing", __name__)

TYPES = {"pdf": "application/pdf", "png": "image/png"}
RECENT = 5
PAGE = "page"  # of the device, in place of a printer's id


# --- at the desk -----------------------------------------------------------------------------------------------------


@bp.get("/print-jobs")
@allow()
def index() -> str:
    """The queue, the youngest first; of one printer or one device, if it is asked for."""
    by, state, printer_id, device = me(), argument("state"), argument_id("printer"), argument("device", 64)
    query = (
        select(PrintJob, Printer.code.label("printer"), Person.name.label("person"))
        .outerjoin(Printer, Printer.id == PrintJob.printer_id)
        .join(Person, Person.id == PrintJob.person_id)
        .where(PrintJob.site_id == by.site_id)
        .order_by(PrintJob.id.desc())
    )
    if state in JOB_STATES:
        query = query.where(PrintJob.state == state)
    printer = one(Printer, printer_id) if printer_id else None
    if printer is not None:
        query = query.where(PrintJob.printer_id == printer.id)
    if device:
        query = query.where(PrintJob.device == device)
    found = slice_of(query)
    return render_template(
        "printing/jobs.html",
        nav="/printers",
        found=found,
        names=printing.names([row.PrintJob for row in found.rows], by),
        state=state,
        states=JOB_STATES,
        printer=printer,
        device=device,
    )


@bp.post("/print-jobs/forget")
@allow()
def forget() -> Response:
    """Cancel all that failed, of one printer or one device, if the list shows only those."""
    printer, device = typed("printer", 18), typed("device", 64)
    printer_id = one(Printer, int(printer)).id if printer.isascii() and printer.isdigit() else None
    count = _forget_failed(device or None, printer_id)
    flash(f"{count} will not be printed.", "ok")
    shown = {"state": "failed", "printer": printer_id, "device": device}
    return redirect("/print-jobs?" + urlencode({name: value for name, value in shown.items() if value}), 303)


def _forget_failed(device: str | None, printer_id: int | None = None) -> int:
    """Some in each transaction, until nothing is left. How many they were."""
    by, count = me(), 0
    while some := transact(lambda: printing.forget_failed(by, device=device, printer_id=printer_id)):
        count += some
    return count


@bp.get("/print-jobs/<int:job_id>")
@allow()
def page(job_id: int) -> str:
    """One job with its log, and what may be done about it."""
    by, job = me(), one(PrintJob, job_id)
    steps = (
        select(PrintStep, Person.name.label("person"))
        .outerjoin(Person, Person.id == PrintStep.person_id)
        .where(PrintStep.job_id == job.id)
        .order_by(PrintStep.id)
    )
    return render_template(
        "printing/job.html",
        nav="/printers",
        job=job,
        about=printing.names([job], by)[job.id],
        is_out=printing.may_be_out(job),
        may_be_opened=printing.may_be_opened(job),
        printer=db.session.get(Printer, job.printer_id) if job.printer_id else None,
        original=db.session.get(PrintJob, job.copy_of) if job.copy_of else None,
        steps=db.session.execute(steps).all(),
        printers=_other_printers(job),
        token=uuid.uuid4(),
    )


@bp.post("/print-jobs/<int:job_id>/answer")
@allow()
def decide(job_id: int) -> Response:
    """It came out, print it again, print it elsewhere, forget it."""
    job, answer = one(PrintJob, job_id), typed("answer", 20)
    return act(lambda: answer_for(job, answer, typed("printer", 12)), _DONE.get(answer, ""), f"/print-jobs/{job_id}")


_DONE = {
    "came_out": "Noted: it came out.",
    "again": "It is printed again.",
    "elsewhere": "It goes to the other printer.",
    "cancel": "It will not be printed.",
}


def answer_for(job: PrintJob, answer: str, printer: str = "") -> PrintJob:
    """Do what a person has decided about a job. Belongs in `transact`.

    The form's token is the asking: a button that is pressed twice prints once. Refuses bad_request, not_allowed,
    unknown_printer, and what answers are refused for.
    """
    by, token = me(), typed("token", 36)
    if answer in ("again", "elsewhere"):
        printing.check_again(job, by)
    match answer:
        case "came_out":
            return printing.came_out(job, by)
        case "again":
            return printing.print_again(job, by, token)
        case "cancel":
            return printing.cancel(job, by)
        case "elsewhere" if printer == PAGE:
            return printing.print_on_page(job, by, token)
        case "elsewhere":
            number = int(printer) if printer.isascii() and printer.isdigit() else 0
            found = db.session.get(Printer, number) if 0 < number <= MOST_ID else None
            if found is None or found.site_id != by.site_id:
                raise Refusal("unknown_printer", printer or "that")
            return printing.print_elsewhere(job, found, by, token)
    raise Refusal("bad_request", "There is no such answer.")


# --- at the station --------------------------------------------------------------------------------------------------


def open_prints() -> int:
    """How many labels of this device wait for a person. Looked up once for a page."""
    if "open_prints" not in g:
        g.open_prints = len(printing.questions(me()))
    found: int = g.open_prints
    return found


@bp.get("/print")
@allow(*EVERYONE)
def here() -> str:
    """Where this device works, its printers, and what of its labels somebody must look after."""
    by = me()
    mine = (PrintJob.site_id == by.site_id, PrintJob.device == by.device)
    youngest = select(PrintJob).where(*mine).order_by(PrintJob.id.desc()).limit(RECENT)
    questions, recent = printing.questions(by), db.session.scalars(youngest).all()
    return render_template(
        "printing/here.html",
        place=printing.place_of(by),
        questions=questions,
        recent=[job for job in recent if job not in questions],
        names=printing.names({*questions, *recent}, by),
        printers=_printers_by_id(),
    )


def _printers_by_id() -> dict[int, Printer]:
    rows = db.session.scalars(select(Printer).where(Printer.site_id == me().site_id))
    return {row.id: row for row in rows}


@bp.post("/print/place")
@allow(*EVERYONE)
def work_here() -> Response:
    """This device works at a place from now on, or at none."""
    by, text = me(), typed("location", 12)
    if not text:
        transact(lambda: printing.unbind(by))
        return redirect("/print", 303)
    number = int(text) if text.isascii() and text.isdigit() else 0
    location = db.session.get(Location, number) if number <= MOST_ID else None
    if location is None:
        raise Refusal("unknown_document", text, "location")
    transact(lambda: printing.bind(location, by))
    return redirect("/", 303)


@bp.post("/print/forget")
@allow(*EVERYONE)
def forget_here() -> Response:
    """Forget all that failed of what this device has asked for."""
    _forget_failed(me().device)
    return redirect("/print", 303)


@bp.get("/print/<job_id>")
@allow(*EVERYONE)
def question(job_id: str) -> str:
    """One label of this device: open it, and say what came of it."""
    job = _mine(job_id)
    printer = db.session.get(Printer, job.printer_id) if job.printer_id else None
    return render_template(
        "printing/question.html",
        job=job,
        about=printing.names([job], me())[job.id],
        printer=printer,
        is_page=printing.is_for_page(job),
        may_be_opened=printing.may_be_opened(job),
        is_out=printing.may_be_out(job),
        others=_other_printers(job),
        token=uuid.uuid4(),
    )


def _other_printers(job: PrintJob) -> list[Printer]:
    """Where else it may be printed: the printers for that use, of which the page is none."""
    return [row for row in printers_for(job.used_for) if row.id != job.printer_id and row.kind != "browser"]


@bp.post("/print/<job_id>/open")
@allow(*EVERYONE)
def open_(job_id: str) -> Response:
    """Make the PDF for the browser's own print dialog. Refuses print_finished, and what cannot be made."""
    by, job = me(), _mine(job_id)
    if not printing.may_be_opened(job):
        raise Refusal("print_finished", f"The {job.kind}")
    sha256 = hashlib.sha256(make(job).data).hexdigest()
    transact(lambda: printing.opened(job, by, sha256))
    return redirect(f"/print/{job_id}/file", 303)


@bp.get("/print/<job_id>/label.png")
@allow(*EVERYONE)
def job_picture(job_id: str) -> Response:
    """A small picture of a label of this device. Raises NotFound for what has none; refuses what proofs refuse."""
    job = _mine(job_id)
    return _picture(job, target_of(job))


@bp.get("/lookup/<kind>/<int:thing_id>/label.png")
@allow(*EVERYONE)
def thing_picture(kind: str, thing_id: int) -> Response:
    """A small picture of the label that PRINT would make here. Raises NotFound for what has none; refuses as above."""
    by = me()
    thing = printing.thing_of(kind, thing_id, by)
    if thing is None:
        raise NotFound
    printer = printing.choose_printer(by, "label")
    target = target_at(printer) if printer else PAGES["label"]
    return _picture(trial(thing.kind, thing.subject_id, by, thing.details), target)


def _picture(job: PrintJob, target: Target) -> Response:
    """Its own dots, read back before they are shown. Papers and what a carrier has sent have no such picture."""
    if job.kind not in subjects.DRAWERS or (job.kind == "shipment" and carrier.has_one(job.subject_id or 0)):
        raise NotFound
    return Response(picture.small_png(proof_of(job, target).label), mimetype=TYPES["png"])


@bp.get("/print/<job_id>/file")
@allow(*EVERYONE)
def file(job_id: str) -> Response:
    """The PDF, for as long as nobody has said what came of it."""
    job = _mine(job_id)
    if job.state != "sent" or not printing.may_be_opened(job):
        raise Refusal("print_finished", f"The {job.kind}")
    made = make(job)
    response = make_response(made.data)
    response.mimetype = TYPES[made.language]
    response.headers["Content-Disposition"] = f'inline; filename="{job.kind}-{job.public_id[:8]}.{made.language}"'
    return response


@bp.post("/print/<job_id>/answer")
@allow(*EVERYONE)
def answer(job_id: str) -> Response:
    """What the person at the device says."""
    job, word = _mine(job_id), request.form.get("answer", "")
    done = transact(lambda: answer_for(job, word, typed("printer", 12)))
    is_next = word in ("again", "elsewhere") and printing.is_for_page(done)
    return redirect(f"/print/{done.public_id}" if is_next else "/print", 303)


def _mine(job_id: str) -> PrintJob:
    """A job of this device or person, or any for people with a desk. Raises NotFound."""
    by = me()
    job = db.session.scalars(select(PrintJob).where(PrintJob.public_id == job_id[:36])).first()
    if job is None or not printing.is_of(job, by):
        raise NotFound
    return job

"""Printing by API: ask for labels, see what became of them, and pull jobs for a printer that only an agent can reach.

An agent takes a job, says that it starts, prints, says what came of it. Until `start` the job may be taken anew; after
it the job is never given out again. Who prints for longer than the lease says `start` again meanwhile.
"""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Any, Literal

from flask import Response, current_app, request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from sqlalchemy import select

from labels import documents, subjects
from labels.draw import draw
from labels.make import Target, maker_of, target_at, trial
from scanner import billing, carrier_labels, printing
from scanner.carrier_labels import LABEL_BYTES
from scanner.db import db, let_go, transact
from scanner.models import Printer, PrintJob
from scanner.printing import queue
from scanner.refusals import Refusal
from web.api.common import Page, Strict, answer, blueprint, listed
from web.auth import EVERYONE, allow, me, takes

bp = blueprint("printing")

PRINTER_FIELDS = (
    *("code", "name", "kind", "language", "dpi", "width_mm", "height_mm", "used_for", "is_default", "is_active"),
    *("is_paused", "state", "state_words", "state_at"),
)
JOB_FIELDS = (
    *("kind", "subject_id", "details", "copies", "used_for", "state", "attempts", "error_code", "error_words"),
    *("device", "asked_at", "sent_at", "done_at", "sha256"),
)


DETAILS = ("lot", "serial", "qty", "symbol", "style", "arrow", "twin", "word", "number")
TYPES = {"png": "image/png", "pdf": "application/pdf", "zpl": "text/plain; charset=us-ascii"}
STATES = {"sent": "ready", "confirmed": "ready", "not_reached": "offline"}  # else it was there, and nobody knows more
_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
LOOKS = dict.fromkeys(("image/png", "application/pdf", "text/plain"), _BINARY)
LABEL_BODY: dict[str, Any] = {
    "required": True,
    "description": "the label as the carrier has sent it: PDF, PNG or ZPL, 2 MB at the most",
    "content": {"application/octet-stream": _BINARY},
}


Text = Annotated[str, Field(max_length=64)]
Number = Annotated[int, Field(ge=0, le=10**9)]


class AskIn(Strict):
    """What is to be printed."""

    kind: str = Field(max_length=20, description="location, item, unit, test, ...")
    subject: int | None = Field(None, ge=1, le=2**31 - 1, description="the id of the thing")
    use: Literal["label", "paper"] = "label"
    copies: int = Field(1, ge=1, le=999)
    printer: str | None = Field(None, max_length=32, description="its code; else the site's default for the use")
    key: str | None = Field(None, min_length=1, max_length=100, description="the same key never makes a second job")
    details: dict[Text, Number | bool | Text | None] = Field(default_factory=dict, max_length=20)

    @field_validator("details")
    @classmethod
    def _is_no_more_than_a_label_holds(cls, details: dict[str, Any]) -> dict[str, Any]:
        if isinstance(details.get("lot"), bool):
            raise ValueError("lot is an id or a code")  # noqa: TRY004 - pydantic takes no other
        for name in {"qty", "count"} & details.keys():
            value = details[name]
            if type(value) is not int or not 1 <= value < 10**8:  # AI 37 has eight digits
                raise ValueError(f"{name} is outside of 1 to 99 999 999")
        return details


class KindPath(BaseModel):
    """location, station, item, unit, tote, shipment, carton_type, command, check_sheet, packing_slip, ..."""

    kind: str = Field(max_length=20)


def _figure(text: Any) -> Any:
    """What an address says as a figure: a choice of figures takes no text for one."""
    return int(text) if isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) < 5 else text


class LookQuery(BaseModel):
    """What to look at, and for which printer or which size in mm."""

    model_config = ConfigDict(extra="forbid")

    subject: int | None = Field(None, ge=1, le=2**31 - 1, description="the id of the thing")
    printer: str = Field("", max_length=32, description="its code; else a page of width_mm by height_mm")
    format: Literal["png", "pdf", "zpl"] | None = None
    width_mm: int | None = Field(None, ge=10, le=1000)
    height_mm: int | None = Field(None, ge=5, le=1000)
    dpi: Annotated[Literal[203, 300, 600] | None, BeforeValidator(_figure)] = None
    lot: int | None = Field(None, ge=1, le=2**31 - 1)
    serial: str = Field("", max_length=64)
    qty: int | None = Field(None, ge=1, le=10**9)
    symbol: str = Field("", max_length=20)
    style: str = Field("", max_length=8)
    arrow: str = Field("", max_length=8)
    twin: str = Field("", max_length=8)
    word: str = Field("", max_length=12)
    number: int | None = Field(None, ge=0, le=999_999)


class ParcelPath(BaseModel):
    """The id of a parcel."""

    parcel_id: int


class TrackingQuery(BaseModel):
    """The tracking number that came with a label."""

    model_config = ConfigDict(extra="forbid")

    tracking: str = Field("", max_length=64)


class AnswerIn(Strict):
    """What a person or a program has decided about a job."""

    answer: Literal["came_out", "again", "elsewhere", "cancel"]
    printer: str | None = Field(None, max_length=32)
    key: str | None = Field(None, min_length=1, max_length=100, description="the same key never prints again twice")


class TakeIn(Strict):
    """Which printer an agent serves, and the name of this run of it."""

    printer: str = Field(max_length=32)
    run: str = Field(min_length=8, max_length=36)


class StartIn(Strict):
    """The run that has taken the job."""

    run: str = Field(min_length=8, max_length=36)


class DoneIn(StartIn):
    """What came of it. `not_reached` before start only: not one byte has left."""

    outcome: Literal["sent", "confirmed", "unknown", "failed", "not_reached"]
    words: str = Field("", max_length=300)


class JobQuery(Page):
    """Which jobs."""

    state: str = ""


class JobPath(BaseModel):
    """A job's public id."""

    job_id: str = Field(max_length=36)


@bp.get("/printers")
@allow(*EVERYONE)
def list_printers(query: Page) -> Response:
    """The printers of the site and how they are."""
    rows = listed(select(Printer).where(Printer.site_id == me().site_id), Printer.id, query)
    return answer({"printers": [{"id": row.id, **_fields(row, PRINTER_FIELDS)} for row in rows]})


@bp.get("/print-jobs")
@allow(*EVERYONE)
def list_jobs(query: JobQuery) -> Response:
    """Jobs in the order in which they were asked for."""
    wanted = select(PrintJob).where(PrintJob.site_id == me().site_id)
    if query.state:
        wanted = wanted.where(PrintJob.state == query.state)
    rows = listed(wanted, PrintJob.id, query)
    return answer({"jobs": [{"after": row.id, **_shown(row)} for row in rows]})


@bp.post("/print-jobs")
@allow(*EVERYONE)
def post_job(body: AskIn) -> Response:
    """Ask for a label or a paper. Refuses label_gone for what is not there, or of another site.

    Refuses an invoice that cannot be issued: invoice_too_early, order_cancelled, no_price; and label_has_one for more
    copies of what may have but one.
    """
    by = me()
    _may_have(body.kind)
    if body.kind in subjects.SUBJECTS:
        subjects.subject(trial(body.kind, body.subject, by))
    if body.kind == "invoice":
        billing.check_issue(body.subject or 0)
    job = transact(
        lambda: printing.Thing(body.kind, body.subject, body.use, body.details).ask(
            by,
            copies=body.copies,
            key=f"api:{body.key}" if body.key else None,
            printer=_printer(body.printer) if body.printer else None,
        )
    )
    return answer(_shown(job), 201)


@bp.get("/labels/<kind>", responses={"200": {"description": "PNG, PDF or ZPL", "content": LOOKS}})
@allow(*EVERYONE)
def look(path: KindPath, query: LookQuery) -> Response:
    """A label or a paper as a printer would get it. Nothing is printed, issued or changed by looking."""
    by = me()
    _may_have(path.kind)
    details = {name: value for name in DETAILS if (value := getattr(query, name)) not in (None, "")}
    job = trial(path.kind, query.subject, by, details)
    width, height = (210, 297) if path.kind in documents.KINDS else (102, 152)
    sized = (query.dpi or 203, query.width_mm or width, query.height_mm or height)
    target = Target(query.format or "pdf", *sized)
    if query.printer:
        found = target_at(_printer(query.printer))
        target = replace(found, language=query.format or found.language)
    made = maker_of(path.kind)(job, target)
    return Response(made.data, content_type=TYPES[made.language])


def _may_have(kind: str) -> None:
    """Invoices are the desk's. Refuses not_allowed, unknown_label."""
    maker_of(kind)
    printing.check_may_have(kind, me())


@bp.post("/parcels/<int:parcel_id>/label", request_body=LABEL_BODY)
@takes(LABEL_BYTES)
@allow()
def post_carrier_label(path: ParcelPath, query: TrackingQuery) -> Response:
    """Keep a carrier's own label for a parcel, in place of one that was there; it is printed instead of ours."""
    by, data = me(), request.get_data()
    kept = transact(lambda: carrier_labels.keep(by, path.parcel_id, data, query.tracking.strip()))
    return answer({"parcel": path.parcel_id, "language": kept.language, "tracking": kept.tracking}, 201)


@bp.get("/print-jobs/<job_id>")
@allow(*EVERYONE)
def get_job(path: JobPath) -> Response:
    """What became of a job."""
    return answer(_shown(_job(path.job_id)))


@bp.post("/print-jobs/<job_id>/answer")
@allow(*EVERYONE)
def post_answer(path: JobPath, body: AnswerIn) -> Response:
    """It came out, print it again (a copy, if it may have come out), print it elsewhere, forget it.

    Refuses not_allowed: without a supervisor's role a token answers for what it has asked for itself.
    """
    job = _job(path.job_id)
    if not printing.is_of(job, me()):
        raise Refusal("not_allowed")
    target = _printer(body.printer or "") if body.answer == "elsewhere" else None
    return answer(_shown(transact(lambda: _answered(job, body, target))))


def _answered(job: PrintJob, body: AnswerIn, target: Printer | None) -> PrintJob:
    by, asked = me(), f"api:{body.key}" if body.key else ""
    if body.answer in ("again", "elsewhere"):
        printing.check_again(job, by)
    if target is not None:
        return printing.print_elsewhere(job, target, by, asked)
    match body.answer:
        case "came_out":
            return printing.came_out(job, by)
        case "cancel":
            return printing.cancel(job, by)
    return printing.print_again(job, by, asked)


# --- for agents ------------------------------------------------------------------------------------------------------


@bp.post("/print-jobs/take")
@allow(*EVERYONE)
def take(body: TakeIn) -> Response:
    """The next job of a printer that this token serves, with its bytes; null when there is none."""
    printer = _printer(body.printer)
    if printer.kind != "agent" or printer.address != me().device:
        raise Refusal("unknown_printer", body.printer)
    holder = _holder(body.run)
    queue.agent_asks(printer)
    queue.expire()  # there may be no worker here that does
    while (job := queue.next_job(printer.id)) is not None:
        let_go()
        if not queue.hold(printer.id, holder):
            break
        wanted = queue.asked_for(job)
        try:
            made = draw(job, wanted, holder)
            if made is None:
                continue
            queue.mark_drawn(wanted.id, holder, hashlib.sha256(made.data).hexdigest(), wanted)
        except queue.Lost:  # asked for anew, cancelled, or taken by another run
            continue
        bytes_ = {"language": made.language, "data": base64.b64encode(made.data).decode()}
        return answer({"job": {**_shown(_job(wanted.public_id)), **bytes_, "lease_s": holder.lease_s}})
    return answer({"job": None})


@bp.post("/print-jobs/<job_id>/start")
@allow(*EVERYONE)
def start(path: JobPath, body: StartIn) -> Response:
    """The first byte is about to leave. Refuses print_taken: then it must not. So it is on a printer that is paused."""
    job, holder = _served(path.job_id), _holder(body.run)
    if job.state == "sending":  # the answer to the first `start` was lost, or the agent is still at it
        _or_taken(job, lambda: queue.beat(job.printer_id or 0, holder))
        return answer(_shown(job))
    sha256, drawn = job.sha256, queue.asked_for(job)
    if not sha256:  # asked for anew, or its printer was changed, since it was taken
        raise Refusal("print_taken", f"the {job.kind}")
    _or_taken(job, lambda: queue.mark_sending(job.id, holder, sha256, drawn))
    return answer(_shown(job))


@bp.post("/print-jobs/<job_id>/done")
@allow(*EVERYONE)
def done(path: JobPath, body: DoneIn) -> Response:
    """What came of it. Refuses print_taken when the job is not this run's any more, or a person has answered for it."""
    job, holder, words = _served(path.job_id), _holder(body.run), body.words
    match body.outcome:
        case "sent" | "confirmed":
            is_confirmed = body.outcome == "confirmed"
            _or_taken(job, lambda: queue.mark_sent(job.id, holder, is_confirmed=is_confirmed, words=words))
        case "unknown":
            _or_taken(
                job, lambda: queue.mark_unknown(job.id, holder, "agent_unsure", words or "The agent is not sure.")
            )
        case "failed":
            _or_taken(job, lambda: queue.mark_failed(job.id, holder, "agent_failed", words or "The agent has failed."))
        case "not_reached":
            _or_taken(job, lambda: queue.put_off(job.id, holder, "printer_offline", words or "It is out of reach."))
    state = STATES.get(body.outcome, "")
    with suppress(queue.Lost):  # it was believed to have ended: how the printer is now is for others to say
        queue.tell_state(job.printer_id or 0, holder, state, words or body.outcome)
    queue.let_go(job.printer_id or 0, holder)
    return answer(_shown(_job(path.job_id)))


def _or_taken(job: PrintJob, act: Any) -> None:
    try:
        act()
    except queue.Lost as lost:
        raise Refusal("print_taken", f"the {job.kind}") from lost


def _holder(run: str) -> queue.Holder:
    return queue.Holder(f"agent:{me().device[:30]}:{run}"[:80], current_app.config["PRINT_LEASE_S"])


def _served(job_id: str) -> PrintJob:
    """A job of a printer that this token serves."""
    job = _job(job_id)
    printer = db.session.get(Printer, job.printer_id) if job.printer_id else None
    if printer is None or printer.kind != "agent" or printer.address != me().device:
        raise Refusal("unknown_document", job_id, "print job")
    return job


def _job(job_id: str) -> PrintJob:
    found = db.session.scalars(select(PrintJob).where(PrintJob.public_id == job_id)).first()
    if found is None or found.site_id != me().site_id:
        raise Refusal("unknown_document", job_id, "print job")
    return found


def _printer(code: str) -> Printer:
    where = (Printer.site_id == me().site_id, Printer.code == code, Printer.is_active)
    found = db.session.scalars(select(Printer).where(*where)).first()
    if found is None:
        raise Refusal("unknown_printer", code[:32] or "that")
    return found


def _shown(job: PrintJob) -> dict[str, Any]:
    printer = db.session.get(Printer, job.printer_id) if job.printer_id else None
    original = db.session.get(PrintJob, job.copy_of) if job.copy_of else None
    return {
        "id": job.public_id,
        "printer": printer.code if printer else None,
        "copy_of": original.public_id if original else None,
        **_fields(job, JOB_FIELDS),
    }


def _fields(row: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}

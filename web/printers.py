"""Printers: which there are, how they are, what they are for; and the places of work that they stand at.

No page talks to a printer: the worker does, and writes down what it found.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, flash, make_response, redirect, render_template
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from labels import reach
from scanner import printing
from scanner.db import db, let_go, transact
from scanner.models import Location, Printer, PrintJob
from scanner.models.printing import LANGUAGES, PRINTER_KINDS, USES
from scanner.printing.printers import Facts
from scanner.refusals import Refusal
from web.auth import allow, me
from web.page import MOST_ID, act, one, typed

bp = Blueprint("printers", __name__)

TEST_EVERY_S = 5  # one test label for so long, however often the button is pressed
CHOICES = {"kinds": PRINTER_KINDS, "languages": LANGUAGES, "uses": USES}


@bp.get("/printers")
@allow()
def index() -> str:
    """All printers, with what waits for each."""
    return _index({})


def _index(typed: dict[str, str], error: str = "") -> str:
    by = me()
    rows = db.session.scalars(select(Printer).where(Printer.site_id == by.site_id).order_by(Printer.code)).all()
    about = {"rows": rows, "waiting": _waiting(), "asks": _asks(), "typed": typed, "error": error}
    return render_template("printing/printers.html", nav="/printers", **about, **_worker(), **CHOICES)


def _worker() -> dict[str, Any]:
    return {"has_no_worker": printing.is_worker_missing(), "worker_seen": printing.worker_seen()}


def _waiting() -> dict[int, int]:
    counts = (
        select(PrintJob.printer_id, func.count())
        .where(PrintJob.site_id == me().site_id, PrintJob.state.in_(("queued", "sending")), PrintJob.printer_id > 0)
        .group_by(PrintJob.printer_id)
    )
    return {printer_id: count for printer_id, count in db.session.execute(counts) if printer_id}


def _asks() -> dict[int, dict[str, int]]:
    """Of each printer how many prints are unknown, and how many failed."""
    found: dict[int, dict[str, int]] = {}
    for (printer_id, state), count in printing.unanswered(me()).items():
        found.setdefault(printer_id or 0, {})[state] = count
    return found


@bp.post("/printers")
@allow()
def add() -> Response:
    """Put a printer on file."""
    by = me()
    error = _fault(lambda facts: printing.new_printer(facts, by))
    if error:
        return _refused(_index(_form(), error))
    flash("The printer is on file. Print a test.", "ok")
    return redirect("/printers", 303)


@bp.get("/printers/<int:printer_id>")
@allow()
def page(printer_id: int) -> str:
    """One printer."""
    return _page(printer_id, {})


def _page(printer_id: int, typed: dict[str, str], error: str = "") -> str:
    printer = one(Printer, printer_id)
    last = select(PrintJob).where(PrintJob.printer_id == printer.id).order_by(PrintJob.id.desc()).limit(15)
    jobs = db.session.scalars(last).all()
    return render_template(
        "printing/printer.html",
        nav="/printers",
        printer=printer,
        jobs=jobs,
        names=printing.names(jobs, me()),
        waiting=_waiting().get(printer.id, 0),
        typed=typed,
        error=error,
        **CHOICES,
    )


@bp.post("/printers/<int:printer_id>/edit")
@allow()
def edit(printer_id: int) -> Response:
    """Change what is on file of it."""
    by, printer = me(), one(Printer, printer_id)
    error = _fault(lambda facts: printing.change_printer(_here(printer), facts, by))
    if error:
        return _refused(_page(printer_id, _form(), error))
    flash("Changed.", "ok")
    return redirect(f"/printers/{printer_id}", 303)


@bp.post("/printers/<int:printer_id>/test")
@allow()
def test(printer_id: int) -> Response:
    """Print a test label: one, however fast the button is pressed. A page that prints is led to it, to open it."""
    by, printer = me(), one(Printer, printer_id)
    key = f"test:{printer.id}:{int(time.time()) // TEST_EVERY_S}"
    words, back = f"A test waits for {printer.code}.", f"/printers/{printer_id}"

    def ask() -> PrintJob:
        return printing.ask("test", printer.id, by, use=printer.used_for, key=key, printer=printer)

    if printer.kind != "browser" or not printer.is_active:
        return act(ask, words, back)
    flash(f"{words} Open it, and print it from there.", "ok")
    return redirect(f"/print-jobs/{transact(ask).id}", 303)


@bp.post("/printers/<int:printer_id>/status")
@allow()
def status(printer_id: int) -> Response:
    """Have the worker ask it how it is."""
    printer = one(Printer, printer_id)
    words = "The worker asks it. Load the page again in a moment."
    return act(lambda: printing.ask_state(_here(printer)), words, f"/printers/{printer_id}")


@bp.post("/printers/<int:printer_id>/pause")
@allow()
def pause(printer_id: int) -> Response:
    """Its jobs wait."""
    by, printer = me(), one(Printer, printer_id)
    return act(lambda: printing.pause(_here(printer), by), f"{printer.code} is paused.", f"/printers/{printer_id}")


@bp.post("/printers/<int:printer_id>/resume")
@allow()
def resume(printer_id: int) -> Response:
    """Its jobs go on."""
    by, printer = me(), one(Printer, printer_id)
    return act(lambda: printing.resume(_here(printer), by), f"{printer.code} goes on.", f"/printers/{printer_id}")


def _here(printer: Printer) -> Printer:
    return db.session.get_one(Printer, printer.id)


def _fault(work: Callable[[Facts], object]) -> str:
    """Have `work` get what the form says, in one transaction that begins when the address has been looked up.

    A name server may take seconds, and on SQLite a write transaction keeps all scans waiting. What it was refused for;
    "" if it was not.
    """
    try:
        facts = _facts()
        transact(lambda: work(facts))
    except Refusal as refusal:
        return f"{refusal.say} {refusal.next}"
    return ""


def _refused(page: str) -> Response:
    """The form once more, at the address where it was: that of a change shows nothing to who loads it again."""
    return make_response(page, 422, {"HX-Push-Url": "false"})


def _form() -> dict[str, str]:
    """What was typed, for whoever has to mend it: who made one slip need not type eight fields again."""
    return {name: typed(name, 220) for name in Facts.__dataclass_fields__}


def _facts() -> Facts:
    """The form. Refuses bad_printer, printer_address."""
    found = Facts(
        code=typed("code", 40),
        name=typed("name", 100),
        kind=typed("kind", 10),
        address=typed("address", 220),
        language=typed("language", 10),
        dpi=_number("dpi"),
        width_mm=_number("width_mm"),
        height_mm=_number("height_mm"),
        used_for=typed("used_for", 10),
        is_default=bool(typed("is_default")),
        is_active=bool(typed("is_active")),
    )
    let_go()  # whoever is on the page was read: that needs no connection meanwhile
    reach.check(found.kind, found.address, current_app.config["PRINTERS"])
    return found


def _number(name: str) -> int:
    text = typed(name, 10)
    if not text.isascii() or not text.isdigit():
        raise Refusal("bad_printer", f"{name.replace('_', ' ')} is {text!r}, wanted a whole number.")
    return int(text)


# --- places of work --------------------------------------------------------------------------------------------------


@bp.get("/workplaces")
@allow()
def workplaces() -> str:
    """Every bench, dock and door with its printers."""
    by = me()
    in_use = (Printer.site_id == by.site_id, Printer.is_active)
    printers = db.session.scalars(select(Printer).where(*in_use).order_by(Printer.code)).all()
    return render_template(
        "printing/workplaces.html", nav="/printers", rows=printing.printers_of(by.site_id), printers=printers
    )


@bp.post("/workplaces/<int:location_id>")
@allow()
def set_printers(location_id: int) -> Response:
    """Give a place its printers."""
    by, location = me(), one(Location, location_id)

    def work() -> None:
        printing.set_printers(location, _chosen("label"), _chosen("paper"), by)

    return act(work, f"{location.code} is set.", "/workplaces")


def _chosen(field: str) -> Printer | None:
    text = typed(field, 12)
    if not text:
        return None
    found = db.session.get(Printer, int(text)) if text.isascii() and text.isdigit() and int(text) <= MOST_ID else None
    if found is None:
        raise Refusal("unknown_printer", text)
    return found

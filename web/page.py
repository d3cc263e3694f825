"""Page: what every desk page shares: one page of a long list, instants as the site's clock shows them, CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Flask, Response, flash, g, redirect, request
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from scanner.db import Base, db, now, transact
from scanner.desk import Query
from scanner.models import Printer
from scanner.refusals import Refusal
from web.auth import me

M = TypeVar("M", bound=Base)

ROWS = 50
ID_DIGITS = 18
MOST_ID = 2**63 - 1  # what both engines can look for
LAST_PAGE = 2_000  # deeper than anybody reads; a search narrows it
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # how a spreadsheet's formula starts


@dataclass(frozen=True, slots=True)
class Slice:
    """One page of a list, and how to get to the others."""

    rows: Sequence[Any]
    number: int
    is_last: bool

    @property
    def is_only(self) -> bool:
        """True when there is nothing to turn."""
        return self.number == 1 and self.is_last

    def url(self, number: int) -> str:
        """This list at another page, with the same filters."""
        args = {name: value for name, value in request.args.items() if name != "page" and value}
        return "?" + urlencode(args | {"page": number})


def slice_of(query: Query, *, scalars: bool = False) -> Slice:
    """The page of `query` that ?page= asks for. One row more is read, to know whether there is a next page."""
    number = page_number()
    found = db.session.execute(query.limit(ROWS + 1).offset((number - 1) * ROWS))
    rows: Sequence[Any] = found.scalars().all() if scalars else found.all()
    return Slice(rows[:ROWS], number, len(rows) <= ROWS)


def page_number() -> int:
    """?page=, at least 1."""
    text = request.args.get("page", "1")
    return min(max(int(text), 1), LAST_PAGE) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def argument(name: str, length: int = 100) -> str:
    """A filter from the address, without blanks around it."""
    return request.args.get(name, "").replace("\x00", "").strip()[:length]


def argument_day(name: str) -> date | None:
    """A date from the address; None when there is none or it is no date."""
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def argument_id(name: str) -> int | None:
    """The id of a thing from the address; None when there is none."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= ID_DIGITS else None


def one(model: type[M], thing_id: int) -> M:
    """The thing with this id, if it is of the person's site (or of no site). Raises NotFound."""
    thing = db.session.get(model, thing_id) if thing_id <= MOST_ID else None
    site_id = getattr(thing, "site_id", None)
    if thing is None or (site_id is not None and site_id != me().site_id):
        raise NotFound
    return thing


def printers_for(use: str) -> Sequence[Printer]:
    """The printers in use at the site that are for labels or for paper, the default first."""
    in_use = (Printer.site_id == me().site_id, Printer.is_active, Printer.used_for == use)
    return db.session.scalars(select(Printer).where(*in_use).order_by(Printer.is_default.desc(), Printer.code)).all()


def act(work: Callable[[], object], done: str, back: str) -> AnyResponse:
    """Do `work` in one transaction and go back to a page that says so, or why not."""
    try:
        transact(work)
    except Refusal as refusal:
        flash(f"{refusal.say} {refusal.next}", "stop")
    else:
        flash(done, "ok")
    return redirect(back, 303)


def typed(name: str, length: int = 200) -> str:
    """A field of the form, without blanks around it."""
    return request.form.get(name, "").replace("\x00", "").strip()[:length]


def csv_answer(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A CSV file to keep. Text that a spreadsheet would run as a formula gets an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    response = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _safe(cell: Any) -> Any:
    if isinstance(cell, str) and cell.startswith(RISKY):
        return "'" + cell
    return "" if cell is None else cell


# --- filters -----------------------------------------------------------------------------------------------------


def init_app(app: Flask) -> None:
    """Give templates their filters."""
    app.add_template_filter(when)
    app.add_template_filter(age)
    app.add_template_filter(day)
    app.add_template_filter(number)


def when(instant: datetime | None) -> str:
    """An instant on the site's clock: 2026-11-22 14:02."""
    if instant is None:
        return ""
    return instant.astimezone(ZoneInfo(site_timezone())).strftime("%Y-%m-%d %H:%M")


def site_timezone() -> str:
    """The time zone of the site that the person works at."""
    by = g.get("by")
    return by.timezone if by else "UTC"


def age(instant: datetime | None) -> str:
    """How long it has been: less than a minute, 6 min, 3 h, 2 d."""
    if instant is None:
        return ""
    minutes = max(0, int((now() - instant).total_seconds() // 60))
    if minutes == 0:
        return "under 1 min"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"


def day(value: date | None) -> str:
    """A date, or nothing."""
    return value.isoformat() if value else ""


def number(value: int | None) -> str:
    """A figure with thin spaces between thousands."""
    return "" if value is None else f"{value:,}".replace(",", "\u202f")

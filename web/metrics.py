"""Metrics: GET /metrics in Prometheus' text format, for a program that watches. It names no person and no goods.

Scans and their times are those of one process since it started, so they carry its number as `worker`; all else comes
out of the database and is the same whoever answers (docs/running.md).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping

from flask import Blueprint, Response, current_app
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from scanner import printing
from scanner.db import db, let_go, now
from scanner.models import Device, Discrepancy, LedgerHead, Printer, PrintJob, Site
from scanner.tally import BOUNDS_S, SCANS
from web.auth import EVERYONE, allow, by_token
from web.health import database, schema

bp = Blueprint("metrics", __name__)

TYPE = "text/plain; version=0.0.4; charset=utf-8"
WAITING = ("queued", "sending", "unknown", "failed")  # print jobs that are not over; the rest is history
Sample = tuple[Mapping[str, object], float]


@bp.get("/metrics")
@by_token
@allow(*EVERYONE)
def metrics() -> Response:
    """Everything that is measured. A database out of reach is a measurement too."""
    lines = [*_of_process()]
    try:
        found = [*_of_database()]
        lines += [*found, *_metric("database_up", "gauge", "Whether the database answers.", [({}, 1)])]
    except SQLAlchemyError as error:
        current_app.logger.warning("metrics: %s", error)
        let_go()
        lines += _metric("database_up", "gauge", "Whether the database answers.", [({}, 0)])
    return Response("\n".join(lines) + "\n", content_type=TYPE)


def _metric(name: str, kind: str, words: str, samples: Iterable[Sample], suffix: str = "") -> Iterator[str]:
    yield f"# HELP scandock_{name} {words}"
    yield f"# TYPE scandock_{name} {kind}"
    yield from (_sample(name + suffix, labels, value) for labels, value in samples)


def _sample(name: str, labels: Mapping[str, object], value: float) -> str:
    inner = ",".join(f'{key}="{_escaped(str(text))}"' for key, text in labels.items())
    return (
        f"scandock_{name}{{{inner}}} {value:g}" if value != int(value) else f"scandock_{name}{{{inner}}} {int(value)}"
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _of_process() -> Iterator[str]:
    worker = {"worker": str(os.getpid())}
    tally = SCANS.read()
    outcomes = [({**worker, "outcome": outcome}, count) for outcome, count in tally.outcomes.items()]
    yield from _metric("scans_total", "counter", "Scans since the process started, by outcome.", outcomes)
    bounds: list[Sample] = [
        ({**worker, "le": str(bound)}, count) for bound, count in zip(BOUNDS_S, tally.within, strict=True)
    ]
    bounds.append(({**worker, "le": "+Inf"}, tally.count))
    yield from _metric("scan_seconds", "histogram", "How long scans took, with their waiting.", bounds, "_bucket")
    yield _sample("scan_seconds_sum", worker, tally.seconds)
    yield _sample("scan_seconds_count", worker, tally.count)


def _of_database() -> Iterator[str]:
    facts, form = database(), schema()
    about = {
        "version": current_app.config["VERSION"],
        "engine": facts["engine"],
        "engine_version": facts["version"],
        "schema": form["revision"] or "",
    }
    yield from _metric("info", "gauge", "What runs here.", [(about, 1)])
    yield from _metric(
        "schema_current", "gauge", "Whether it is the schema of this program.", [({}, form["is_current"])]
    )
    if form["is_current"]:
        yield from _of_sites()


def _of_sites() -> Iterator[str]:
    codes = dict(db.session.execute(select(Site.id, Site.code).order_by(Site.id)).all())
    heads = dict(db.session.execute(select(LedgerHead.site_id, LedgerHead.seq)).all())
    yield from _metric("ledger_seq", "gauge", "Moves in the ledger.", _by_site(codes, heads))
    open_ = select(Discrepancy.site_id, func.count()).where(Discrepancy.status == "open")
    counts = dict(db.session.execute(open_.group_by(Discrepancy.site_id)).all())
    yield from _metric(
        "discrepancies_open", "gauge", "Discrepancies that wait for a decision.", _by_site(codes, counts)
    )
    yield from _of_devices(codes)
    yield from _of_printing(codes)


def _of_devices(codes: dict[int, str]) -> Iterator[str]:
    """What devices told last. One that is out of reach cannot tell more: its scans grow old here all the same."""
    figures = select(Device.site_id, func.count(), func.sum(Device.unsent), func.min(Device.oldest_at))
    in_use = figures.where(Device.revoked_at.is_(None) | (Device.unsent > 0)).group_by(Device.site_id)
    rows = db.session.execute(in_use).all()
    counts = {site: int(count) for site, count, _unsent, _oldest in rows}
    unsent = {site: int(waiting) for site, _count, waiting, _oldest in rows}
    ages = {site: max(0.0, (now() - at).total_seconds()) for site, _count, _unsent, at in rows if at is not None}
    yield from _metric("devices", "gauge", "Devices that may send, or still have something.", _by_site(codes, counts))
    words = "Scans that wait on devices, as these told last."
    yield from _metric("device_unsent_scans", "gauge", words, _by_site(codes, unsent))
    words = "How long the oldest scan has waited on a device; 0 when none does."
    yield from _metric("device_oldest_unsent_seconds", "gauge", words, _by_site(codes, ages))


def _of_printing(codes: dict[int, str]) -> Iterator[str]:
    by_state = (
        select(PrintJob.site_id, PrintJob.state, func.count())
        .where(PrintJob.state.in_(WAITING))
        .group_by(PrintJob.site_id, PrintJob.state)
    )
    counts = {(site, state): count for site, state, count in db.session.execute(by_state)}
    jobs = [
        ({"site": code, "state": state}, counts.get((id_, state), 0))
        for id_, code in codes.items()
        for state in WAITING
    ]
    yield from _metric("print_jobs", "gauge", "Print jobs that are not over, by state.", jobs)
    oldest = select(PrintJob.site_id, func.min(PrintJob.asked_at)).where(PrintJob.state == "queued")
    since = dict(db.session.execute(oldest.group_by(PrintJob.site_id)).all())
    ages = {id_: max(0.0, (now() - at).total_seconds()) for id_, at in since.items()}
    words = "How long the oldest print job has waited; 0 when none does."
    yield from _metric("print_oldest_queued_seconds", "gauge", words, _by_site(codes, ages))
    states = select(Printer.site_id, Printer.state, func.count()).where(Printer.is_active)
    rows = db.session.execute(states.group_by(Printer.site_id, Printer.state).order_by(Printer.site_id, Printer.state))
    printers = [({"site": codes[id_], "state": state or "unknown"}, count) for id_, state, count in rows]
    yield from _metric("printers", "gauge", "Printers in use, by what they said last.", printers)
    yield from _of_print_worker()


def _of_print_worker() -> Iterator[str]:
    words = "Whether a print worker runs, or none is needed."
    yield from _metric("print_worker_up", "gauge", words, [({}, not printing.is_worker_missing())])
    seen = printing.worker_seen()
    ages: list[Sample] = [({}, max(0.0, (now() - seen).total_seconds()))] if seen else []
    yield from _metric("print_worker_seen_seconds", "gauge", "How long ago a print worker was last alive.", ages)


def _by_site(codes: dict[int, str], values: dict[int, int] | dict[int, float]) -> list[Sample]:
    return [({"site": code}, values.get(id_, 0)) for id_, code in codes.items()]

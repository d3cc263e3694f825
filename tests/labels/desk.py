"""What tests of printing share: printers on file, jobs, a worker in this process or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from labels.reach import Reach, reach_of
from labels.worker import Worker
from scanner import printing
from scanner.by import By
from scanner.db import db, transact
from scanner.models import Printer, PrintJob, PrintStep
from scanner.printing.printers import Facts

ROOT = Path(__file__).resolve().parents[2]
HERE = reach_of("127.0.0.0/8", "1024-65535")
OPEN = {"SCANDOCK_PRINTER_NETWORKS": "127.0.0.0/8", "SCANDOCK_PRINTER_PORTS": "1024-65535"}


def facts(code: str = "ZEBRA", address: str = "", **more: object) -> Facts:
    """A label printer that speaks ZPL, unless told otherwise."""
    about: dict[str, object] = {
        "code": code,
        "name": f"Printer {code}",
        "kind": "raw",
        "address": address,
        "language": "zpl",
        "dpi": 203,
        "width_mm": 100,
        "height_mm": 50,
        "used_for": "label",
        **more,
    }
    return Facts(**about)  # type: ignore[arg-type]


def printer(by: By, address: str, code: str = "ZEBRA", **more: object) -> Printer:
    """A printer on file; the default of its use."""
    return transact(lambda: printing.new_printer(facts(code, address, **{"is_default": True, **more}), by))


def ask(by: By, count: int = 1, **more: object) -> list[PrintJob]:
    """So many jobs of test labels."""
    return transact(
        lambda: [printing.ask("test", None, by, key=str(uuid.uuid4()), **more) for _ in range(count)]  # type: ignore[arg-type]
    )


def work(app: Flask, reach: Reach = HERE, *, lease_s: float = 5.0) -> None:
    """A worker that sends what may be sent now, and ends."""
    Worker(app.app_context, reach, lease_s=lease_s).run(once=True)
    db.session.rollback()


def start_worker(url: str, folder: Path, *words: str, lease_s: float = 0.5) -> subprocess.Popen[bytes]:
    """The real worker, as a process of its own."""
    env = (
        os.environ | OPEN | {"DATABASE_URL": url, "SCANDOCK_DATA": str(folder), "SCANDOCK_PRINT_LEASE_S": str(lease_s)}
    )
    with (folder / "worker.log").open("ab") as log:
        program = [sys.executable, "-m", "flask", "--app", "web", "print-worker", *words]
        return subprocess.Popen(program, cwd=ROOT, env=env, stdout=log, stderr=log)


def again(job: PrintJob) -> PrintJob:
    """A job as it stands in the database now."""
    db.session.rollback()
    return db.session.get_one(PrintJob, job.id, populate_existing=True)


def states(job: PrintJob) -> list[str]:
    """What its log says."""
    steps = select(PrintStep.state).where(PrintStep.job_id == job.id).order_by(PrintStep.id)
    return list(db.session.scalars(steps))

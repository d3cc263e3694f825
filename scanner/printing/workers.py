"""Workers: whether a program runs that prints. Each notes that it lives; nobody else would notice its end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, or_, select

from scanner.db import db, now, table_of, transact, upsert
from scanner.models import Printer, PrintWorker
from scanner.models.printing import SERVED

BEAT_S: Final = 10.0
SILENT: Final = timedelta(minutes=1)  # several beats: the database may be busy
FORGET: Final = timedelta(days=1)  # a worker has a new name at each start


def note_alive(name: str) -> None:
    """A worker lives. What has ended long ago is forgotten."""

    def work() -> None:
        row = upsert(table_of(PrintWorker)).values(name=name, seen_at=now())
        db.session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"seen_at": row.excluded.seen_at}))
        is_ahead = PrintWorker.seen_at > now() + SILENT  # the clock was set back since
        is_past = or_(PrintWorker.seen_at < now() - FORGET, is_ahead)
        db.session.execute(delete(PrintWorker).where(is_past, PrintWorker.name != name))

    transact(work)


def worker_seen() -> datetime | None:
    """When a print worker was last alive; None if none has run for a day or ever."""
    return db.session.scalar(select(func.max(PrintWorker.seen_at)))


def has_stopped() -> bool:
    """Whether a print worker has run here and none does now. Of a station that never had one nothing is known."""
    seen = worker_seen()
    return seen is not None and abs(now() - seen) > SILENT  # far ahead: the clock was set back since


def is_worker_missing() -> bool:
    """Whether there are printers that only a print worker can serve, and none runs or has ever run."""
    served = select(Printer.id).where(Printer.is_active, Printer.kind.in_(SERVED)).limit(1)
    if db.session.scalar(served) is None:
        return False
    return worker_seen() is None or has_stopped()

"""Draw: the bytes of a job that is about to leave. What cannot be drawn fails alone, whatever the reason."""

from __future__ import annotations

import logging

from sqlalchemy.exc import DBAPIError

from labels.make import Made, make
from scanner.db import Busy, let_go
from scanner.models import PrintJob
from scanner.outage import outage
from scanner.printing import queue
from scanner.refusals import Refusal

log = logging.getLogger("scandock.printing")


def draw(job: PrintJob, wanted: queue.Asked, holder: queue.Holder) -> Made | None:
    """The bytes; None when they cannot be made, which fails this job and no other. Raises Busy, queue.Lost."""
    try:
        return make(job)
    except Refusal as refusal:
        fault = refusal.code, f"{refusal.say} {refusal.next}"
    except Exception as error:  # one label that cannot be drawn must not hold up the others
        if _is_outage(error):
            raise
        log.exception("job %s", wanted.public_id)
        fault = "not_made", "It cannot be drawn. The log of the server says why."
    let_go()
    queue.mark_failed(wanted.id, holder, *fault)
    return None


def _is_outage(error: Exception) -> bool:
    """Whether the database is at fault, and not the job that is drawn: it may be drawn later."""
    return isinstance(error, Busy) or (isinstance(error, DBAPIError) and outage(error) is not None)

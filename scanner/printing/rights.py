"""Rights: whose a print is, and who may have which paper. Station, desk and API ask the same."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, true

from scanner.by import By
from scanner.models import PrintJob
from scanner.refusals import Refusal

DESKS: Final = ("invoice",)  # it is issued by its first print


def check_may_have(kind: str, by: By) -> None:
    """Refuses not_allowed for an invoice to people without a desk. All else is printed by whoever may see the thing."""
    if kind in DESKS and not by.is_supervisor:
        raise Refusal("not_allowed")


def is_of(job: PrintJob, by: By) -> bool:
    """Whether a print is this person's or this device's, or anybody's at their site for people with a desk.

    What only the desk prints is no matter of the device that it was asked for at.
    """
    is_here = job.device == by.device and job.kind not in DESKS
    is_theirs = by.is_supervisor or job.person_id == by.person_id or is_here
    return job.site_id == by.site_id and is_theirs


def are_of(by: By) -> ColumnElement[bool]:
    """SQL: the same of any print."""
    is_here = (PrintJob.device == by.device) & PrintJob.kind.not_in(DESKS)
    is_theirs = true() if by.is_supervisor else (PrintJob.person_id == by.person_id) | is_here
    return (PrintJob.site_id == by.site_id) & is_theirs


def check_again(job: PrintJob, by: By) -> None:
    """Refuses not_allowed to print another one's paper again: who has asked for it may."""
    if job.person_id != by.person_id:
        check_may_have(job.kind, by)

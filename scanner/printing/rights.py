"""Rights: whose a print is, and who may have which paper. Station, desk and API ask the same."""

from __future__ import annotations

from typing import Final

from scanner.by import By
from scanner.models import PrintJob
from scanner.refusals import Refusal

DESKS: Final = ("invoice", "pick_list", "receiving_sheet", "count_sheet", "manifest")  # a step may print its own


def may_have(kind: str, by: By) -> bool:
    """Whether somebody may ask for one of this kind. Labels and the packing slip are everybody's, papers the desk's."""
    return by.is_supervisor or kind not in DESKS


def check_may_have(kind: str, by: By) -> None:
    """Refuses not_allowed for a paper that is the desk's."""
    if not may_have(kind, by):
        raise Refusal("not_allowed")


def is_of(job: PrintJob, by: By) -> bool:
    """Whether a print is this person's or this device's, or anybody's at their site for people with a desk."""
    is_theirs = by.is_supervisor or job.person_id == by.person_id or job.device == by.device
    return job.site_id == by.site_id and is_theirs


def check_again(job: PrintJob, by: By) -> None:
    """Refuses not_allowed to print another one's paper again: who has asked for it may."""
    if job.person_id != by.person_id:
        check_may_have(job.kind, by)

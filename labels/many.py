"""Many: a file of many labels, each proven, on pages of their own size or as sheets of paper.

Drawing a thousand labels keeps a processor busy for a quarter of a minute, and a thread that does it would hold up
scans (they share one lock in Python). So a large file is made by a child process, one at a time; it gets the layouts
with their facts and knows no database.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from labels import pdf
from labels.proof import prove
from labels.subjects import Drawing
from scanner.refusals import Refusal

MOST: Final = 1_000  # labels in one file
SECONDS: Final = 110  # 15 on two quiet cores, 53 on two that have five times too much to do
_HERE: Final = 12  # so many are drawn sooner than a child has started
_ROOT: Final = Path(__file__).resolve().parent.parent
_one_at_a_time = threading.Lock()


def file_of(drawings: Sequence[Drawing], paper: str = "") -> bytes:
    """A PDF of labels of one size: on sheets of a `paper` of labels.pdf.PAPERS, or each on a page of its own.

    Refuses what proofs refuse, paper_too_small if not one label fits on the paper, labels_busy.
    """
    if len(drawings) <= _HERE:
        return drawn(drawings, paper)
    if not _one_at_a_time.acquire(timeout=1):
        raise Refusal("labels_busy")
    try:
        return _in_child(drawings, paper)
    finally:
        _one_at_a_time.release()


def drawn(drawings: Sequence[Drawing], paper: str) -> bytes:
    """The same, in this thread."""
    labels = [prove(draw()).label for draw in drawings]
    if not paper:
        return pdf.pages(labels)
    try:
        return pdf.sheets(labels, paper)
    except ValueError as error:
        raise Refusal("paper_too_small", paper, why=str(error)) from error


def _in_child(drawings: Sequence[Drawing], paper: str) -> bytes:
    program = [sys.executable, "-m", "labels.many"]
    wish = pickle.dumps((list(drawings), paper))
    try:
        done = subprocess.run(program, input=wish, capture_output=True, cwd=_ROOT, timeout=SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise Refusal("labels_busy") from error
    if done.returncode:
        raise RuntimeError(f"labels were not drawn: {done.stderr[-2000:].decode('utf-8', 'replace')}")
    data, refused = pickle.loads(done.stdout)  # noqa: S301 - our own child wrote it
    if refused:
        code, facts = refused
        raise Refusal(code, **facts)
    return bytes(data)


def _child() -> None:
    """Draw what the parent asks for on the standard input; the PDF, or why there is none, to the standard output."""
    os.nice(3)
    drawings, paper = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - our own parent wrote it
    try:
        answer: tuple[bytes, tuple[str, dict[str, str]] | None] = (drawn(drawings, paper), None)
    except Refusal as refusal:
        answer = (b"", (refusal.code, refusal.facts))
    sys.stdout.buffer.write(pickle.dumps(answer))


if __name__ == "__main__":
    _child()

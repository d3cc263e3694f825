"""Phones: the product's own queue in the node that Playwright brings, driven line by line."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from playwright._impl._driver import compute_driver_executable

HERE = Path(__file__).parent
QUEUE = HERE.parents[1] / "static" / "queue.js"


@dataclass(slots=True)
class Heard:
    """What came of one thing that happened."""

    sent: list[dict[str, Any]]  # requests that left: r, phone, body
    due: float | None  # when the next timer of any phone is due, in ms
    phones: list[dict[str, Any]] = field(default_factory=list)  # kept, settled, refused, waiting, isSending


class Phones:
    """A node process. `queue` is the module that they run: the product's, or a copy that was spoilt on purpose."""

    def __init__(self, queue: Path = QUEUE) -> None:
        program = [compute_driver_executable()[0], str(HERE / "phones.mjs"), str(queue)]
        self._node = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _t: TracebackType | None
    ) -> None:
        with self._node:
            assert self._node.stdin is not None
            self._node.stdin.close()
            self._node.wait(30)

    def tell(self, t: float, do: str, **what: Any) -> Heard:
        """Let something happen at `t` ms, and wait until nothing moves any more."""
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps({"t": t, "do": do, **what}) + "\n")
        self._node.stdin.flush()
        line = self._node.stdout.readline()
        assert line, "the phones' process has ended"
        return Heard(**json.loads(line))


def spoilt(folder: Path, name: str) -> Path:
    """A copy of the queue with one fault put in: a simulation that does not find it proves nothing."""
    good, bad = SPOILT[name]
    text = QUEUE.read_text(encoding="utf-8")
    assert text.count(good) == 1, f"the queue has changed: {good!r} is not in it once"
    target = folder / f"queue-{name}.mjs"
    target.write_text(text.replace(good, bad), encoding="utf-8")
    return target


SPOILT = {
    # whatever the answer is, what was sent is taken for done: a 4xx, a portal's page, a lost connection
    "deletes": (
        "return this.#failed(scans.some(({ scan_id }) => results?.some((each) => each.scan_id === scan_id)));\n",
        "{ await store.done(scans.map((each) => each.scan_id), []); await this.refresh(); return true; }\n",
    ),
    # each try has an id of its own, so the server cannot tell a repeat from a new scan
    "new-ids": (
        "send(scans, this.waiting)).catch(() => null)",
        (
            "send(scans.map((each) => ({ ...each, scan_id: crypto.randomUUID() })), this.waiting)).catch(() => null)"
            ".then((all) => all?.map((each, n) => ({ ...each, scan_id: scans[n].scan_id })))"
        ),
    ),
    # the newest first
    "order": ("await store.oldest(this.#most)", "(await store.all()).reverse().slice(0, 3)"),
    # what one answer leaves out goes with what it names
    "all-or-nothing": ("pairs.map(([scan]) => scan.scan_id)", "scans.map((each) => each.scan_id)"),
}

"""Child: the process in which photos are decoded. It may die of a photo; nothing else does.

    python -m scanner.barcode.image.child

It knows no secret and no database, cannot write a file or a core dump, and has little memory and processor time.
"""

from __future__ import annotations

import resource
import sys
from typing import Any, Final

from scanner.barcode.image import engines, wire
from scanner.barcode.image.cascade import Clock, read_view
from scanner.barcode.image.photo import open_photo
from scanner.refusals import Refusal

MEMORY_BYTES: Final = 1024**3  # of address space, libraries included; the largest photo allowed takes half of it
CPU_S: Final = 3  # for one photo; the web process gives up before that


def main() -> None:
    """Answer photos until the web process is gone."""
    incoming, outgoing = sys.stdin.buffer, sys.stdout.buffer
    _limit_for_good()
    outgoing.write(wire.answer({"engines": ["zxing", "zbar"] if engines.has_zbar() else ["zxing"]}))
    outgoing.flush()
    while (question := wire.asked(incoming)) is not None:
        _limit_time()
        outgoing.write(wire.answer(_answer(*question)))
        outgoing.flush()


def _limit_for_good() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time() -> None:
    """Processor time counts from the process's start, so each photo moves the end on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + CPU_S, hard))


def _answer(data: bytes, budget_ms: float) -> dict[str, Any]:
    clock = Clock(budget_ms)
    try:
        return {"codes": [code.as_json() for code in read_view(open_photo(data), clock)]}
    except Refusal as refusal:
        return wire.refused(refusal)
    except MemoryError:
        return wire.refused(Refusal("photo_unread"))


if __name__ == "__main__":
    main()

"""The long trials, one after the other, with the machine, the seed and the figures of each; 1 when one was not good.

make soak                                    everything at full length: hours
make soak ARGS="--quick"                     everything, some minutes
make soak ARGS="--only kills,hosts --seed 7"
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from pathlib import Path

from tools.bench import print_machine

ROOT = Path(__file__).resolve().parents[1]

NOT_POSSIBLE = 77  # the exit code of a part that this machine has no means for

# the module, its words at full length, its words for a look
PARTS: dict[str, tuple[str, list[str], list[str]]] = {
    "days": ("tools.simulate", ["--seeds", "20000"], ["--seeds", "200"]),
    "days on PostgreSQL": (
        "tools.simulate",
        ["--seeds", "2000", "--engine", "postgresql"],
        ["--seeds", "50", "--engine", "postgresql"],
    ),
    "kills": ("tools.soak_kills", [], ["--kills", "12", "--scans", "2000"]),
    "browser": ("tools.bad_days", ["--days", "100"], ["--days", "5"]),
    "stale": ("tools.stale", [], ["--scans", "2000"]),
    "hosts": ("tools.two_hosts", ["--turns", "20"], ["--turns", "1"]),
    "printing": ("tests.labels.killing", [], ["--jobs", "500", "--every", "50"]),
    "printing on PostgreSQL": ("tests.labels.killing", ["--postgresql"], ["--jobs", "500", "--postgresql"]),
}


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help=f"some of: {', '.join(PARTS)}; separated by commas")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    wanted = [name.strip() for name in options.only.split(",")] if options.only else list(PARTS)
    if unknown := set(wanted) - set(PARTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    print_machine()
    bad = [name for name in wanted if not _run(name, options.seed, is_quick=options.quick)]
    print(f"seed {options.seed}: {'all good' if not bad else 'NOT GOOD: ' + ', '.join(bad)}")
    raise SystemExit(1 if bad else 0)


def _run(name: str, seed: int, *, is_quick: bool) -> bool:
    """Whether a part was good. One that cannot run here says so and counts as good."""
    module, full, quick = PARTS[name]
    print(f"--- {name}, seed {seed}", flush=True)
    began = time.monotonic()
    words = quick if is_quick else full
    done = subprocess.run([sys.executable, "-m", module, *words, "--seed", str(seed)], cwd=ROOT, check=False)
    print(f"--- {name}: {time.monotonic() - began:,.0f} s\n", flush=True)
    return done.returncode in (0, NOT_POSSIBLE)


if __name__ == "__main__":
    main()

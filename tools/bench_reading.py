"""Measure reading: photos with known text, and labels spoiled more and more, beside both engines as they are shipped.

    make bench-reading                                   all of it
    make bench-reading ARGS="--photos /some/folder"      photos elsewhere: a folder with a truth.json
    make bench-reading ARGS="--quick"                    every tenth photo and a few labels, to see that it runs

Everything is measured in one run on one machine, on the same bytes, so ratios count, not times. The bound is what any
engine reads in any of many changed views of a photo: no choice of looks can do better with these engines.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

import zxingcpp
from PIL import Image, ImageFilter, ImageOps

from scanner.barcode import keys
from scanner.barcode.image import BUDGET_MS, cascade, engines, photo, read_photo
from scanner.barcode.image.engines import Reading
from scanner.barcode.image.view import View
from scanner.refusals import Refusal
from tools import pictures
from tools.bench import print_machine

ROOT = Path(__file__).resolve().parents[1]
PHOTOS = Path(os.environ.get("SCANDOCK_SHARED", ROOT.parent / "shared")) / "data" / "photos"
RETAIL = ("EAN13", "EAN8", "UPCA", "UPCE")
UP_TO_MP = 2.0
SHARE = 0.9  # of a spoiled label's tries that must be read for it to count as readable
AIMS = (("right beside the better engine", 1.08), ("right beside the bound", 0.91), ("wrong beside pyzbar", 1 / 3))


def main() -> None:
    """Run what was asked for and print it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    parser.add_argument(
        "--half", choices=("even", "odd"), help="only every second photo: choose on one, confirm on the other"
    )
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    print_machine()
    print(f"load {os.getloadavg()[0]:.1f}; zxing-cpp {version('zxing-cpp')}, zbar: {engines.has_zbar()}\n")
    if (options.photos / "truth.json").exists():
        bench_photos(options.photos, {"even": 0, "odd": 1}.get(options.half), quick=options.quick)
    else:
        print(f"No photos with known text in {options.photos}: give --photos. Labels made here follow.\n")
    bench_labels(quick=options.quick)


# --- photos with known text ------------------------------------------------------------------------------------------


@dataclass
class Score:
    """What one way of reading made of all photos."""

    right: set[str] = field(default_factory=set)
    wrong: set[str] = field(default_factory=set)
    ghosts: set[str] = field(default_factory=set)
    ms: dict[str, float] = field(default_factory=dict)


def bench_photos(folder: Path, half: int | None, *, quick: bool) -> None:
    """Photos: share right, wrong reads, ghosts, time; by symbology and beside the engines and the bound."""
    truth = sorted(json.loads((folder / "truth.json").read_text()), key=lambda entry: entry["file"])
    truth = truth[:: 10 if quick else 1] if half is None else truth[half::2]
    ways: dict[str, Callable[[bytes], set[str]]] = {
        "pyzbar as shipped": by_pyzbar,
        "zxing-cpp with defaults": by_zxing,
        "read_photo": by_us,
        "bound": by_anything,
    }
    scores = {name: Score() for name in ways}
    sizes = {}
    by_us((folder / truth[0]["file"]).read_bytes())  # the child starts
    for entry in truth:
        data = (folder / entry["file"]).read_bytes()
        with Image.open(BytesIO(data)) as image:
            sizes[entry["file"]] = image.width * image.height / 1e6
        for name, way in ways.items():
            started = time.perf_counter()
            _judge(scores[name], entry, way(data), (started, time.perf_counter))
    _print_photos(truth, scores, sizes)


def _judge(score: Score, entry: dict[str, Any], said: set[str], clock: tuple[float, Callable[[], float]]) -> None:
    name = entry["file"]
    score.ms[name] = (clock[1]() - clock[0]) * 1000
    wanted = None if entry["text"] is None else same(entry["symbology"], entry["text"])
    if wanted in said:
        score.right.add(name)
    if said - {wanted}:
        (score.ghosts if wanted is None else score.wrong).add(name)


def same(symbology: str, text: str) -> str:
    """One text for all ways in which engines, and truths, write the same code."""
    name = "".join(filter(str.isalnum, symbology)).upper()
    if name in RETAIL and keys.is_digits(text):
        return (keys.expand_upc_e(text) or text if name == "UPCE" else text).zfill(14)
    text = text.replace("\x1d", "")
    if name.startswith("DATABAR"):
        text = text.replace("(", "").replace(")", "")
        return text.removeprefix("01") if len(text) == 16 else text
    return text


def by_pyzbar(data: bytes) -> set[str]:
    """The library as its own examples use it."""
    if not engines.has_zbar():
        return set()
    from pyzbar import pyzbar

    found = pyzbar.decode(Image.open(BytesIO(data)))
    return {same(code.type.replace("_EXP", ""), code.data.decode("utf-8", "replace")) for code in found}


def by_zxing(data: bytes) -> set[str]:
    """The library with its defaults; plain text, since the default's brackets are for people."""
    image = Image.open(BytesIO(data))
    is_taken = image.mode in ("L", "RGB")
    found = zxingcpp.read_barcodes(image if is_taken else image.convert("RGB"), text_mode=zxingcpp.TextMode.Plain)
    return {same(code.format.name, code.text) for code in found}


def by_us(data: bytes) -> set[str]:
    """The product, through its child process."""
    try:
        return {same(code.symbology, code.raw) for code in read_photo(data)}
    except Refusal as refusal:
        print(f"refused: {refusal}")
        return set()


def by_anything(data: bytes) -> set[str]:
    """Every engine in every view, whatever it takes."""
    upright = photo.open_photo(data)
    base = cascade.base_of(upright)
    said = {same(reading.symbology, reading.raw) for view in _views(base) for reading in _all_engines(view)}
    return said | by_zxing(data) | by_pyzbar(data)


def _all_engines(view: View) -> Iterable[Reading]:
    yield from engines.zxing(view, thorough=True)
    yield from engines.zxing(view, thorough=False)
    yield from engines.zbar(view)


def _views(base: View) -> Iterable[View]:
    yield base
    for change in (
        cascade.calmed,
        cascade.evened,
        cascade.black_and_white,
        cascade.sharpened,
        ImageOps.invert,
        functools.partial(ImageOps.autocontrast, cutoff=1),
        ImageOps.equalize,
        lambda image: image.filter(ImageFilter.MedianFilter(3)),
    ):
        yield base.filtered(change)
    for factor in (0.5, 0.67, *((2, 3) if base.size_mp < 0.7 else ())):
        yield base.scaled(factor)
    for degrees in (-20, 20, 45):
        yield base.turned(degrees)
    yield cascade.averaged(base)


def _print_photos(truth: list[dict[str, Any]], scores: dict[str, Score], sizes: dict[str, float]) -> None:
    with_code = [entry for entry in truth if entry["text"] is not None]
    print(f"{len(with_code)} photos with a known code, {len(truth) - len(with_code)} without any\n")
    print("| | right | share | wrong | ghosts | median ms | p95 ms |\n|---|---|---|---|---|---|---|")
    for name, score in scores.items():
        ms = [score.ms[file] for file in score.ms if sizes[file] <= UP_TO_MP]
        share = len(score.right) / max(1, len(with_code))
        row = (len(score.right), f"{share:.1%}", len(score.wrong), len(score.ghosts), f"{statistics.median(ms):.1f}")
        print(f"| {name} | {' | '.join(map(str, row))} | {percentile(ms, 0.95):.0f} |")
    _print_by_symbology(with_code, scores)
    ours, bound, zbar = scores["read_photo"], scores["bound"], scores["pyzbar as shipped"]
    better = max(len(zbar.right), len(scores["zxing-cpp with defaults"].right), 1)
    ms = [ours.ms[file] for file in ours.ms if sizes[file] <= UP_TO_MP]
    print(f"\nright beside the better engine {len(ours.right) / better:.3f} (aim {AIMS[0][1]})", end="; ")
    print(f"beside the bound {len(ours.right) / max(1, len(bound.right)):.3f} (aim {AIMS[1][1]})", end="; ")
    print(
        f"wrong {len(ours.wrong)} of pyzbar's {len(zbar.wrong)} (aim a third); ghosts {len(ours.ghosts)} (aim 0)",
        end="; ",
    )
    print(f"p95 {percentile(ms, 0.95):.0f} ms up to {UP_TO_MP:.0f} MP (aim {BUDGET_MS})\n")


def _print_by_symbology(with_code: list[dict[str, Any]], scores: dict[str, Score]) -> None:
    print(f"\n| right, by symbology | {' | '.join(scores)} | median ms | p95 ms |\n|{'---|' * (len(scores) + 3)}")
    for symbology in sorted({entry["symbology"] for entry in with_code}):
        files = {entry["file"] for entry in with_code if entry["symbology"] == symbology}
        counts = " | ".join(str(len(score.right & files)) for score in scores.values())
        ms = [scores["read_photo"].ms[file] for file in files]
        print(f"| {symbology} ({len(files)}) | {counts} | {statistics.median(ms):.1f} | {percentile(ms, 0.95):.0f} |")


def percentile(values: list[float], share: float) -> float:
    """The value below which that share of `values` lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


# --- labels made here ------------------------------------------------------------------------------------------------

LABELS = ("EAN13", "Code128", "GS1-128", "Code39", "ITF", "QRCode", "DataMatrix")
Spoil = Callable[[Image.Image, float], Image.Image]


def _small(image: Image.Image, px: float) -> Image.Image:
    """A label of 8 pixels a module, photographed at fewer."""
    size = (round(image.width * px / 8), round(image.height * px / 8))
    return pictures.noisy(image.resize(size, Image.Resampling.BOX), 3)


def _at_3_px(change: Spoil) -> Spoil:
    return lambda image, level: pictures.noisy(change(_small(image, 3), level), 3)


# name: how, from the easiest to the hardest
LADDERS: dict[str, tuple[Spoil, tuple[float, ...]]] = {
    "least pixels a module": (_small, (4, 3, 2.5, 2, 1.75, 1.5, 1.35, 1.2, 1.1, 1)),
    "most blur, radius in modules": (
        _at_3_px(lambda image, m: pictures.blurred(image, m * 3)),
        (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    ),
    "most skew, degrees": (_at_3_px(pictures.turned), (5, 10, 15, 20, 30, 45)),
    "least contrast": (_at_3_px(pictures.dim), (0.5, 0.2, 0.1, 0.06, 0.04, 0.03)),
    "most noise, sigma": (_at_3_px(pictures.noisy), (10, 20, 40, 60, 80, 100, 120)),
}


def bench_labels(*, quick: bool) -> None:
    """How far a label may be spoiled until fewer than nine in ten tries are read."""
    tries = 3 if quick else 10
    for ladder, (spoil, levels) in LADDERS.items():
        print(
            f"| {ladder} (read in at least {SHARE:.0%} of {tries}) | zbar | zxing-cpp | read_photo |\n|---|---|---|---|"
        )
        for name in LABELS[: 2 if quick else None]:
            limits = [_limit(way, name, spoil, levels, tries) for way in (_zbar_only, _zxing_only, _ours)]
            print(f"| {name} | {' | '.join(limits)} |")
        print()


def _limit(
    way: Callable[[Image.Image], set[str]], name: str, spoil: Spoil, levels: tuple[float, ...], tries: int
) -> str:
    passed = "-"
    wanted = pictures.SAMPLES[name][2]
    for level in levels:
        if sum(wanted in way(_try(name, spoil, level, number)) for number in range(tries)) < SHARE * tries:
            break
        passed = f"{level:g}"
    return passed


@functools.cache
def _try(name: str, spoil: Spoil, level: float, number: int) -> Image.Image:
    """One photo. Each try lies elsewhere between the pixels."""
    label = pictures.label(name, 8)
    desk = Image.new("L", (label.width + 80, label.height + 80), pictures.DESK)
    desk.paste(label, (40 + number, 40 + (number * 7) % 10))
    return spoil(desk, level)


def _zbar_only(image: Image.Image) -> set[str]:
    return {reading.raw for reading in engines.zbar(View(image))}


def _zxing_only(image: Image.Image) -> set[str]:
    return {reading.raw for reading in engines.zxing(View(image), thorough=True)}


def _ours(image: Image.Image) -> set[str]:
    return {code.raw for code in cascade.read_view(View(image), cascade.Clock(BUDGET_MS))}


if __name__ == "__main__":
    main()

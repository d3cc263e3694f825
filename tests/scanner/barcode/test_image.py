"""Photos: every symbology, every way a photo is bad, everything that is no photo, and a reader that may die."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from scanner.barcode import read
from scanner.barcode.image import MOST_BYTES, ReadCode, cascade, engines, keeper, photo, read_photo, region, votes
from scanner.barcode.image.engines import Reading
from scanner.barcode.image.view import View
from scanner.refusals import Refusal
from tools.pictures import (
    SAMPLES,
    F,
    blurred,
    dim,
    encoded,
    label,
    noisy,
    photo_of,
    shaded,
    symbol,
    turned,
)

ROOT = Path(__file__).resolve().parents[3]
PHOTOS = Path(os.environ.get("SCANDOCK_SHARED", ROOT.parent / "shared")) / "data" / "photos"
PATIENCE_MS = 5_000  # where the rule is what can be read, not how fast: the machine may be busy
HANG_S = 2.0
CHANCE = random.Random(1)  # noqa: S311 - no secret


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """The child runs, so that no test's time holds its start."""
    read_photo(encoded(photo_of(label("EAN13"))), budget_ms=PATIENCE_MS)


def codes(image: Image.Image, budget_ms: float = PATIENCE_MS) -> list[ReadCode]:
    return read_photo(encoded(image), budget_ms=budget_ms)


def raws(image: Image.Image) -> list[str]:
    return [code.raw for code in codes(image)]


def refusal(data: bytes) -> str:
    with pytest.raises(Refusal) as refused:
        read_photo(data)
    return refused.value.code


# --- what a code says ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_every_symbology_is_read_with_its_text_and_identifier(name: str) -> None:
    _kind, _text, raw, aim = SAMPLES[name]
    (code,) = codes(photo_of(label(name)))
    assert (code.raw, code.aim) == (raw, aim)
    assert code.is_sure


@pytest.mark.parametrize("name", ["EAN13", "EAN8", "UPCA", "UPCE"])
def test_a_retail_code_says_its_gtin_14_and_finds_what_a_wedge_scan_finds(name: str) -> None:
    (code,) = codes(photo_of(label(name)))
    wedge = read(SAMPLES[name][2], name)
    assert code.text == code.gtin == wedge.gtin
    assert read(code.raw, code.aim).gtin == read(code.text, code.aim).gtin == wedge.gtin


def test_gs1_data_is_told_from_plain_data_that_looks_like_it() -> None:
    gs1 = symbol(F.Code128, "(01)04006381333931(10)B7", is_gs1=True)
    plain = symbol(F.Code128, "010400638133393110B7")
    (first,), (second,) = codes(photo_of(gs1)), codes(photo_of(plain))
    assert first.raw == second.raw == "010400638133393110B7"
    assert (first.aim, second.aim) == ("]C1", "]C0")
    assert read(first.raw, first.aim).kind == "gs1"
    assert read(second.raw, second.aim).kind == "plain"


@pytest.mark.parametrize("name", ["GS1-128", "GS1 QR", "GS1 DataMatrix", "Digital Link", "DataBarExp", "DataBarOmni"])
def test_gs1_fields_of_a_photo_are_those_of_a_scan(name: str) -> None:
    (code,) = codes(photo_of(label(name)))
    scan = read(code.raw, code.aim)
    assert scan.gtin == ("04412345678909" if name == "DataBarOmni" else "04006381333931")


def test_bytes_that_are_no_text_and_control_characters_arrive_and_no_scan_takes_them() -> None:
    (binary,) = codes(photo_of(symbol(F.QRCode, b"\xff\xfe\x00\x81", 5)))
    assert binary.text == "\xff\xfe\x00\x81"
    (control,) = codes(photo_of(symbol(F.DataMatrix, "A\x02B\x07C", 6)))
    assert control.text == "A\x02B\x07C"


def test_a_large_qr_code_is_read_whole() -> None:
    text = "".join(CHANCE.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=2900))
    (code,) = codes(photo_of(symbol(F.QRCode, text.encode(), 4), size=(900, 900)))
    assert code.text == text


def test_five_codes_are_all_returned_from_top_to_bottom() -> None:
    names = ["EAN13", "Code128", "QRCode", "ITF", "DataMatrix"]
    found = codes(photo_of(*(label(name) for name in names), size=(1000, 2000)))
    assert [code.raw for code in found] == [SAMPLES[name][2] for name in names]


def test_no_code_no_answer() -> None:
    assert codes(photo_of()) == []
    assert codes(noisy(photo_of(), 60)) == []


# --- how a photo may be bad ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [0, 20, 45, 70, 90, 135, 180, 250])
@pytest.mark.parametrize("name", ["EAN13", "Code128", "QRCode", "DataMatrix"])
def test_a_label_is_read_at_any_angle(name: str, degrees: float) -> None:
    assert raws(turned(photo_of(label(name)), degrees)) == [SAMPLES[name][2]]


SPOILED: dict[str, Callable[[Image.Image], Image.Image]] = {
    "blurred": lambda image: blurred(image, 1.6),
    "noisy": lambda image: noisy(image, 45),
    "in shade": lambda image: noisy(shaded(image), 5),
    "with little contrast": lambda image: noisy(dim(image, 0.12), 2),
    "inverted": ImageOps.invert,
    "small": lambda image: image.resize((image.width // 2, image.height // 2), Image.Resampling.BOX),
}


@pytest.mark.parametrize("how", SPOILED)
@pytest.mark.parametrize("name", ["EAN13", "Code128", "QRCode"])
def test_a_spoiled_photo_is_read(name: str, how: str) -> None:
    assert raws(SPOILED[how](photo_of(label(name)))) == [SAMPLES[name][2]]


@pytest.mark.parametrize("turn", range(1, 9))
def test_exif_orientation_is_heeded_and_corners_lie_in_the_upright_photo(turn: int) -> None:
    upright = photo_of(label("EAN13"), size=(900, 600))
    undo = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
    stored = upright.transpose(photo._TURNS[undo[turn]]) if turn > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = turn
    (code,) = read_photo(encoded(stored, "JPEG", exif=exif, quality=95), budget_ms=PATIENCE_MS)
    assert code.raw == SAMPLES["EAN13"][2]
    (plain,) = codes(upright)
    assert _middle(code) == pytest.approx(_middle(plain), abs=12)


def test_corners_lie_in_the_original_however_large_and_turned_it_is() -> None:
    one = label("EAN13", 4)
    desk = Image.new("L", (4000, 3000), 150)
    desk.paste(one, (3000, 2000))
    for image, expected in ((desk, (3000 + one.width / 2, 2000 + one.height / 2)), (turned(photo_of(one), 45), None)):
        (code,) = codes(image)
        x, y = expected or (image.width / 2, image.height / 2 - 200)
        assert _middle(code) == pytest.approx((x, y), abs=150 if expected is None else 25)


def _middle(code: ReadCode) -> tuple[float, float]:
    xs, ys = zip(*code.corners, strict=True)
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def test_a_small_label_in_a_large_photo_is_found() -> None:
    desk = Image.new("L", (4000, 3000), 150)
    desk.paste(label("Code128", 2), (2600, 1900))
    assert raws(noisy(desk, 8)) == [SAMPLES["Code128"][2]]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "CMYK", "P", "1", "L", "LA", "I;16"])
def test_every_mode_of_pixels_is_read(mode: str) -> None:
    image = photo_of(label("EAN13"))
    if mode == "I;16":
        image = image.convert("I").point(lambda value: value * 257).convert("I;16")
    elif mode == "LA":
        clear = Image.new("L", image.size, 0)  # dark and clear: only paper behind it makes the bars visible
        clear.putalpha(ImageOps.invert(image).point(lambda value: 255 if value > 200 else 0))
        image = clear
    else:
        image = image.convert(mode)
    data = encoded(image, "JPEG" if mode == "CMYK" else "PNG")
    assert [code.raw for code in read_photo(data, budget_ms=PATIENCE_MS)] == [SAMPLES["EAN13"][2]]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF"])
def test_every_format_that_is_allowed_is_read(kind: str) -> None:
    assert [code.raw for code in read_photo(encoded(photo_of(label("EAN13")), kind), budget_ms=PATIENCE_MS)] == [
        SAMPLES["EAN13"][2]
    ]


def test_a_jpeg_with_a_second_picture_in_it_is_a_photo() -> None:
    image = photo_of(label("EAN13"))
    data = encoded(image, "MPO", save_all=True, append_images=[image.resize((100, 75))])
    assert [code.raw for code in read_photo(data, budget_ms=PATIENCE_MS)] == [SAMPLES["EAN13"][2]]


# --- what is no photo ------------------------------------------------------------------------------------------------


def test_what_is_no_photo_is_refused_with_its_reason() -> None:
    whole = encoded(photo_of(label("EAN13")).convert("RGB"), "JPEG")
    frames = [photo_of(label(name)) for name in ("EAN13", "EAN8")]
    assert refusal(b"") == "photo_empty"
    assert refusal(b"hello, this is no picture") == "photo_no_image"
    assert refusal(b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>') == "photo_no_image"
    assert refusal(b"%PDF-1.7 ...") == "photo_no_image"
    assert refusal(encoded(frames[0], "TIFF")) == "photo_no_image"
    assert refusal(whole[: len(whole) // 2]) == "photo_broken"
    assert refusal(b"\xff\xd8" + b"x" * MOST_BYTES) == "photo_too_large"
    for kind in ("GIF", "WEBP", "PNG"):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=80)
        assert refusal(data) == "photo_animated", kind


def test_a_bomb_is_refused_before_a_pixel_is_decoded() -> None:
    wide, long = _png_of(20_000, 10_000), _png_of(200_000, 10)
    started = time.monotonic()
    assert refusal(wide) == "photo_too_many_pixels"
    assert refusal(long) == "photo_too_many_pixels"
    assert time.monotonic() - started < HANG_S


def test_a_bomb_within_the_limits_does_no_harm() -> None:
    """64 million pixels in 60 kB: decoded within the child's memory and time, or not at all."""
    bomb = _png_of(8000, 8000, whole=True)
    started = time.monotonic()
    with contextlib.suppress(Refusal):
        assert read_photo(bomb) == []
    assert time.monotonic() - started < HANG_S + 1
    assert raws(photo_of(label("EAN13"))) == [SAMPLES["EAN13"][2]]


def _png_of(width: int, height: int, *, whole: bool = False) -> bytes:
    """A PNG whose header promises so many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = zlib.compress(b"\0" * ((width * 3 + 1) * height), 9) if whole else zlib.compress(b"\0" * 1000)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_damaged_exif_data_spoils_no_photo() -> None:
    image = photo_of(label("EAN13"))
    whole = encoded(image, "JPEG", exif=b"Exif\0\0" + CHANCE.randbytes(60))
    assert [code.raw for code in read_photo(whole, budget_ms=PATIENCE_MS)] == [SAMPLES["EAN13"][2]]


def test_mutated_files_end_in_codes_or_a_refusal_and_never_hang() -> None:
    rng = random.Random(20261124)  # noqa: S311 - chance, not secrecy
    seeds = [
        encoded(photo_of(label(name, 2), size=(500, 300)), kind)
        for name, kind in zip(("EAN13", "QRCode", "Code128", "ITF", "PDF417"), photo.FORMATS, strict=True)
    ]
    for round_ in range(150):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.choice((1, 3, 10, 60))):
            at = rng.randrange(len(data)) if rng.random() < 0.5 else rng.randrange(min(200, len(data)))
            data[at] = rng.randrange(256)
        if rng.random() < 0.2:
            del data[rng.randrange(len(data)) :]
        started = time.monotonic()
        with contextlib.suppress(Refusal):
            read_photo(bytes(data))
        assert time.monotonic() - started < HANG_S + 1, round_


# --- the child -------------------------------------------------------------------------------------------------------


def _child() -> subprocess.Popen[bytes]:
    child = keeper._keeper._child
    assert child is not None
    return child


def test_a_child_that_was_killed_between_two_photos_is_started_anew() -> None:
    before = _child()
    before.kill()
    before.wait()
    assert raws(photo_of(label("EAN13"))) == [SAMPLES["EAN13"][2]]
    assert _child().pid != before.pid


def test_a_child_that_dies_or_hangs_in_the_middle_of_a_photo_harms_only_that_photo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = encoded(photo_of(label("EAN13")))
    for how in (signal.SIGKILL, signal.SIGSTOP):
        read_photo(data)
        monkeypatch.setattr(keeper, "HANG_S", 0.5)
        child = _child()
        os.kill(child.pid, signal.SIGSTOP)  # it is in the middle now, however fast it is
        if how == signal.SIGKILL:
            threading.Timer(0.2, child.kill).start()
        started = time.monotonic()
        assert refusal(data) == "photo_unread"
        assert time.monotonic() - started < HANG_S
        assert child.poll() is not None, "it was left behind"
    assert [code.raw for code in read_photo(data, budget_ms=PATIENCE_MS)] == [SAMPLES["EAN13"][2]]


def test_the_child_has_its_limits_and_no_secret() -> None:
    pid = _child().pid
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
    limits = {line[:25].strip(): line[26:46].strip() for line in lines}
    assert int(limits["Max address space"]) <= 1024**3
    assert int(limits["Max file size"]) == int(limits["Max core file size"]) == 0
    assert int(limits["Max cpu time"]) < 300
    names = {entry.split(b"=")[0] for entry in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") if entry}
    assert names <= {name.encode() for name in (*keeper.PASSED_ON, "LANG")}


def test_threads_that_send_photos_at_once_get_their_own_answers() -> None:
    names = ["EAN13", "Code128", "QRCode", "DataMatrix"] * 2
    got: dict[int, list[str]] = {}

    def one(number: int) -> None:
        got[number] = raws(photo_of(label(names[number])))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(names))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [got[number] for number in range(len(names))] == [[SAMPLES[name][2]] for name in names]


def test_a_fork_starts_a_child_of_its_own() -> None:
    read_photo(encoded(photo_of(label("EAN13"))))
    before = keeper._keeper
    keeper._forget()
    try:
        assert keeper._keeper is not before
        assert raws(photo_of(label("EAN13"))) == [SAMPLES["EAN13"][2]]
        assert _child().pid != before._child.pid  # type: ignore[union-attr] # it runs: it has just read
    finally:
        keeper._keeper.end()
        keeper._keeper = before


def test_the_web_process_loads_no_image_library() -> None:
    program = (
        "import sys, scanner.barcode.image as i; i.read_photo(open(sys.argv[1], 'rb').read());"
        "print([m for m in ('PIL', 'zxingcpp', 'pyzbar') if m in sys.modules])"
    )
    path = ROOT / "static" / "icons" / "scandock-192.png"
    out = subprocess.run([sys.executable, "-c", program, path], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_without_libzbar_photos_are_read_by_one_engine_and_the_log_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    (tmp_path / "pyzbar").mkdir()
    (tmp_path / "pyzbar" / "__init__.py").write_text("raise ImportError('Unable to find zbar shared library')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(keeper, "PASSED_ON", (*keeper.PASSED_ON, "PYTHONPATH"))
    monkeypatch.setattr(keeper, "_told", set())
    alone = keeper.Keeper()
    monkeypatch.setattr(keeper, "_keeper", alone)
    try:
        with caplog.at_level(logging.WARNING):
            found = [codes(photo_of(label(name)))[0] for name in ("EAN13", "Code128")]
            alone.end()
            codes(photo_of(label("EAN13")))
    finally:
        alone.end()
    assert [(code.engine, code.raw) for code in found] == [("zxing", SAMPLES[name][2]) for name in ("EAN13", "Code128")]
    assert len([record for record in caplog.records if "libzbar0" in record.message]) == 1


# --- the deadline ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("budget_ms", [60, 150])
def test_the_deadline_holds_on_a_photo_that_no_look_can_read(budget_ms: float) -> None:
    """Noise is the slowest: no look ends early. Twice the time is what one look too many would take."""
    view = View(noisy(photo_of(size=(1600, 1200)), 70))
    base = cascade.base_of(view)
    started = time.thread_time()
    engines.zxing(base, thorough=True)
    pace = max(1.0, (time.thread_time() - started) * 1000 / (cascade.THOROUGH * base.size_mp))
    took = []
    for _ in range(5):
        started = time.thread_time()
        cascade.read_view(view, cascade.Clock(budget_ms))
        took.append((time.thread_time() - started) * 1000)
    assert min(took) <= budget_ms * 1.2 * pace


def test_no_look_is_taken_that_would_end_too_late() -> None:
    clock = cascade.Clock(100)
    view = View(Image.new("L", (1000, 1000)))
    assert clock.has_room(cascade.Look("x", lambda: view, 1.0, engines.zbar, 60))
    assert not clock.has_room(cascade.Look("x", lambda: view, 2.0, engines.zbar, 60))


# --- votes -----------------------------------------------------------------------------------------------------------


def _reading(
    raw: str, symbology: str = "EAN13", engine: str = "zxing", quality: int | None = None, x: int = 0
) -> Reading:
    corners = ((x, 0), (x + 100, 0), (x + 100, 50), (x, 50))
    return Reading(symbology, raw, None, corners, engine, quality)


def test_two_engines_that_agree_are_sure_and_one_alone_is_not() -> None:
    found = votes.Votes()
    found.add([_reading("4006381333931")], "whole")
    assert [code.is_sure for code in found.codes()] == [False]
    found.add([_reading("4006381333931", engine="zbar", quality=3)], "whole")
    assert [code.is_sure for code in found.codes()] == [True]


def test_of_two_numbers_at_one_place_the_better_proven_stays() -> None:
    found = votes.Votes()
    found.add([_reading("4007817327098"), _reading("4001877327098", engine="zbar", quality=9)], "whole")
    found.add([_reading("4007817327098", engine="zbar", quality=9)], "part 0")
    assert [code.raw for code in found.codes()] == ["4007817327098"]


def test_codes_beside_each_other_both_stay() -> None:
    found = votes.Votes()
    found.add([_reading("4007817327098"), _reading("4006381333931", x=300)], "whole")
    assert len(found.codes()) == 2


@pytest.mark.parametrize(
    ("raw", "symbology", "engine", "quality"),
    [
        ("1234", "ITF", "zbar", 90),
        ("12345", "ITF", "zxing", None),
        ("A1", "Code39", "zxing", None),
        ("30712345", "ITF", "zbar", 1),
        ("4007817327099", "EAN13", "zxing", None),  # its check digit is wrong
    ],
)
def test_what_chance_makes_of_any_texture_is_no_code(
    raw: str, symbology: str, engine: str, quality: int | None
) -> None:
    found = votes.Votes()
    found.add([_reading(raw, symbology, engine, quality)], "whole")
    assert found.codes() == []


# --- where bars are --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [-80, -45, -20, 10, 33, 60])
def test_the_tilt_of_bars_is_seen(degrees: float) -> None:
    seen = region.tilt(turned(label("Code128", 4), degrees))
    assert (seen + degrees + 90) % 180 - 90 == pytest.approx(0, abs=3)


def test_the_densest_part_of_a_photo_holds_its_code() -> None:
    one = label("EAN13")
    desk = Image.new("L", (1200, 900), 150)
    desk.paste(one, (700, 500))
    left, top, right, bottom = region.dense_boxes(desk, 1)[0]
    bars = ImageOps.invert(one).getbbox()
    assert bars is not None
    assert left <= 700 + bars[0]
    assert top <= 500 + bars[1]
    assert right >= 700 + bars[2]
    assert bottom >= 500 + bars[3]
    assert (right - left) * (bottom - top) < 1200 * 900 / 3


# --- real photos -----------------------------------------------------------------------------------------------------


@pytest.fixture
def real() -> list[dict[str, str]]:
    if not (PHOTOS / "truth.json").exists():
        pytest.skip("the photos with known text are not beside the project (SCANDOCK_SHARED)")
    truth: list[dict[str, str]] = json.loads((PHOTOS / "truth.json").read_text())
    return truth


def test_real_photos_are_read_and_those_without_a_code_say_nothing(real: list[dict[str, str]]) -> None:
    some = [entry for entry in real if entry["text"]][::12]
    right = 0
    for entry in some:
        found = read_photo((PHOTOS / entry["file"]).read_bytes(), budget_ms=PATIENCE_MS)
        says = {code.raw for code in found} | {code.text for code in found} | {code.text.lstrip("0") for code in found}
        right += entry["text"].replace("(", "").replace(")", "") in says or entry["text"] in {s[2:] for s in says}
    assert right >= len(some) * 0.9
    for entry in [entry for entry in real if not entry["text"]]:
        assert read_photo((PHOTOS / entry["file"]).read_bytes(), budget_ms=PATIENCE_MS) == [], entry["file"]

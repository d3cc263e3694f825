"""ZPL, drawn by a renderer that is not ours (zpl-renderer-js, in Chromium), looks and reads as the label was meant."""

from __future__ import annotations

import base64
import gzip
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Route

from labels import picture, zpl
from labels.parts import Box, Code, Label, Media, Text
from labels.sketch import Sketch
from tests.labels.payloads import EXAMPLES, HOSTILE, KINDS, quick
from tests.labels.test_every_label import drawn, read

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

LIBRARY = next((Path(__file__).parents[1] / "labels" / "vendor").glob("zpl-renderer-js-*.js.gz"))
# The renderer knows whole dots per millimetre only: the same dots at 12 and 24 are 300 and 600 dpi for it.
DENSITY = {203: 8, 300: 12, 600: 24}
BATCH = 4
# A 4 x 6 inch label of 600 dpi takes the renderer seconds: such labels wait for the full run (SCANDOCK_LABEL_EXAMPLES).
SLOW = {(kind, 600) for kind in ("location", "unit", "shipment", "badge")}
CASES = [(kind, dpi) for dpi in DENSITY for kind in KINDS if (kind, dpi) not in SLOW or EXAMPLES[dpi] >= 100]
DRAW = """async jobs => {
  const {api} = await zpljs.ready;
  const made = [];
  for (const [job, width, height, density] of jobs) made.push(await api.zplToBase64Async(job, width, height, density));
  return made;
}"""
Render = Callable[[Sequence[Label]], list[Image.Image]]


@pytest.fixture(scope="module")
def render(chrome: Browser) -> Iterator[Render]:
    """Labels to pictures, through their ZPL jobs and the independent renderer."""
    script = gzip.decompress(LIBRARY.read_bytes())
    page = chrome.new_page()

    def answer(route: Route) -> None:
        if route.request.url.endswith("/renderer.js"):
            route.fulfill(body=script, content_type="text/javascript")
        else:
            route.fulfill(body='<script src="/renderer.js"></script>', content_type="text/html")

    page.route("**/*", answer)
    page.goto("http://zpl.test/")
    yield lambda labels: [_opened(text) for text in page.evaluate(DRAW, [_asked(label) for label in labels])]
    page.close()


def _asked(label: Label) -> list[object]:
    density = DENSITY[label.media.dpi]
    return [zpl.job(label).decode("ascii"), label.width / density, label.height / density, density]


def _opened(base64_png: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(base64_png))).convert("L")


@pytest.mark.parametrize(("kind", "dpi"), CASES)
def test_zpl_reads_as_asked_for_every_label(render: Render, kind: str, dpi: int) -> None:
    seen: list[int] = []

    @quick(dpi, share=BATCH * (1 if EXAMPLES[dpi] >= 100 else 3))
    @given(st.data())
    def check(data: st.DataObject) -> None:
        found = (drawn(data, kind, dpi) for _ in range(BATCH if dpi == 203 else 2))
        batch = [label for label in found if label is not None]
        for label, sheet in zip(batch, render(batch), strict=True):
            seen.append(1)
            assert sheet.size == (label.width, label.height)
            for code in label.codes:
                proven = picture.draw(label).convert("L").crop(code.box.corners)
                if ImageChops.difference(sheet.crop(code.box.corners), proven).getbbox() is None:
                    continue  # dot by dot what two engines have read
                assert read(sheet, code) == code.symbol.content, zpl.job(label)
                assert ink_box(sheet, code) == ImageChops.invert(proven).point(_black).getbbox()

    check()
    assert seen


def ink_box(sheet: Image.Image, code: Code) -> tuple[int, int, int, int] | None:
    """Where a symbol's ink lies in its box: native bars must be as wide and as high as those that were proven."""
    return ImageChops.invert(sheet.crop(code.box.corners)).point(_black).getbbox()


def _black(value: int) -> int:
    return 255 * (value > 127)


@pytest.mark.parametrize("words", [words for words in HOSTILE if words])
def test_no_text_gives_commands_to_a_printer(render: Render, words: str) -> None:
    """Beside its own box, a label with a hostile text is white."""
    media = Media(100, 30)
    sketch = Sketch("hostile", media)
    box = Box(80, 80, 500, 80)
    sketch.text(words, box, 3.0, lines=2, name="words")
    (sheet,) = render([sketch.done()])
    sheet.paste(255, box.inset(-1).corners)  # font 0 may begin one dot before its origin
    assert ImageChops.invert(sheet).getbbox() is None


def test_native_text_stays_in_its_box(render: Render) -> None:
    """Font 0 is at most a sixth wider than the font that texts are fitted with, whatever the letters."""
    lines = [
        "WWWWWWWWWW",
        "MMMMMMMM@@@@",
        "iiiiiiiiiillll",
        "The quick brown fox, 1234567890",
        "%%%&&&###QQQ",
        "gjpqy|_,;",
    ]
    labels = []
    for line in lines:
        sketch = Sketch(line, Media(150, 20))
        sketch.text(line, Box(40, 40, 1000, 60), 4.0, name="line")
        labels.append(sketch.done())
    for label, sheet in zip(labels, render(labels), strict=True):
        (said,) = label.parts
        assert isinstance(said, Text)
        own = ImageChops.invert(picture.draw(label).convert("L")).getbbox()
        theirs = ImageChops.invert(sheet).point(_black).getbbox()
        assert own is not None
        assert theirs is not None
        assert theirs[2] - said.box.x <= (own[2] - said.box.x) * 7 / 6
        assert said.box.y <= theirs[1]
        assert theirs[3] <= said.box.bottom


def test_a_graphic_arrives_dot_by_dot(render: Render) -> None:
    sketch = Sketch("graphic", Media(100, 50))
    sketch.text("日本 مرحبا ▲ Zażółć", Box(37, 41, 700, 120), 8.0, align="right", name="words")
    label = sketch.done()
    (sheet,) = render([label])
    assert ImageChops.difference(sheet, picture.draw(label).convert("L")).getbbox() is None

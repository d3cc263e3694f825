"""ZPL, drawn by a renderer that is not ours (zpl-renderer-js, in Chromium), looks and reads as the label was meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops
from playwright.sync_api import Browser

from labels import picture, zpl
from labels.parts import Box, Code, Label, Media, Text
from labels.sketch import Sketch
from tests.browser.zpl_renderer import Renderer
from tests.labels.payloads import EXAMPLES, HOSTILE, KINDS, quick
from tests.labels.test_every_label import drawn, read

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

Render = Callable[[Label], Image.Image]


@pytest.fixture(scope="module")
def renderer(chrome: Browser) -> Iterator[Renderer]:
    """The independent renderer."""
    started = Renderer(chrome)
    yield started
    started.close()


@pytest.fixture
def render(renderer: Renderer) -> Render:
    """A label to its picture, through its ZPL job and the independent renderer."""
    return renderer.draw


@pytest.mark.timeout(6 * 3600)
@pytest.mark.parametrize("dpi", EXAMPLES)
@pytest.mark.parametrize("kind", KINDS)
def test_zpl_reads_as_asked_for_every_label(
    render: Render, kind: str, dpi: int, record_property: Callable[[str, object], None]
) -> None:
    seen: list[bool | None] = []  # whether a label's symbols came out dot by dot; None where it was refused

    @quick(dpi, share=1 if EXAMPLES[dpi] >= 100 else 4)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        label = drawn(data, kind, dpi)
        seen.append(None if label is None else reads_as_asked(label, render(label)))

    check()
    for name, what in (("labels", (True, False)), ("of them dot by dot", (True,)), ("refused with a reason", (None,))):
        record_property(name, sum(each in what for each in seen))
    assert any(each is not None for each in seen)


def reads_as_asked(label: Label, sheet: Image.Image) -> bool:
    """Whether all symbols are the proven ones dot by dot; what is not must read the same, and be where it was meant."""
    assert sheet.size == (label.width, label.height)
    meant = picture.draw(label).convert("L")
    others = [code for code in label.codes if not is_same(sheet.crop(code.box.corners), meant.crop(code.box.corners))]
    for code in others:
        assert read(sheet, code) == code.symbol.content, zpl.job(label)
        assert ink_box(sheet, code) == ink_box(meant, code), zpl.job(label)
    return not others


def is_same(one: Image.Image, other: Image.Image) -> bool:
    """Whether two pictures are the same dot by dot."""
    return ImageChops.difference(one, other).getbbox() is None


def test_a_renderer_that_ends_at_one_label_draws_the_next(renderer: Renderer) -> None:
    """It ends where its 4 GB do: letters of 300 mm at 600 dpi cost 512 squares of their height."""
    label = with_words("M", 250, 600)
    drawn_before = renderer.draw(with_words("before", 10, 203))
    with pytest.raises(RuntimeError, match="the renderer ends at huge"):
        renderer.draw(label)
    assert is_same(renderer.draw(with_words("before", 10, 203)), drawn_before)


def test_a_renderer_that_has_ended_is_replaced_and_the_label_drawn(renderer: Renderer) -> None:
    label = with_words("again", 10, 203)
    meant = renderer.draw(label)
    assert renderer._page is not None
    renderer._page.evaluate("ended = Promise.resolve(null)")
    assert is_same(renderer.draw(label), meant)


def with_words(words: str, mm: float, dpi: int) -> Label:
    """A label with one line of words."""
    sketch = Sketch("huge", Media(500, 400, dpi))
    sketch.text(words, sketch.room, mm, name="words")
    return sketch.done()


def ink_box(sheet: Image.Image, code: Code) -> tuple[int, int, int, int] | None:
    """Where a symbol's ink lies in its box: native bars are as wide and as high as those that were proven."""
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
    sheet = render(sketch.done())
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
    for label in labels:
        sheet = render(label)
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
    assert is_same(render(label), picture.draw(label).convert("L"))

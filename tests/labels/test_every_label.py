"""Every label, with facts of every kind, at every resolution: nothing overlaps or leaves it, and all reads back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from labels import pdf, proof, symbols, text, zpl
from labels.parts import Box, Code, Fill, Label, Media, Rule, Symbol, Text
from labels.unit import ToteFacts, tote
from scanner.refusals import Refusal
from tests.labels.payloads import KINDS, RESOLUTIONS, quick

REFUSED = {"label_too_small", "label_bad_content"}  # the honest ways out; label_unreadable is a fault of ours


@pytest.mark.parametrize("dpi", RESOLUTIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_label_keeps_its_parts_apart_and_reads_back(
    kind: str, dpi: int, record_property: Callable[[str, object], None]
) -> None:
    made: list[bool] = []

    @quick(dpi)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        label = drawn(data, kind, dpi)
        made.append(label is not None)
        if label is None:
            return
        assert overlaps(label) == []
        assert outside(label) == []
        assert proof.prove(label).symbols
        zpl.job(label)
        if dpi == 300:
            reads_on_paper(label)

    check()
    record_property("labels", sum(made))
    record_property("refused with a reason", len(made) - sum(made))
    assert any(made), "every label was refused"


def drawn(data: st.DataObject, kind: str, dpi: int) -> Label | None:
    """A label, or None where it was refused for a reason that a person can mend."""
    try:
        return data.draw(KINDS[kind](dpi))
    except Refusal as refusal:
        if refusal.code not in REFUSED:
            raise
        return None


def overlaps(label: Label) -> list[tuple[str, str]]:
    """Parts that share a dot."""
    return [(a.name, b.name) for a, b in combinations(label.parts, 2) if a.box.overlaps(b.box)]


def outside(label: Label) -> list[str]:
    """Parts that leave the label, and texts that leave their box, by their ink."""
    page = Box(0, 0, label.width, label.height)
    said = [each for part in label.parts for each in ([part] if isinstance(part, Text) else inner(part))]
    wide = [
        each.name for each in said for line in each.lines if text.width(line, each.size, each.bold) > each.box.width
    ]
    return [part.name for part in label.parts if not page.holds(part.box)] + wide


def inner(part: object) -> tuple[Text, ...]:
    """The texts in a bar."""
    return part.text if isinstance(part, Fill) else ()


def reads_on_paper(label: Label) -> None:
    """The PDF, as a printer of the label's resolution would rasterise it, says the same."""
    page = pypdfium2.PdfDocument(pdf.pages([label]))[0]
    sheet = page.render(scale=label.media.dots_per_mm * 25.4 / 72, grayscale=True).to_pil()
    assert abs(sheet.width - label.width) <= 1
    assert abs(sheet.height - label.height) <= 1
    for code in label.codes:
        assert read(sheet, code) == code.symbol.content


def read(sheet: Image.Image, code: Code) -> str | None:
    """What one symbol of a rendered label says; None for nothing, or for the wrong kind of symbol."""
    found = zxingcpp.read_barcodes(
        sheet.crop(code.box.corners),
        formats=zxingcpp.BarcodeFormats(symbols.FORMATS[code.symbol.kind]),
        text_mode=zxingcpp.TextMode.Plain,
        try_rotate=False,
    )
    if len(found) != 1 or found[0].symbology_identifier not in symbols.AIMS[code.symbol.kind]:
        return None
    said: str = found[0].text
    return said.removeprefix("0") if code.symbol.kind == "upca" else said


def test_ink_in_the_quiet_zone_is_found() -> None:
    label = a_tote()
    code = label.codes[-1]
    spoiled = replace(label, parts=(*label.parts, Rule(Box(code.box.x + 2, code.box.y + 5, 6, 30))))
    with pytest.raises(Refusal, match="label_unreadable"):
        proof.prove(spoiled)
    assert overlaps(spoiled) != []


def test_a_part_beyond_the_edge_is_found() -> None:
    label = a_tote()
    with pytest.raises(Refusal, match="label_too_small"):
        proof.prove(replace(label, parts=(*label.parts, Rule(Box(label.width - 5, 0, 6, 1)))))


@pytest.mark.parametrize("kind", ["code128", "datamatrix"])
def test_a_symbol_that_says_something_else_is_found(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = symbols.modules(Symbol(kind, "U000124V"))
    right = symbols.modules
    monkeypatch.setattr(symbols, "modules", lambda asked: wrong if asked.kind == kind else right(asked))
    with pytest.raises(Refusal, match="label_unreadable"):
        proof.prove(a_tote())


def test_without_zbar_the_proof_names_the_engine_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "zbar", lambda: None)
    found = proof.prove(a_tote())
    assert found.missing == ("zbar",)
    assert {facts.engines for facts in found.symbols} == {("zxing-cpp",)}


def a_tote() -> Label:
    """A plain label."""
    return tote(ToteFacts("000123", "U000123X"), Media(100, 50), is_copy=True)

"""The scanner check: a scanner that could mislead gets no profile, and is told what to mend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from labels.check_sheet import FORMATS, drawn
from scanner.barcode import layouts
from scanner.barcode.check_scanner import PROBLEMS, SYMBOLS, WARNINGS, Burst, Report, examine
from scanner.barcode.symbology import GS

AIMS = {"text": "]C0", "gs1": "]C1", "ean": "]E0", "own": "]C0"}
KEYS = [
    "Enter",
    "Tab",
    "F8",
    "F9",
    "Ctrl+]",
    "Ctrl+J",
    "Ctrl+M",
    "Alt+029",
    "Escape",
    GS,
    "\u241d",
    "a",
    "Q",
    "1",
    "|",
    "]",
]


def scans(
    *,
    gs: tuple[str, ...] = ("Ctrl+]",),
    end: tuple[str, ...] = ("Enter",),
    prefix: str = "",
    suffix: str = "",
    aims: bool = False,
    becomes: Callable[[str], str] = str,
) -> list[Burst]:
    """The four symbols as a scanner with these settings sends them."""
    bursts = []
    for symbol in SYMBOLS:
        text = becomes((AIMS[symbol.name] if aims else "") + symbol.data)
        keys = [key for char in text for key in (gs if char == GS else (char,))]
        tokens = (*prefix, *keys, *suffix, *end)
        bursts.append(Burst(symbol.name, tokens, (5,) * (len(tokens) - 1)))
    return bursts


def codes(report: Report) -> list[str]:
    return [problem.code for problem in report.problems]


def test_a_good_scanner_gets_its_profile_in_four_scans() -> None:
    found = examine(scans(aims=True))
    assert (codes(found), found.asks) == ([], None)
    assert found.profile is not None
    assert (found.profile.end, found.profile.sends_gs, found.profile.has_aim) == ("Enter", True, True)
    assert [row.state for row in found.rows] == ["ok"] * len(found.rows)


def test_symbols_are_asked_for_in_their_order_and_any_order_will_do() -> None:
    four = scans()
    assert [found.asks.name if (found := examine(four[:n])).asks else None for n in range(5)] == [
        *("text", "gs1", "ean", "own"),
        None,
    ]
    asked_wrong = [replace(burst, asked="text") for burst in reversed(four)]
    assert examine(asked_wrong).profile is not None


@pytest.mark.parametrize("mismatch", layouts.MISMATCHES, ids=str)
def test_every_wrong_layout_is_named_by_the_first_symbol(mismatch: tuple[str, str, bool]) -> None:
    found = examine(scans(becomes=lambda text: layouts.typed(text, mismatch))[:1])
    assert codes(found) == ["layout"]
    assert f"{mismatch[0]} and {mismatch[1]}" in found.problems[0].say
    assert examine(scans(becomes=lambda text: layouts.typed(text, mismatch))).profile is None


def test_a_layout_that_nobody_knows_is_found_as_well() -> None:
    dvorak = str.maketrans("qwyzQWYZ-/._:+", "',f;\"<F:[zv{S}")
    assert codes(examine(scans(becomes=lambda text: text.translate(dvorak))[:1])) == ["layout"]


@pytest.mark.parametrize(
    ("gs", "is_sent", "key", "text"),
    [
        (("Ctrl+]",), True, "", ""),
        ((GS,), True, "", ""),
        (("\u241d",), True, "", ""),
        (tuple("<GS>"), True, "", ""),
        (tuple("{GS}"), True, "", ""),
        (tuple("^]"), True, "", ""),
        (("F8",), True, "", ""),
        (("Alt+029",), True, "", ""),
        (("|",), True, "", "|"),
        (("F9",), True, "F9", ""),
        ((), False, "", ""),
    ],
)
def test_the_separator_is_known_in_every_form_or_known_to_be_lost(
    gs: tuple[str, ...], is_sent: bool, key: str, text: str
) -> None:
    found = examine(scans(gs=gs))
    assert codes(found) == ([] if is_sent else ["gs_lost"])
    assert found.profile is not None
    assert (found.profile.sends_gs, found.profile.gs_key, found.profile.gs_text) == (is_sent, key, text)


@pytest.mark.parametrize(
    ("code", "bursts"),
    [
        ("no_end", scans(end=())),
        ("sign_ends", scans(end=("#",))),
        ("end_varies", [*scans()[:3], *scans(end=("Tab",))[3:]]),
        ("caps_lock", scans(becomes=str.swapcase)),
        ("caps_lock", [replace(burst, has_caps=True) for burst in scans()]),
        ("case_changed", scans(becomes=str.upper)),
        ("lost_characters", scans(becomes=lambda text: text[:4] + text[5:])),
        ("no_check_digit", scans(becomes=lambda text: text[:-1] if text.startswith("950") else text)),
        ("affix_letters", scans(prefix="A1")),
        ("affix_varies", [*scans(prefix="j")[:2], *scans(prefix="d")[2:]]),
        ("gs_confusable", scans(gs=tuple("029"))),
        ("gs_confusable", scans(gs=("%",))),
        ("too_slow", [replace(burst, gaps=(150,) * 10) for burst in scans()]),
        ("stutters", [replace(burst, gaps=(5,) * 10 + (700,)) for burst in scans()]),
        ("strange", scans(becomes=lambda _text: "something else")),
    ],
)
def test_a_scanner_that_could_mislead_gets_no_profile_but_a_remedy(code: str, bursts: list[Burst]) -> None:
    found = examine(bursts)
    assert code in codes(found)
    assert found.profile is None
    assert all(problem.mend and "{" not in problem.say for problem in found.problems)


def test_signs_around_a_code_are_learned() -> None:
    found = examine(scans(prefix="~", suffix="#", aims=True))
    assert found.profile is not None
    assert (found.profile.prefix, found.profile.suffix, found.profile.has_aim) == ("~", "#", True)


def test_a_mended_scanner_counts_by_its_last_scan_of_each_symbol() -> None:
    assert examine([*scans(becomes=str.swapcase), *scans()]).profile is not None


def test_every_problem_can_be_found() -> None:
    assert set(PROBLEMS) > WARNINGS
    assert all(say and mend for say, mend in PROBLEMS.values())


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.builds(
            Burst,
            st.sampled_from(["text", "gs1", "ean", "own", "nonsense"]),
            st.lists(st.sampled_from(KEYS) | st.text(min_size=1, max_size=8), max_size=40).map(tuple),
            st.lists(st.integers(0, 60_000), max_size=5).map(tuple),
        ),
        max_size=8,
    )
)
def test_no_keys_whatever_break_the_check_or_earn_a_profile(bursts: list[Burst]) -> None:
    found = examine(bursts)
    assert found.profile is None
    assert found.is_done is False


@pytest.mark.parametrize("symbol", SYMBOLS, ids=lambda symbol: symbol.name)
@pytest.mark.parametrize("is_matrix", [False, True])
def test_the_symbols_that_are_drawn_say_what_the_check_expects(symbol: object, is_matrix: bool) -> None:
    each = next(known for known in SYMBOLS if known is symbol)
    assert "<svg" in drawn(each.name, is_matrix=is_matrix)
    kind = "matrix" if is_matrix else each.kind
    more = {"gs1": True} if each.kind == "gs1" else {}
    made = zxingcpp.create_barcode(each.content, FORMATS[kind], **more)
    (read,) = zxingcpp.read_barcodes(made.to_image(scale=4))
    assert read.bytes.decode() == each.data

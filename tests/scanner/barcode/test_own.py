"""Own codes: a grammar that a wrong keyboard layout breaks loudly."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.barcode import keys, layouts, own

ROUNDS = 10_000


def _rng(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - tests must repeat


def _number(rng: random.Random) -> str:
    return str(rng.randrange(10 ** rng.randint(1, 6)))


GENERATED: dict[str, Callable[[random.Random], str]] = {
    "tote": lambda rng: f"{rng.randrange(10**5):05d}",
    "task": _number,
    "badge": own.badge_token,
    "command": lambda rng: rng.choice([*sorted(own.COMMANDS), "Q" + _number(rng)]),
    "order": lambda rng: "SO" + _number(rng),
    "purchase_order": lambda rng: "PO" + _number(rng),
}


def _generated(rng: random.Random) -> tuple[str, str]:
    kind = rng.choice(sorted(GENERATED))
    return kind, GENERATED[kind](rng)


@pytest.mark.parametrize(
    ("kind", "body", "prefix"),
    [
        ("location", "A0302", "L"),
        ("tote", "00071", "U"),
        ("task", "12", "T"),
        ("command", "UNDO", "C"),
        ("command", "Q12", "C"),
        ("order", "SO20518", "O"),
        ("purchase_order", "PO77", "R"),
        ("carton_type", "M2", "K"),
        ("device", "PACK1", "D"),
    ],
)
def test_what_is_encoded_decodes_to_the_same(kind: str, body: str, prefix: str) -> None:
    code = own.encode(kind, body)
    assert code[0] == prefix
    assert re.fullmatch("[0-9A-Z]+", code)
    assert own.decode(code) == (kind, body)


@settings(deadline=None)
@given(st.text(keys.ALPHABET, min_size=1, max_size=32))
def test_every_location_body_survives_its_label(body: str) -> None:
    assert own.decode(own.encode("location", body)) == ("location", body)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("shelf", "A1"),
        ("location", ""),
        ("location", "A-1"),
        ("location", "a1"),
        ("location", "Ä1"),
        ("location", "A" * 33),
        ("task", "12A"),
        ("task", "1" * 19),
        ("badge", "SHORT"),
        ("command", "DANCE"),
        ("command", "Q"),
        ("command", "Q1234567"),
        ("location", "A1\n"),
    ],
)
def test_a_body_that_is_none_is_refused(kind: str, body: str) -> None:
    with pytest.raises(ValueError, match=r"own code|body"):
        own.encode(kind, body)


def test_a_name_compacts_to_letters_and_digits() -> None:
    assert own.compact("A-03-02") == "A0302"
    assert own.compact(" dock/2 ü") == "DOCK2"


def test_a_command_may_carry_a_number() -> None:
    assert own.decode(own.command("SHORT")) == ("command", "SHORT")
    assert own.decode(own.command("Q", 12)) == ("command", "Q12")
    assert own.split_command("Q012") == ("Q", 12)
    assert own.split_command("WEIGHT1250") == ("WEIGHT", 1250)
    with pytest.raises(ValueError, match="no command"):
        own.split_command("Q-1")


def test_a_word_that_is_no_command_decodes_to_nothing() -> None:
    body = "CDANCE"
    assert own.decode(body + keys.check_character(body)) is None


def test_a_wrong_check_character_decodes_to_nothing_but_looks_own() -> None:
    code = own.encode("location", "A0302")
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    assert own.decode(wrong) is None
    assert own.looks_own(wrong)


@pytest.mark.parametrize(
    "text", ["", "L", "LA", "A0302", "la0302a", "LA-0302A", "LÄ0302A", "LA0302A\n", "9506000134352"]
)
def test_what_has_not_the_shape_is_not_ours(text: str) -> None:
    assert not own.looks_own(text)
    assert own.decode(text) is None


def test_one_in_thirty_six_strangers_passes_the_check() -> None:
    """Why Scan keeps the plain reading beside the own one."""
    rng = _rng(1)
    strangers = ["L" + "".join(rng.choices(keys.ALPHABET, k=7)) for _ in range(ROUNDS)]
    assert 0.02 < sum(own.decode(text) is not None for text in strangers) / ROUNDS < 0.036


@pytest.mark.parametrize("mismatch", layouts.MISMATCHES, ids=str)
def test_a_wrong_layout_never_yields_another_generated_code(mismatch: tuple[str, str, bool]) -> None:
    rng = _rng(34)
    false = 0
    for _ in range(ROUNDS):
        kind, body = _generated(rng)
        shown = own.decode(layouts.typed(own.encode(kind, body), mismatch))
        false += shown not in {None, (kind, body)}
    assert false == 0


@pytest.mark.parametrize("host", ["FR"])
def test_a_french_computer_reads_no_code_with_a_digit(host: str) -> None:
    rng = _rng(7)
    for _ in range(ROUNDS // 10):
        code = own.encode("badge", own.badge_token(rng))
        assert own.decode(layouts.typed(code, ("US", host, False))) is None


def test_a_german_computer_reads_every_badge_right() -> None:
    rng = _rng(7)
    for _ in range(ROUNDS // 10):
        code = own.encode("badge", own.badge_token(rng))
        assert layouts.typed(code, ("US", "DE", False)) == code


def test_a_badge_holds_enough_chance_and_comes_from_the_generator_given() -> None:
    assert own.badge_token(_rng(3)) == own.badge_token(_rng(3))
    assert own.badge_token(_rng(3)) != own.badge_token(_rng(4))
    assert len(set(own.BADGE_ALPHABET)) ** own.BADGE_LENGTH > 2**127


def test_twins_name_every_location_that_a_wrong_layout_would_match() -> None:
    rng = _rng(5)
    slipped = 0
    for _ in range(ROUNDS):
        body = "".join(rng.choices(keys.ALPHABET, k=rng.randint(2, 8)))
        code = own.encode("location", body)
        shown = (own.decode(layouts.typed(code, mismatch)) for mismatch in layouts.MISMATCHES)
        others = {found[1] for found in shown if found and found[1] != body}
        slipped += bool(others)
        assert own.twins(body) == others
        assert all(body in own.twins(other) for other in others)
    assert 0 < slipped < ROUNDS / 50


def test_the_addresses_of_a_usual_warehouse_have_no_twins_among_them() -> None:
    bodies = {
        f"{aisle}{bay:02d}{level:02d}" for aisle in keys.ALPHABET[10:] for bay in range(1, 31) for level in range(1, 7)
    }
    assert not [body for body in bodies if own.twins(body) & bodies]
    assert not own.twins("A0302")


def test_two_addresses_that_differ_in_y_and_z_only_are_twins_if_their_checks_agree() -> None:
    assert "ZZYYZY" in own.twins("YYZZYZ")
    assert "ZZYYZZ" not in own.twins("YYZZYY")

"""GS1 data made to the rules, for Hypothesis: any value of any AI, and labels of several fields.

The checks are fulfilled by construction here, not by asking the code under test.
"""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from scanner.barcode import check_digit, gs1_codes
from scanner.barcode.gs1_rules import may_join
from scanner.barcode.gs1_table import FIELDS, Field, Part
from scanner.barcode.keys import ALPHABET, CSET_82, check_pair

CHARACTERS = {"N": "0123456789", "X": CSET_82, "Y": "#-/" + ALPHABET, "Z": "-_" + ALPHABET + ALPHABET.lower()}
ANY_DAY = st.dates(date(2000, 1, 1), date(2049, 12, 31))
GTIN = "09506000134352"


def digits(least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=least if most is None else most)


def _counted(lengths: str, more: int = 0) -> st.SearchStrategy[str]:
    return st.sampled_from(lengths).flatmap(lambda length: digits(int(length) + more).map(length.__add__))


def _joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


def _or_nothing(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.just("") | part


def _iban(land: str, rest: str) -> str:
    number = int("".join(str(ALPHABET.index(char)) for char in rest + land + "00"))
    return f"{land}{98 - number % 97:02d}{rest}"


_PURCHASE = _joined(_counted("12345"), st.sampled_from("012349"), digits(3))
_OTHER_PREFIX = st.just("9") | _counted("0123456", 6)
_COUPON = _joined(
    *(_counted("0123456", 6), digits(6), _counted("12345"), _PURCHASE),
    _or_nothing(_joined(st.just("1"), st.sampled_from("0123"), _PURCHASE, _OTHER_PREFIX)),
    _or_nothing(ANY_DAY.map("3{:%y%m%d}".format)),
    _or_nothing(_joined(st.just("5"), _counted("0123456789", 6))),
    _or_nothing(
        _joined(st.just("9"), st.sampled_from("01256"), st.sampled_from("012"), digits(1), st.sampled_from("01"))
    ),
).filter(lambda text: len(text) <= 70)

_VALUES = {
    "day": ANY_DAY.map("{:%y%m%d}".format) | ANY_DAY.map("{:%y%m00}".format),
    "date": ANY_DAY.map("{:%y%m%d}".format),
    "birthday": st.dates(date(1900, 1, 1), date(2099, 12, 31)).map("{:%Y%m%d}".format),
    "minute": st.times().map("{:%H%M}".format),
    "hour": st.integers(0, 23).map("{:02d}".format),
    "sixty": st.integers(0, 59).map("{:02d}".format),
    "country": st.sampled_from(sorted(gs1_codes.COUNTRIES)),
    "countries": st.sampled_from([*sorted(gs1_codes.COUNTRIES), "999"]),
    "land": st.sampled_from(sorted(gs1_codes.COUNTRY_LETTERS)),
    "currency": st.sampled_from(sorted(gs1_codes.CURRENCIES)),
    "package": st.sampled_from(sorted(gs1_codes.PACKAGES)),
    "medium": st.sampled_from(sorted(gs1_codes.MEDIA)),
    "importer": st.sampled_from("-_" + ALPHABET + ALPHABET.lower()),
    "latitude": st.integers(0, 1_800_000_000).map("{:010d}".format),
    "longitude": st.integers(0, 3_600_000_000).map("{:010d}".format),
    "flag": st.sampled_from("01"),
    "winding": st.sampled_from("019"),
    "sex": st.sampled_from("0129"),
    "minus": st.just("-"),
    "zero": st.just("0"),
    "unpadded": st.integers(0, 999_999_999_999).map(str),
    "piece": st.integers(1, 99).flatmap(lambda total: st.integers(1, total).map(lambda n: f"{n:02d}{total:02d}")),
    "of": st.integers(1, 9).flatmap(lambda total: st.integers(1, total).map(lambda n: f"{n}/{total}")),
    "iban": st.builds(_iban, st.sampled_from(["DE", "FR", "AT", "NO"]), st.text(ALPHABET, min_size=1, max_size=30)),
    "coupon": _COUPON,
    "offer": _joined(st.sampled_from("01"), _counted("0123456", 6), digits(6), _counted("0123456789", 6)),
}


def _percent(most: int) -> st.SearchStrategy[str]:
    pieces = st.lists(st.sampled_from([*CSET_82.replace("%", ""), "%41", "%c3%A4"]), min_size=1, max_size=most)
    return pieces.map("".join).filter(lambda text: len(text) <= most)


def _of_part(part: Part) -> st.SearchStrategy[str]:
    match part.checks:
        case ():
            return st.text(CHARACTERS[part.kind], min_size=part.least, max_size=part.most)
        case ("mod10",):
            return digits(part.most - 1).map(lambda payload: payload + check_digit(payload))
        case ("pair", "prefix", *more):
            rest = st.text(CSET_82, min_size=1, max_size=21).map(lambda text: text + "x" if more else text)
            return (
                _joined(digits(2), rest)
                .map(lambda text: text[:23])
                .filter(lambda text: not more or "x" in text)
                .map(lambda payload: payload + check_pair(payload))
            )
        case ("prefix",):
            return _joined(digits(2), st.text(CHARACTERS[part.kind], max_size=part.most - 2))
        case ("percent",):
            return _percent(part.most)
        case ("base64",):
            return st.text(CHARACTERS["Z"], min_size=1, max_size=part.most)
        case ("some",):
            return st.integers(1, 10**part.most - 1).map(lambda number: f"{number:0{part.most}d}")
        case (check,):
            return _VALUES[check]
    raise AssertionError(f"no data for {part}")


def data_of(field: Field) -> st.SearchStrategy[str]:
    """Any right data of an AI."""
    optional = sum(part.is_optional for part in field.parts)
    return st.integers(0, optional).flatmap(
        lambda missing: _joined(*(_of_part(part) for part in field.parts[: len(field.parts) - missing]))
    )


def whole(ai: str, value: str) -> dict[str, str]:
    """The field with what it cannot be without."""
    if ai == "37":
        return {"02": GTIN, ai: value}
    return {ai: value, "37": "24"} if ai in {"02", "8026"} else {ai: value}


def _go_together(fields: list[tuple[str, str]]) -> bool:
    ais = [ai for ai, _ in fields]
    return all(may_join(ai, ais[:at]) for at, ai in enumerate(ais)) and not {"02", "37", "8026"} & set(ais)


EVERY_AI = sorted(FIELDS)


def labels(ais: list[str] = EVERY_AI, *, least: int = 1, most: int = 4) -> st.SearchStrategy[dict[str, str]]:
    """Labels of several fields that may stand together, in any order."""
    one = st.sampled_from(ais).flatmap(lambda ai: data_of(FIELDS[ai]).map(lambda value: (ai, value)))
    fields = st.lists(one, min_size=least, max_size=most, unique_by=lambda field: field[0])
    return fields.filter(_go_together).map(dict)

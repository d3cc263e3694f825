"""Table: every GS1 application identifier (AI), what its data looks like and with what it must not stand.

From the GS1 General Specifications (sections 3 and 4.13) and the GS1 Digital Link standard (URI syntax), as of 2026;
docs/decisions tells how it was compared. One line for AIs that are alike; the columns:

    AIs           one, several, or a span `3100-3105`
    data          parts in their order: type, length, and after a colon the check of `gs1_checks` that it must pass.
                  N digits, X the 82 characters, Y capitals and digits, Z base64url; `..` up to; in [] may be missing
    not ...       AIs that must not stand beside it; `394n` means every AI of that measure
    link ...      it leads a Digital Link, followed by these qualifiers in this order; / parts alternatives
    path          in a Digital Link it may stand in the path only, not in the query
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from scanner.barcode.gs1_checks import CHECKS, CHECKSUMS

_TABLE: Final = """
00              N18:mod10                          link
01              N14:mod10                          not 255 37; link 22 10 21 / 235
02              N14:mod10                          not 01 03
03              N14:mod10                          not 01 02 37; path
10              X..20
11 12 13 15-17  N6:day
20              N2
21              X..20                              not 235; path
22 254          X..20                              path
235             X..28                              path
240 241 250 251 X..30
242             N..6
243             X..20
253             N13:mod10 [X..17]                  link
255             N13:mod10 [N..12]                  not 01 02 415 8006 8020 8026; link
30 37           N..8
3100-3105 3110-3115 3120-3125 3130-3135 3140-3145 3150-3155 3160-3165   N6
3200-3205 3210-3215 3220-3225 3230-3235 3240-3245 3250-3255             N6
3260-3265 3270-3275 3280-3285 3290-3295                                 N6
3300-3305 3310-3315 3320-3325 3330-3335 3340-3345 3350-3355 3360-3365   N6
3370-3375                                                               N6
3400-3405 3410-3415 3420-3425 3430-3435 3440-3445 3450-3455             N6
3460-3465 3470-3475 3480-3485 3490-3495                                 N6
3500-3505 3510-3515 3520-3525 3530-3535 3540-3545 3550-3555             N6
3560-3565 3570-3575                                                     N6
3600-3605 3610-3615 3620-3625 3630-3635 3640-3645 3650-3655             N6
3660-3665 3670-3675 3680-3685 3690-3695                                 N6
3900-3909       N..15                              not 391n 394n 8111
3910-3919       N3:currency N..15
3920-3929       N..15                              not 393n
3930-3939       N3:currency N..15
3940-3943       N4                                 not 8111
3950-3955       N6                                 not 392n 393n 8005
400 403         X..30
401             X..30:prefix                       link
402             N17:mod10                          link
410-413 416     N13:mod10
414             N13:mod10                          link 254 / 7040
415             N13:mod10                          link 8020
417             N13:mod10                          link 7040
420             X..20                              not 421
421             N3:country X..9                    not 4307
422 424         N3:country                         not 426
423 425         N3:country [N3:country] [N3:country] [N3:country] [N3:country]   not 426
426             N3:country
427             X..3
4300 4301 4310 4311 4320                                                X..35:percent
4302-4306 4312-4316 7257                                                X..70:percent
4307 4317       X2:land
4308 4319       X..30
4309            N10:latitude N10:longitude
4318            X..20
4321-4323       N1:flag
4324 4325       N6:day N4:minute
4326            N6:date
4330            N6 [X1:minus]                      not 4331
4331            N6 [X1:minus]                      not 4330
4332            N6 [X1:minus]                      not 4333
4333            N6 [X1:minus]                      not 4332
7001            N13
7002            X..30
7003            N6:date N4:minute
7004            N..4
7005            X..12
7006            N6:date
7007            N6:date [N6:date]
7008            X..3
7009            X..10
7010            X..2
7011            N6:date [N4:minute]
7020-7022       X..20
7023            X..30:prefix
7030-7039       N3:countries X..27
7040            N1 X1 X1 X1:importer               path
7041            X..4:package                       path
710-717         X..20
7230-7239       X2 X..28
7240            X..20
7241            N2:medium
7242            X..25
7250            N8:birthday                        not 7251
7251            N8:birthday N4:minute              not 7250
7252            N1:sex
7253 7254       X..40:percent                      not 7256 7259
7255            X..10                              not 7256 7259
7256            X..90:percent
7258            X3:of
7259            X..40:percent                      not 7256
8001            N4:some N5:some N3:some N1:winding N1
8002            X..20
8003            N1:zero N13:mod10 [X..16]          link
8004            X..30:prefix                       link 7040
8005            N6
8006            N14:mod10 N4:piece                 not 01 37; link 22 10 21
8007            X..34:iban
8008            N6:date N2:hour [N2:sixty] [N2:sixty]
8009            X..50
8010            Y..30:prefix                       link 8011
8011            N..12:unpadded                     path
8012            X..20
8013            X..25:pair:prefix                  link
8014            X..25:pair:prefix:letter           path
8017            N18:mod10                          not 8018; link 8019
8018            N18:mod10                          not 8017; link 8019
8019            N..10                              path
8020            X..25                              path
8026            N14:mod10 N4:piece                 not 02 8006
8030            Z..90:base64
8040 8041       N15                                path
8042            N32                                path
8043            N18 [N..2]                         path
8110            X..70:coupon
8111            N4
8112            X..70:offer
8200            X..70                              path
90              X..30
91-99           X..90
"""

_CHARACTERS: Final = {"N": "[0-9]", "X": '[!"%-?A-Z_a-z]', "Y": r"[#\-/0-9A-Z]", "Z": "[0-9A-Z_a-z=-]"}
# GenSpecs 7.8.5-2: AIs with these first two digits have a length that never changes, so no separator follows them.
# (04, 14, 18 and 19 are reserved and belong to no AI yet.)
_PREDEFINED: Final = frozenset(
    ["00", "01", "02", "03", "11", "12", "13", "15", "16", "17", "20", "31", "32", "33", "34", "35", "36", "41"]
)
_LINE: Final = re.compile(r"((?:[0-9-]+ +)+)(\[?[NXYZ][^;]*?)(?: {2,}(\S.*))?")
_PART: Final = re.compile(r"\[?([NXYZ])(\.\.)?([0-9]+)((?::[a-z0-9]+)*)(\]?)")
_MEASURES: Final = ("31", "32", "33", "34", "35", "36", "39")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an AI's data."""

    kind: str  # 'N', 'X', 'Y' or 'Z'
    least: int  # characters; 1 if it varies
    most: int
    is_optional: bool
    checks: tuple[str, ...]  # names in `gs1_checks.CHECKS`


@dataclass(frozen=True, slots=True)
class Field:
    """An AI and the rules for its data."""

    ai: str
    parts: tuple[Part, ...]
    excludes: frozenset[str]  # families of AIs that must not stand beside it
    qualifiers: tuple[tuple[str, ...], ...] | None  # of a key that leads a Digital Link, in order; None if it is none
    is_attribute: bool  # may stand in the query of a Digital Link
    least: int  # characters of data
    most: int
    pattern: re.Pattern[str]  # the data; a group for each part
    tests: tuple[tuple[int, Callable[[str], bool], str], ...]  # group, test, and the code of the Misread

    @property
    def needs_separator(self) -> bool:
        """True if a separator has to follow, unless it is the last."""
        return self.ai[:2] not in _PREDEFINED

    @property
    def varies(self) -> bool:
        """True if only a separator or the end shows where the data ends."""
        return self.least != self.most

    @property
    def is_text(self) -> bool:
        """True if the data may hold more than digits."""
        return any(part.kind != "N" for part in self.parts)

    def fault(self, text: str, start: int = 0, end: int | None = None) -> str | None:
        """What is wrong with `text[start:end]` as the data of this AI: the code of a Misread; None if it is right."""
        match = self.pattern.fullmatch(text, start, len(text) if end is None else end)
        if match is None:
            return "bad_gs1"
        for group, is_right, code in self.tests:
            value = match[group]
            if value is not None and not is_right(value):
                return code
        return None


def family(ai: str) -> str:
    """The AI without its decimal point: '3103' -> '310n', '10' -> '10'."""
    return ai[:3] + "n" if len(ai) == 4 and ai.startswith(_MEASURES) else ai


def begins(text: str, start: int = 0) -> Field | None:
    """The AI that stands at `start`; None if there is none."""
    return FIELDS.get(text[start : start + AI_LENGTHS.get(text[start : start + 2], 0)])


def _read_table() -> Iterator[Field]:
    for line in _TABLE.strip().splitlines():
        columns = _LINE.fullmatch(line)
        assert columns is not None, line
        for ai in _spelled_out(columns[1]):
            yield _field(ai, columns[2], columns[3] or "")


def _spelled_out(ais: str) -> Iterator[str]:
    for span in ais.split():
        first, _, last = span.partition("-")
        yield from (f"{number:0{len(first)}d}" for number in range(int(first), int(last or first) + 1))


def _field(ai: str, data: str, rules: str) -> Field:
    parts, pattern = _data(data)
    words = {rule.split()[0]: rule.partition(" ")[2] for rule in rules.split("; ") if rule}
    return Field(
        ai=ai,
        parts=parts,
        excludes=frozenset(words.get("not", "").split()),
        qualifiers=tuple(tuple(order.split()) for order in words["link"].split("/")) if "link" in words else None,
        is_attribute="path" not in words,
        least=sum(part.least for part in parts if not part.is_optional),
        most=sum(part.most for part in parts),
        pattern=pattern,
        tests=tuple(
            (group, CHECKS[check], "misread" if check in CHECKSUMS else "bad_gs1")
            for group, part in enumerate(parts, 1)
            for check in part.checks
        ),
    )


@cache  # forty shapes of data serve five hundred AIs
def _data(data: str) -> tuple[tuple[Part, ...], re.Pattern[str]]:
    parts = []
    pattern = ""
    for kind, varies, length, checks, optional in _PART.findall(data):
        least, most = (1 if varies else int(length)), int(length)
        parts.append(Part(kind, least, most, bool(optional), tuple(filter(None, checks.split(":")))))
        pattern += f"({_CHARACTERS[kind]}{{{least},{most}}})" + ("?" if optional else "")
    return tuple(parts), re.compile(pattern)


FIELDS: Final = {field.ai: field for field in _read_table()}
# How long an AI is shows in its first two digits (GenSpecs 7.8.1), so a text is cut without a guess.
AI_LENGTHS: Final = {ai[:2]: len(ai) for ai in FIELDS}

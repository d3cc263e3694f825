"""Check scanner: what a scanner does to codes, found out from symbols whose text is known.

The page records how four symbols arrive, as tokens: one character each, or the name of a key ("Enter", "F8", "Ctrl+]",
"Alt+029"). `examine` compares them with what the symbols say: what ends a scan, what stands around it, what became of
the separator, whether the keyboard's layout and its capitals are right, how fast keys come. Only a scanner that cannot
mislead gets a `Profile`; for everything else there is a sentence, and another that says how to mend it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from typing import Any, Final

from scanner.barcode.layouts import MISMATCHES, typed
from scanner.barcode.own import command
from scanner.barcode.symbology import GS


@dataclass(frozen=True, slots=True)
class KnownSymbol:
    """One symbol to scan. A separator belongs between its parts."""

    name: str
    title: str
    parts: tuple[str, ...]
    content: str  # as the writer of symbols wants it
    kind: str  # 'code128', 'gs1' or 'ean13'

    @property
    def data(self) -> str:
        """What a scanner that adds and loses nothing sends."""
        return GS.join(self.parts)


# The first holds every key that layouts move: A Q W Z Y M, in both cases, the signs of codes and all digits. The second
# has two fields of variable length, so a separator is needed, and letters in both cases.
SYMBOLS: Final = (
    KnownSymbol("text", "Letters and signs", (text := "aQwZyM-/._:+1234567890",), text, "code128"),
    KnownSymbol("gs1", "GS1 with separator", ("10aB7x", "21Q1w9"), "(10)aB7x(21)Q1w9", "gs1"),
    KnownSymbol("ean", "EAN-13", (text := "9506000134352",), text, "ean13"),
    KnownSymbol("own", "Command HELP", (text := command("HELP"),), text, "code128"),
)

PROBLEMS: Final[dict[str, tuple[str, str]]] = {
    "no_end": ("Nothing ends a scan.", "Switch on a suffix: Enter (carriage return)."),
    "end_varies": ("Scans end in different ways.", "Set one suffix for all symbologies: Enter."),
    "sign_ends": ("A character ends a scan, not a key.", "Set the suffix to Enter (carriage return)."),
    "layout": (
        "Scanner and device use different keyboards{detail}.",
        "Set the scanner to the device's keyboard layout.",
    ),
    "caps_lock": ("Capital and small letters are swapped.", "Switch Caps Lock off, here or in the scanner."),
    "case_changed": ("The scanner changes capital or small letters.", "Switch case conversion off."),
    "lost_characters": ("Characters are lost on the way.", "Raise the delay between keys (key event delay)."),
    "no_check_digit": ("The check digit of the EAN is not sent.", "Switch on: transmit check digit, EAN-13."),
    "affix_letters": ("The scanner adds {detail} to each code.", "Switch prefix and suffix text off."),
    "affix_varies": ("The scanner adds text that differs by symbol.", "Send AIM identifiers, or none, no code ID."),
    "gs_confusable": ("The separator arrives as {detail}, as labels do.", "Send GS (0x1D), or replace it by |."),
    "too_slow": ("Keys come as slowly as a person types.", "Lower the delay between keys to 50 ms or less."),
    "stutters": ("Keys stop for {detail} ms inside a code.", "Use key events, or a steadier connection."),
    "strange": ("What arrived is not on the symbol.", "Scan again. If it stays, reset the scanner."),
    "gs_lost": ("The separator of GS1 labels is lost.", "Some GS1 labels will be refused. Send GS (0x1D)."),
}
WARNINGS: Final = frozenset(("gs_lost",))  # the profile knows of it, so it cannot mislead

_ENDS: Final = {"Enter": "Enter", "Tab": "Tab", "Ctrl+M": "Enter", "Ctrl+J": "Enter"}
_KEY: Final = re.compile(r"F([1-9]|1[0-9]|2[0-4])|Escape|Pause|Insert|End|PageDown|ArrowDown")  # that may end a scan
_AIM: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")
# What every page and the reader take for a separator, whatever the profile says.
_GS_FORMS: Final = {
    GS: "as GS (0x1D)",
    "\u241d": "as ␝",
    "\u2194": "as ↔ (Alt+29)",
    "\u00f8": "as ø (0xF8)",
    "⟨Ctrl+]⟩": "as Ctrl+]",
    "⟨F8⟩": "as F8",
    "⟨Alt+029⟩": "as Alt+029",
    "⟨Alt+29⟩": "as Alt+29",
    **{form: f"as {form}" for form in ("<GS>", "{GS}", "<FNC1>", "{FNC1}", "<F8>", "{F8}", "^]")},
}
_NAMED_KEY: Final = re.compile(r"⟨([^⟨⟩]+)⟩")
_NOT_GS1: Final = re.compile(r"[^!\"%-?A-Z_a-z]")  # GenSpecs 7.11: what no field of a label holds
_SLOW_MS, _LONGEST_MS = 110, 500  # what static/wedge.js still takes for a scanner
_LONGEST_AFFIX, _LONGEST_GS = 4, 8
_LIKE: Final = 0.8  # of 1: how much a text must look like what a wrong layout makes of the symbol


@dataclass(frozen=True, slots=True)
class Burst:
    """How one scan arrived."""

    asked: str  # name of the symbol that was asked for
    tokens: tuple[str, ...]
    gaps: tuple[int, ...] = ()  # ms between tokens
    source: str = "keys"  # 'keys', 'input' (an input method without keys) or 'serial'
    has_caps: bool = False
    keyboard: str = "none"  # how the page's field was set: 'none' (inputmode) or 'plain'


@dataclass(frozen=True, slots=True)
class Profile:
    """What the page and the reader need to know about a device's scanner."""

    channel: str  # 'wedge' or 'serial'
    source: str
    end: str  # the key that ends a scan
    prefix: str
    suffix: str
    gs_key: str  # a key of its own that stands for the separator; empty if the usual forms do
    gs_text: str  # the same as text
    sends_gs: bool
    has_aim: bool
    gap_ms: int  # the 95th percentile
    keyboard: str

    def as_json(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the result."""

    name: str
    value: str
    state: str  # 'ok', 'warn', 'bad' or 'open'


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and how to mend it."""

    code: str
    say: str
    mend: str

    @property
    def is_warning(self) -> bool:
        """True if the profile may be stored all the same."""
        return self.code in WARNINGS


@dataclass(slots=True)
class Report:
    """What is known after the scans so far."""

    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    read: tuple[str, ...] = ()  # names of the symbols that arrived right
    asks: KnownSymbol | None = None  # the symbol to scan next, if any
    is_done: bool = False  # all four are read
    profile: Profile | None = None  # only when nothing can mislead


@dataclass(slots=True)
class _Seen:
    """One burst taken apart."""

    burst: Burst
    symbol: KnownSymbol
    end: str = ""
    prefix: str = ""
    suffix: str = ""
    aim: str = ""
    gs: str | None = None
    fault: str = ""
    detail: str = ""


def examine(bursts: Sequence[Burst]) -> Report:
    """Compare what arrived with what was on the symbols; the last scan of each symbol counts. Never raises."""
    latest = {seen.symbol.name: seen for seen in map(_take_apart, bursts)}
    seen = [latest[symbol.name] for symbol in SYMBOLS if symbol.name in latest]
    report = Report(problems=list(_problems(seen)))
    report.read = tuple(each.symbol.name for each in seen if not each.fault)
    report.asks = next((symbol for symbol in SYMBOLS if symbol.name not in report.read), None)
    report.is_done = report.asks is None
    report.rows = _rows(seen, {problem.code for problem in report.problems})
    if report.asks is None and all(problem.is_warning for problem in report.problems):
        report.profile = _profile(seen)
    return report


# --- one scan --------------------------------------------------------------------------------------------------------


def _take_apart(burst: Burst) -> _Seen:
    """Which symbol that was: the one asked for if it can be, else any other that explains what arrived."""
    end, body = _cut_end(burst.tokens)
    text = "".join(token if len(token) == 1 else f"⟨{token}⟩" for token in body)
    symbols = sorted(SYMBOLS, key=lambda symbol: symbol.name != burst.asked)
    for symbol in symbols:
        seen = _find(burst, symbol, text)
        if seen:
            seen.end = end
            return seen
    faults = [(symbol, *_fault(text, symbol)) for symbol in symbols]
    symbol, fault, detail = next((each for each in faults if each[1] != "strange"), faults[0])
    return _Seen(burst, symbol, end, fault=fault, detail=detail)


def _cut_end(tokens: Sequence[str]) -> tuple[str, list[str]]:
    """The key that ended the scan ('' if none did) and what came before it."""
    body = list(tokens)
    end = ""
    while body and body[-1] in _ENDS:
        end = _ENDS[body.pop()]
    if not end and body and _KEY.fullmatch(body[-1]):
        end = body.pop()
    return end, body


def _find(burst: Burst, symbol: KnownSymbol, text: str) -> _Seen | None:
    """The symbol's parts in what arrived, in their order; None if they are not all there."""
    first, last = symbol.parts[0], symbol.parts[-1]
    start = text.find(first)
    if start < 0:
        return None
    second = text.find(last, start + len(first)) if len(symbol.parts) > 1 else start
    if second < 0:
        return None
    gs = text[start + len(first) : second] if len(symbol.parts) > 1 else None
    prefix, aim = _split_aim(text[:start], gs or "")
    return _Seen(burst, symbol, prefix=prefix, aim=aim, suffix=text[second + len(last) :], gs=gs)


def _split_aim(before: str, gs: str) -> tuple[str, str]:
    """What stands before the data: the scanner's own text, and the AIM identifier. FNC1 in front may show as GS."""
    if gs:
        before = before.removesuffix(gs)
    found = _AIM.search(before)
    if found is None or found.end() != len(before):
        return before, ""
    return before[: found.start()], found[0]


def _fault(text: str, symbol: KnownSymbol) -> tuple[str, str]:
    """Why the symbol's text is not in what arrived: a code of PROBLEMS and what fills its blank."""
    data = "".join(symbol.parts)
    bare = _AIM.sub("", _NAMED_KEY.sub("", text.replace(GS, "")), count=1)
    if data.swapcase() in bare and data.swapcase() != data:
        return "caps_lock", ""
    if data.lower() in bare or data.upper() in bare:
        return "case_changed", ""
    if symbol.kind == "ean13" and data[:-1] in bare:
        return "no_check_digit", ""
    return _garbled(bare, data)


def _garbled(bare: str, data: str) -> tuple[str, str]:
    likeness = {
        mismatch: SequenceMatcher(None, bare, typed(data, mismatch), autojunk=False).ratio() for mismatch in MISMATCHES
    }
    best = max(MISMATCHES, key=lambda mismatch: likeness[mismatch])
    if _is_part_of(bare, data):
        return "lost_characters", ""
    if likeness[best] >= _LIKE and likeness[best] > SequenceMatcher(None, bare, data, autojunk=False).ratio():
        return "layout", f": {best[0]} and {best[1]}"
    return ("layout" if len(bare) == len(data) else "strange"), ""


def _is_part_of(short: str, long: str) -> bool:
    """True if `short` is `long` with some characters left out, and still more than half of it."""
    rest = iter(long)
    return len(long) > len(short) > len(long) / 2 and all(char in rest for char in short)


# --- all scans -------------------------------------------------------------------------------------------------------


def _problems(seen: Sequence[_Seen]) -> Iterable[Problem]:
    found = {each.fault: each.detail for each in reversed(seen) if each.fault}
    if any(each.burst.has_caps for each in seen):
        found["caps_lock"] = ""
    right = [each for each in seen if not each.fault]
    for check in (_end_problem, _affix_problem, _gs_problem, _speed_problem):
        code, detail = check(right)
        if code:
            found.setdefault(code, detail)
    if len(found) > 1:
        found.pop("strange", None)  # something else explains it
    for code in sorted(found, key=list(PROBLEMS).index):
        say, mend = PROBLEMS[code]
        yield Problem(code, say.format(detail=found[code]), mend)


def _end_problem(seen: Sequence[_Seen]) -> tuple[str, str]:
    ends = {each.end for each in seen}
    if ends == {""}:
        return ("sign_ends" if all(each.suffix for each in seen) else "no_end"), ""
    return ("end_varies" if len(ends) > 1 else ""), ""


def _affix_problem(seen: Sequence[_Seen]) -> tuple[str, str]:
    """Letters and digits around a code could be part of another one, so no profile takes them off."""
    affixes = {(each.prefix, each.suffix) for each in seen}
    if len(affixes) > 1:
        return "affix_varies", ""
    added = "".join("".join(pair) for pair in affixes)
    if any(char.isalnum() for char in added) or any(len(affix) > _LONGEST_AFFIX for pair in affixes for affix in pair):
        return "affix_letters", f"“{added}”"
    return "", ""


def _gs_problem(seen: Sequence[_Seen]) -> tuple[str, str]:
    gs = next((each.gs for each in seen if each.gs is not None), None)
    if gs is None or gs in _GS_FORMS:
        return "", ""
    if gs == "":
        return "gs_lost", ""
    is_clear = _NOT_GS1.search(gs) and len(gs) <= _LONGEST_GS
    return ("", "") if is_clear or _key_of(gs) else ("gs_confusable", f"“{gs[:12]}”")


def _key_of(shown: str) -> str:
    """The name of the one key behind '⟨F9⟩'; empty for text."""
    return key[1] if (key := _NAMED_KEY.fullmatch(shown)) else ""


def _speed_problem(seen: Sequence[_Seen]) -> tuple[str, str]:
    gaps = _gaps(seen)
    if gaps and _percentile(gaps, 0.5) > _SLOW_MS:
        return "too_slow", ""
    return ("stutters", str(max(gaps))) if gaps and max(gaps) > _LONGEST_MS else ("", "")


def _gaps(seen: Sequence[_Seen]) -> list[int]:
    return sorted(gap for each in seen for gap in each.burst.gaps)


def _percentile(gaps: Sequence[int], part: float) -> int:
    """Of sorted gaps; 0 of none."""
    return gaps[min(len(gaps) - 1, int(part * len(gaps)))] if gaps else 0


def _profile(seen: Sequence[_Seen]) -> Profile:
    one = seen[-1]
    gs = next(each.gs for each in seen if each.gs is not None)
    key = "" if gs in _GS_FORMS else _key_of(gs)
    return Profile(
        channel="serial" if one.burst.source == "serial" else "wedge",
        source=one.burst.source,
        end=one.end,
        prefix=one.prefix,
        suffix=one.suffix,
        gs_key=key,
        gs_text="" if key or gs in _GS_FORMS else gs,
        sends_gs=gs != "",
        has_aim=all(each.aim for each in seen),
        gap_ms=_percentile(_gaps(seen), 0.95),
        keyboard=one.burst.keyboard,
    )


# --- what is shown ---------------------------------------------------------------------------------------------------
_SOURCES: Final = {"keys": "keys", "input": "input method", "serial": "serial"}
_BAD_ROWS: Final = {
    "end key": ("no_end", "end_varies", "sign_ends"),
    "speed": ("too_slow", "stutters"),
    "layout": ("layout", "lost_characters", "strange"),
    "capitals": ("caps_lock", "case_changed"),
    "separator": ("gs_confusable",),
    "added text": ("affix_letters", "affix_varies", "no_check_digit"),
}


def _rows(seen: Sequence[_Seen], problems: set[str]) -> list[Row]:
    right = [each for each in seen if not each.fault]
    values = _values(right) if right else {}
    return [_row(name, values.get(name, ""), problems) for name in ("input", *_BAD_ROWS, "AIM id")]


def _row(name: str, value: str, problems: set[str]) -> Row:
    if problems.intersection(_BAD_ROWS.get(name, ())):
        return Row(name, value or "wrong", "bad")
    if name == "separator" and "gs_lost" in problems:
        return Row(name, "LOST", "warn")
    return Row(name, value or "–", "ok" if value else "open")


def _values(right: Sequence[_Seen]) -> dict[str, str]:
    gaps = _gaps(right)
    gs = next((each.gs for each in right if each.gs is not None), None)
    names = {each.symbol.name for each in right}
    aims = [each.aim for each in right]
    return {
        "input": ", ".join(sorted({_SOURCES[each.burst.source] for each in right})),
        "end key": ", ".join(sorted({each.end or "none" for each in right})),
        "speed": f"{_percentile(gaps, 0.5)} to {_percentile(gaps, 0.95)} ms a key" if gaps else "in one piece",
        "layout": "fits" if "text" in names else "",
        "capitals": "kept" if names & {"text", "gs1"} else "",
        "separator": "" if gs is None else _GS_FORMS.get(gs, f"as {gs[:12]}"),
        "added text": right[-1].prefix + right[-1].suffix or "none",
        "AIM id": " ".join(aims) if all(aims) else "not sent",
    }

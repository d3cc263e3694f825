r"""ZPL: a label as a ZPL II job for printers of 203, 300 and 600 dpi, and the proof that it holds nothing else.

Native where the printer's symbol is sure to be ours, dot for dot or at least in size; else graphics, which are the
proven picture itself. Each rule below is what Zebra's programming guide and the independent renderer of the tests
agree on:

- Code 128 and GS1-128: `^BC` in mode N with the subsets written out (`>:` `>;` `>6` `>8`), taken from the modules that
  were proven, so width and bars are known. A switch from B to C (`>5`), a `>` in the data
  and a single last character after an invocation are drawn as graphics.
- Data Matrix: `^BX`, its size pinned, if the content fits in that size even by the plainest encoding.
- EAN and UPC are graphics: printers differ in how far their guard bars reach down. QR too: `^BQ` chooses its own
  version and, by its firmware, starts ten dots lower.
- Text: font 0 for plain ASCII on the left that is sure to fit, since it is about as wide as the font that the text was
  fitted with; else graphics.

No field can say a command: everything outside [A-Za-z0-9 .,:/-] goes as hex under `^FH`, and `_assert_only` goes over
the finished job as a printer would and compares its commands with those that were meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from barcode.charsets.code128 import CODES
from PIL import Image

from labels import picture, symbols
from labels.parts import Box, Code, Fill, Label, Picture, Rule, Text
from labels.text import width
from scanner.barcode.symbology import GS
from scanner.refusals import Refusal

LONGEST_FIELD: Final = 3072  # bytes, Zebra's own limit for ^FD
_SAFE: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:/-")
_COMMAND: Final = re.compile(r"([\^~])(A[0-9@A-Z]|[A-Z][A-Z0-9]|.{0,2})", re.DOTALL)
_PLAIN: Final = re.compile(r"[ -~]*\n")  # RS and DLE stand for ^ and ~ in a printer
_CODE_128: Final = {pattern: value for value, pattern in enumerate(CODES)}
_SPARE: Final = 7 / 6
_CODE_B: Final = 100
_FNC1: Final = 102
_START_B: Final = 104
_START_C: Final = 105
_WIDEST_MODULE: Final = 10  # dots, of ^BY
_ESCAPES: Final = "_!$;"  # for ^BX
_SPACE: Final = 32
_LAST_B: Final = 94  # '~'; 95 is DEL, and above are functions
# Data codewords of the squares of Data Matrix (ISO/IEC 16022, table 7).
_CAPACITY: Final = {
    10: 3,
    12: 5,
    14: 8,
    16: 12,
    18: 18,
    20: 22,
    22: 30,
    24: 36,
    26: 44,
    32: 62,
    36: 86,
    40: 114,
    44: 144,
    48: 174,
    52: 204,
    64: 280,
}


def job(label: Label, *, copies: int = 1) -> bytes:
    """The job that prints the label. Refusal `label_bad_content` if a field is too long or the job is not as meant."""
    # what another job may have left behind in the printer is put right first; ^CI28 is UTF-8
    made = [f"^XA^CI28^LRN^PON^PMN^FWN^LH0,0^LS0^PW{label.width}^LL{label.height}"]
    if label.job:
        made.append(f"^FX{''.join(char for char in label.job if char in _SAFE)}^FS")
    made += [_field(part) for part in label.parts]
    made.append(f"^PQ{copies}^XZ\n")
    _assert_only(made, "".join(made))
    return "".join(made).encode("ascii")


def _field(part: Text | Code | Rule | Fill | Picture) -> str:
    match part:
        case Text() if _is_native(part):
            return "".join(_native_lines(part))
        case Text():
            return graphic(part.box, picture.text_picture(part))
        case Code():
            return _code(part)
        case Rule():
            box = part.box
            return f"^FO{box.x},{box.y}^GB{box.width},{box.height},{min(box.width, box.height)}^FS"
        case Fill():
            return graphic(part.box, picture.alone(part))
        case Picture():
            return graphic(part.box, picture.passed(part))


# --- text ------------------------------------------------------------------------------------------------------------


def _is_native(said: Text) -> bool:
    """Plain ASCII with a sixth to spare: font 0 is narrower as a rule, but `iiii` is an eighth wider."""
    return said.align == "left" and all(
        line.isascii() and line.isprintable() and width(line, said.size, said.bold) * _SPARE <= said.box.width
        for line in said.lines
    )


def _native_lines(said: Text) -> Iterator[str]:
    for number, line in enumerate(said.lines):
        y = said.box.y + said.baseline + number * said.leading
        yield f"^FT{said.box.x},{y}^A0N,{said.size},{said.size}^FH_^FD{hexed(line)}^FS"


def hexed(text: str, sign: str = "_") -> str:
    """Field data in which nothing but letters, digits and ` .,:/-` stands for itself."""
    data = "".join(
        char if char in _SAFE else "".join(f"{sign}{byte:02X}" for byte in char.encode("utf-8")) for char in text
    )
    if len(data) > LONGEST_FIELD:
        raise Refusal("label_bad_content", f"{text[:39]}…", why=f"it is longer than {LONGEST_FIELD} bytes")
    return data


# --- symbols ---------------------------------------------------------------------------------------------------------


def _code(code: Code) -> str:
    if code.symbol.kind in {"code128", "gs1_128"} and code.module <= _WIDEST_MODULE:
        data = _code_128(code)
        if data is not None:
            x = code.box.x + symbols.QUIET[code.symbol.kind][0] * code.module
            return f"^FO{x},{code.box.y}^BY{code.module}^BCN,{code.bar_height},N,N,N,N^FH_^FD{data}^FS"
    if code.symbol.kind in {"datamatrix", "gs1_datamatrix"} and _fits_plainly(code):
        sign = next((sign for sign in _ESCAPES if sign not in code.symbol.content), None)
        if sign is not None:
            return _data_matrix(code, sign)
    return graphic(code.box, picture.bars(code))


def _code_128(code: Code) -> str | None:
    """The field data of ^BC that makes these very modules; None if manual and renderer do not agree on it."""
    bars = "".join(map(str, symbols.modules(code.symbol).rows[0]))
    start, *values = [_CODE_128[bars[at : at + 11]] for at in range(0, len(bars) - 13, 11)]
    values = values[:-1]  # the check character is the printer's
    is_c = start == _START_C
    data = ">;" if is_c else ">:"
    if start not in {_START_B, _START_C} or (values[-1] < _CODE_B <= [start, *values][-2]):
        return None  # the renderer loses a last character that stands alone after an invocation
    for value in values:
        if value == _FNC1:
            data += ">8"
        elif is_c and value < _CODE_B:
            data += f"{value:02d}"
        elif is_c and value == _CODE_B:
            is_c, data = False, f"{data}>6"
        elif not is_c and value <= _LAST_B and chr(value + _SPACE) != ">":
            data += hexed(chr(value + _SPACE))
        else:
            return None
    return data


def _fits_plainly(code: Code) -> bool:
    """Whether the content fits in this square by ASCII encoding: a codeword for two digits or one character."""
    content = code.symbol.content
    if not content.isascii():
        return False
    words = sum(len(run) // 2 + len(run) % 2 if run.isdigit() else len(run) for run in re.findall(r"\d+|\D", content))
    words += code.symbol.kind == "gs1_datamatrix"
    drawn = symbols.modules(code.symbol)
    return drawn.columns == len(drawn.rows) and words <= _CAPACITY.get(drawn.columns, 0)


def _data_matrix(code: Code, escape: str) -> str:
    """`^BX` with a sign before FNC1 and GS that the content has not: printers do not agree on how to double it."""
    size = symbols.modules(code.symbol).columns
    quiet = symbols.QUIET[code.symbol.kind][0] * code.module
    data = "".join(f"{escape}1" if char == GS else hexed(char, "\\") for char in code.symbol.content)
    first = f"{escape}1" if code.symbol.kind == "gs1_datamatrix" else ""
    where = f"^FO{code.box.x + quiet},{code.box.y + quiet}"
    return f"{where}^BXN,{code.module},200,{size},{size},6,{escape},1^FH\\^FD{first}{data}^FS"


# --- graphics --------------------------------------------------------------------------------------------------------


def graphic(box: Box, dots: Image.Image) -> str:
    """A picture as ^GFA: hex, compressed as Zebra's guide tells (runs, and lines that repeat the one above)."""
    wide = -(-dots.width // 8)
    ink = dots.point(lambda value: 1 - bool(value)).tobytes()  # a set bit is black; the padding is white
    rows = [_packed(ink[at : at + wide].hex().upper()) for at in range(0, len(ink), wide)]
    lines = [":" if number and row == rows[number - 1] else row for number, row in enumerate(rows)]
    total = wide * len(rows)
    return f"^FO{box.x},{box.y}^GFA,{total},{total},{wide},{''.join(lines)}^FS"


def _packed(row: str) -> str:
    """One row of hex: `,` for zeros to its end, `!` for ones, a letter before a digit for how often it comes."""
    for rest, sign in (("0", ","), ("F", "!")):
        bare = row.rstrip(rest)
        if len(row) - len(bare) > 1:
            return _runs(bare) + sign
    return _runs(row)


def _runs(row: str) -> str:
    return re.sub(r"(.)\1{2,}", lambda run: _count(len(run[0])) + run[1], row)


def _count(times: int) -> str:
    """G to Y are 1 to 19, g to z are 20 to 400 in twenties."""
    made = "z" * (times // 400)
    times %= 400
    if times >= 20:
        made += chr(ord("f") + times // 20)
    if times % 20:
        made += chr(ord("F") + times % 20)
    return made


# --- the second look -------------------------------------------------------------------------------------------------


def commands(job_text: str) -> list[str]:
    """The commands of a job, as a printer would find them: whatever follows a `^` or a `~`."""
    return [found[1] + found[2] for found in _COMMAND.finditer(job_text)]


def _assert_only(meant: list[str], whole: str) -> None:
    """Refuse a job that holds a command which is not its own: each field has the shape of one template, whole."""
    shapes = [tuple(commands(field)) for field in meant]
    strange = set(shapes[1:-1]) - _SHAPES
    is_framed = shapes[0] == _HEAD and shapes[-1] == _FOOT
    is_meant = commands(whole) == [name for shape in shapes for name in shape]
    if strange or not (is_framed and is_meant and _PLAIN.fullmatch(whole)):
        raise Refusal("label_bad_content", "This label", why="a field would give commands to the printer")


def _shape(*names: str) -> tuple[str, ...]:
    return tuple(f"^{name}" for name in names)


_HEAD: Final = _shape("XA", "CI", "LR", "PO", "PM", "FW", "LH", "LS", "PW", "LL")
_FOOT: Final = _shape("PQ", "XZ")
_SHAPES: Final = {
    _shape("FX", "FS"),
    *(_shape(*("FT", "A0", "FH", "FD", "FS") * lines) for lines in range(1, 40)),
    _shape("FO", "GB", "FS"),
    _shape("FO", "GF", "FS"),
    _shape("FO", "BY", "BC", "FH", "FD", "FS"),
    _shape("FO", "BX", "FH", "FD", "FS"),
}

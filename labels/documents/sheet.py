"""Sheet: what all documents share: paper, head, barcode, tables that break over pages, and "page n of m"."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from babel import Locale
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    Image,
    KeepInFrame,
    KeepTogether,
    PageTemplate,
    Spacer,
    Table,
)

from labels.documents import words as vocabulary
from labels.documents.bars import bars
from labels.documents.figures import locale_of
from labels.documents.letters import GREY, INK, PLAIN, clean, cut, fonts, put, width, words

# Where the paper is US Letter: Unicode CLDR, supplemental data, measurementData/paperSize.
LETTER_COUNTRIES: Final = frozenset("BZ CA CL CO CR GT MX NI PA PH PR SV US VE".split())  # noqa: SIM905
MARGIN, FOOT, HEAD = 15 * mm, 17 * mm, 20 * mm
LINE: Final = HexColor("#c9ccd3")
BAND: Final = HexColor("#eef0f3")
CELL: Final = 9  # points
FREE: Final = 30 * mm  # at least, for what is written in words
LOGO: Final = (60 * mm, 18 * mm)
GAP: Final = 5 * mm
SMALL: Final = 7.5  # points, of the foot
MOST_LINES: Final = 16  # of an address: it stands in one row of a table, which cannot go on overleaf
LONG_LINE: Final = 1000  # characters: nothing of what was joined is cut
MOST_HIGH: Final = 210 * mm  # of the same row: the smaller paper, Letter, has 242 between head and foot
BESIDE: Final = [("RIGHTPADDING", (0, 0), (-2, -1), GAP)]  # a gap, since some writing begins at the right


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. A width of 0 takes what the others leave."""

    title: str
    width_mm: float = 0
    right: bool = False


class Sheet:
    """One document in the making: add parts from the top, then ask for its `pdf`."""

    def __init__(
        self, kind: str, number: str, company: Mapping[str, Any], *, locale: Locale | None = None, mark: str = ""
    ) -> None:
        fonts()
        self.company = company
        self.locale = locale or locale_of(company.get("locale", ""))
        self.words = vocabulary.table(self.locale.language)
        self.title, self.number, self.mark = self.words[kind], number, self.words[mark] if mark else ""
        self.paper = LETTER if company.get("country_code") in LETTER_COUNTRIES else A4
        self.width = self.paper[0] - 2 * MARGIN
        self._parts: list[Flowable] = []

    def say(self, key: str, **facts: object) -> str:
        """One of the document's own words."""
        return self.words[key].format(**facts)

    def tax(self) -> str:
        """The word for the tax: the company's own (VAT, MwSt., GST), else the document's."""
        return str(self.company.get("tax_label") or "").strip() or self.say("tax")

    def tax_number(self, key: str = "tax_id") -> str:
        """What a number with the tax office is called; `their_tax_id` for that of a customer."""
        own = str(self.company.get("tax_label") or "").strip()
        return self.say(key, label=own) if own else self.say("tax_number")

    # --- parts -------------------------------------------------------------------------------------------------------

    def add(self, *parts: Flowable) -> None:
        """Put parts below what is there."""
        self._parts += parts

    def space(self, points: float = 10) -> None:
        """Leave room."""
        self.add(Spacer(0, points))

    def head(self, code: str) -> None:
        """The company at the left; the title, the number and the barcode that opens it at the right."""
        left = self.width * 0.52
        right: list[Flowable] = [words(self.title, 20, bold=True, right=True)]
        right += [words(self.number, 11, right=True), Spacer(0, 5), bars(code, self.width - left)]
        looks = [("ALIGN", (1, 0), (1, 0), "RIGHT"), *BESIDE]
        self.add(_plain([[self._company(left - GAP), right]], (left, self.width - left), looks))
        self.space(8)

    def _company(self, room: float) -> list[Flowable]:
        from labels.documents.address import lines  # it needs no sheet

        name = self.company.get("legal_name") or self.company.get("name") or ""
        logo = self.company.get("logo")
        parts: list[Flowable] = [_picture(logo)] if logo else [words(name, 13, bold=True)]
        code = str(self.company.get("country_code") or "")
        own = lines({**self.company, "name": name if logo else ""}, code, self.locale)
        reach = [str(self.company.get(key) or "") for key in ("phone", "email", "web")]
        said = [words(line, 8, most=LONG_LINE, grey=True) for line in _few([*own, *filter(None, reach)])]
        return _low([*parts, Spacer(0, 3), *said], room)

    def blocks(self, *blocks: tuple[str, Sequence[str]]) -> None:
        """Addresses beside each other, each below its caption."""
        room = self.width / len(blocks)
        cells = [_low(_block(title, lines), room - GAP) for title, lines in blocks]
        self.add(_plain([cells], [room] * len(cells), BESIDE))
        self.space(10)

    def facts(self, *facts: tuple[str, str], across: int = 4) -> None:
        """Captions with their values in a band; what is empty is left out."""
        there = [(caption, value) for caption, value in facts if value]
        for start in range(0, len(there), across):
            row = there[start : start + across]
            cells: list[Any] = [[words(caption, 7.5, grey=True), words(value, 9.5)] for caption, value in row]
            cells += [""] * (across - len(cells))
            self.add(_plain([cells], [self.width / across] * across, [("BACKGROUND", (0, 0), (-1, -1), BAND)], pad=5))
        self.space(10)

    def heading(self, text: str) -> None:
        """The title of a part."""
        self.add(words(text, 11, bold=True), Spacer(0, 4))

    def note(self, text: str, *, most: int = 2000, grey: bool = False) -> None:
        """A paragraph, its line breaks kept."""
        for line in text.splitlines():
            self.add(words(line, 9, most=most, grey=grey))
        self.space(6)

    def rows(self, columns: Sequence[Column], rows: Iterable[Sequence[Any]], *, boxed_mm: float = 0) -> None:
        """A table whose head stands on every page that it goes over. Cells are text or flowables.

        `boxed_mm` draws cells to write into, with rows at least so high.
        """
        body = [list(row) for row in rows]
        widths = self._widths(columns, body)
        head = [words(column.title, 7.5, grey=True, right=column.right) for column in columns]
        looks: list[Any] = [
            ("ALIGN", (number, 0), (number, -1), "RIGHT") for number, column in enumerate(columns) if column.right
        ]
        looks += [("LINEBELOW", (0, 0), (-1, 0), 0.8, INK), ("LINEBELOW", (0, 1), (-1, -1), 0.4, LINE)]
        if boxed_mm:
            looks += [("GRID", (0, 1), (-1, -1), 0.5, GREY), ("LEFTPADDING", (0, 0), (-1, -1), 4)]
            looks += [("RIGHTPADDING", (0, 0), (-1, -1), 4)]
            body = [[*row[:-1], [Spacer(0, (boxed_mm * mm) - 7), *_flowing(row[-1])]] for row in body]
        cells = [[_cell(cell, right=column.right) for cell, column in zip(row, columns, strict=True)] for row in body]
        self.add(_table([head, *cells], widths, looks))
        self.space(10)

    def _widths(self, columns: Sequence[Column], body: Sequence[Sequence[Any]]) -> list[float]:
        """Of each column, in points. Figures make their column wider, as long as they leave the free ones some room."""
        asked = [column.width_mm * mm for column in columns]
        grown = [
            max([least, *(_room(row[number]) for row in body)]) if column.right else least
            for number, (column, least) in enumerate(zip(columns, asked, strict=True))
        ]
        widths = grown if self.width - sum(grown) > FREE else asked
        rest = (self.width - sum(widths)) / max(1, asked.count(0))
        return [width or rest for width in widths]

    def sums(self, rows: Sequence[tuple[str, str]], *, last: tuple[str, str]) -> None:
        """Figures below a table at its right, the last one large."""
        looks: list[Any] = [("LINEABOVE", (0, -1), (-1, -1), 0.8, INK), ("TOPPADDING", (0, -1), (-1, -1), 6)]
        cells = [[words(text, CELL, right=True) for text in row] for row in rows]
        room = max(35 * mm, width(last[1], 12, bold=True), *(width(figure) for _, figure in rows)) + 1
        table = _table([*cells, [words(text, 12, bold=True, right=True) for text in last]], [70 * mm, room], looks)
        table.hAlign = "RIGHT"
        self.add(KeepTogether([table]))
        self.space(12)

    def signatures(self, *captions: str) -> None:
        """Lines to write on."""
        gap = 6 * mm
        width = (self.width - gap * (len(captions) - 1)) / len(captions)
        cells: list[Any] = []
        widths: list[float] = []
        looks: list[Any] = []
        for number, caption in enumerate(captions):
            if number:
                cells.append("")
                widths.append(gap)
            looks.append(("LINEABOVE", (len(cells), 0), (len(cells), 0), 0.6, INK))
            cells.append(words(caption, 8, grey=True))
            widths.append(width)
        self.add(KeepTogether([Spacer(0, 16 * mm), _plain([cells], widths, looks)]))

    # --- the paper ---------------------------------------------------------------------------------------------------

    def pdf(self) -> bytes:
        """The document. The same content gives the same bytes."""
        out = io.BytesIO()
        width, height = self.paper
        first = Frame(MARGIN, FOOT, self.width, height - MARGIN - FOOT, 0, 0, 0, 0)
        later = Frame(MARGIN, FOOT, self.width, height - HEAD - FOOT, 0, 0, 0, 0)
        document = BaseDocTemplate(
            out,
            pagesize=(width, height),
            title=f"{self.title} {self.number}",
            author=clean(str(self.company.get("legal_name") or self.company.get("name") or "")),
            lang=self.locale.language,
            invariant=1,
            pageTemplates=[
                PageTemplate("first", [first], autoNextPageTemplate="later"),
                PageTemplate("later", [later], onPage=self._running_head),
            ],
        )
        document.build(list(self._parts), canvasmaker=self._canvas)
        return out.getvalue()

    def _running_head(self, canvas: Any, _document: Any) -> None:
        y = self.paper[1] - HEAD + 5 * mm
        said = self.say("continued")
        room = self.width - width(said, 8) - GAP
        put(canvas, cut(f"{self.title} {self.number}", room, 9, bold=True), MARGIN, y, 9, bold=True)
        put(canvas, said, self.paper[0] - MARGIN, y, 8, align="right", grey=True)

    def _canvas(self, *args: Any, **kwargs: Any) -> Canvas:
        return _Counted(self, *args, **kwargs)

    def foot(self, canvas: Any, page: int, pages: int) -> None:
        """Below every page: who, and page n of m; and at its top what kind of copy it is."""
        right = self.paper[0] - MARGIN
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.4)
        canvas.line(MARGIN, FOOT - 4 * mm, right, FOOT - 4 * mm)
        said = self.say("page", n=page, m=pages)
        put(canvas, self._imprint(self.width - width(said, SMALL) - GAP), MARGIN, FOOT - 8 * mm, SMALL, grey=True)
        put(canvas, said, right, FOOT - 8 * mm, SMALL, align="right", grey=True)
        if self.mark:
            put(canvas, self.mark, self.paper[0] / 2, self.paper[1] - 9 * mm, 9, align="center", bold=True)

    def _imprint(self, room: float) -> str:
        """The company and its tax number; of a name that is too wide goes its end, for the number has to be there."""
        name = str(self.company.get("legal_name") or self.company.get("name") or "")
        tax_id = self.company.get("tax_id")
        tax = f"{self.tax_number()} {tax_id}" if tax_id else ""
        if not (name and tax):
            return cut(name or tax, room, SMALL)
        beside = width(f"x · {tax}", SMALL)  # a letter to spare
        return cut(f"{cut(name, room - beside, SMALL)} · {tax}", room, SMALL)


class _Counted(Canvas):  # type: ignore[misc]
    """A canvas that knows at the end how many pages there are, and writes the foot of each then."""

    def __init__(self, sheet: Sheet, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sheet = sheet
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        """Keep the page for the end."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write every page with its foot."""
        for number, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            self._sheet.foot(self, number, len(self._pages))
            Canvas.showPage(self)
        Canvas.save(self)


# --- tables -----------------------------------------------------------------------------------------------------------


def _block(title: str, lines: Sequence[str]) -> list[Flowable]:
    """An address below its caption, the name bold."""
    name = words(lines[0], 10.5, bold=True) if lines else Spacer(0, 0)
    below = [words(line, 9.5, most=LONG_LINE) for line in _few(lines[1:])]
    return [words(title, 8, grey=True), Spacer(0, 2), name, *below]


def _few(lines: Sequence[str]) -> Sequence[str]:
    """The lines of an address; what is beyond the most of them joined to the last, as labels do."""
    last = MOST_LINES - 1
    return lines if len(lines) <= MOST_LINES else [*lines[:last], ", ".join(lines[last:])]


def _low(parts: list[Flowable], room: float) -> list[Flowable]:
    """The parts of a cell so wide, drawn smaller where few long lines would be higher than a page."""
    high = sum(part.wrap(room, MOST_HIGH)[1] for part in parts)
    return parts if high <= MOST_HIGH else [KeepInFrame(room, MOST_HIGH, parts, mode="shrink")]


def _cell(cell: Any, *, right: bool) -> Any:
    return words(cell, CELL, right=right) if isinstance(cell, str) else cell


def _room(cell: Any) -> float:
    """How much a figure needs with the padding beside it."""
    return width(cell, CELL) + 9 if isinstance(cell, str) else 0


def _flowing(cell: Any) -> list[Flowable]:
    return [words(cell)] if isinstance(cell, str) and cell else []


def _table(cells: Any, widths: Any, looks: Iterable[Any]) -> Table:
    """A table with our own fonts and padding."""
    own = [
        ("FONT", (0, 0), (-1, -1), PLAIN, CELL),
        ("TEXTCOLOR", (0, 0), (-1, -1), INK),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-2, -1), 8),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
    ]
    return Table(cells, list(widths), style=[*own, *looks], repeatRows=1)


def _plain(cells: Any, widths: Sequence[float], looks: Iterable[Any] = (), *, pad: float = 0) -> Table:
    """Cells beside each other without lines."""
    own = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), pad),
        ("RIGHTPADDING", (0, 0), (-1, -1), pad),
        ("TOPPADDING", (0, 0), (-1, -1), pad),
        ("BOTTOMPADDING", (0, 0), (-1, -1), pad),
    ]
    return Table(cells, list(widths), style=[*own, *looks])


def _picture(png: bytes) -> Flowable:
    reader = ImageReader(io.BytesIO(png))
    width, height = reader.getSize()
    scale = min(LOGO[0] / width, LOGO[1] / height)
    picture = Image(io.BytesIO(png), width * scale, height * scale)
    picture.hAlign = "LEFT"
    return picture


def tick() -> Flowable:
    """A box to tick."""
    return _Tick()


class _Tick(Flowable):  # type: ignore[misc]
    """A square of 4.5 mm."""

    def __init__(self) -> None:
        super().__init__()
        self.width = self.height = 4.5 * mm

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """Platypus asks how much room it takes."""
        return self.width, self.height

    def draw(self) -> None:
        """Platypus asks for the ink."""
        self.canv.setStrokeColor(INK)
        self.canv.setLineWidth(0.8)
        self.canv.rect(0, 0, self.width, self.height)

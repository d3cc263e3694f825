"""Trial: the label that shows whether a printer is set right: its edges, its name, a code to scan."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

_PLAIN = re.compile(r"[^A-Za-z0-9 .,:/-]")


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial label says, and what lies in the printer."""

    code: str  # of the printer; its barcode says it
    name: str
    asked: str  # by whom and when
    width_mm: int
    height_mm: int
    dpi: int
    job: str = ""  # its id: a remark in ZPL, so that a print can be told from another
    is_copy: bool = False

    @property
    def lines(self) -> tuple[str, ...]:
        """Its words, from the top."""
        media = f"{self.width_mm} x {self.height_mm} mm, {self.dpi} dpi"
        return (*(("COPY",) if self.is_copy else ()), "PRINTER TEST", self.name, media, self.asked)


def zpl(trial: Trial) -> bytes:
    """The label in ZPL II: a frame at the edges, words, a Code 128 of the printer's code."""
    dots = trial.dpi / 25.4
    width, height, text = int(trial.width_mm * dots), int(trial.height_mm * dots), max(16, int(4 * dots))
    rows = [
        f"^FO{text},{text + n * text * 3 // 2}^A0N,{text},{text}^FH_^FD{_field(line)}^FS"
        for n, line in enumerate(trial.lines)
    ]
    below = text + len(rows) * text * 3 // 2
    module = max(2, round(trial.dpi / 100))
    code = f"^FO{text},{below}^BY{module}^BCN,{text * 2},Y,N,N^FH_^FD{_field(trial.code)}^FS"
    frame = f"^FO0,0^GB{width},{height},4^FS"
    lines = ["^XA", f"^FX{trial.job}^FS", f"^PW{width}^LL{height}", frame, *rows, code, "^XZ", ""]
    return "\n".join(lines).encode("ascii")


def _field(text: str) -> str:
    """A field's data in which nothing is a command: all but plain signs as hexadecimal bytes of UTF-8."""
    return _PLAIN.sub(lambda sign: "".join(f"_{byte:02X}" for byte in sign[0].encode()), text)


def pdf(trial: Trial) -> bytes:
    """The same as one PDF page of the media's exact size."""
    out = io.BytesIO()
    width, height = trial.width_mm * mm, trial.height_mm * mm
    page = Canvas(out, pagesize=(width, height), invariant=True)
    page.setTitle(f"Printer test {trial.code}")
    page.rect(1, 1, width - 2, height - 2)
    size = min(4 * mm, height / 8)
    for n, line in enumerate(trial.lines, 1):
        page.setFont("Helvetica-Bold", size)
        page.drawString(size, height - 1.4 * size * n, line.encode("latin-1", "replace").decode("latin-1"))
    bars = Code128(trial.code, barWidth=0.33 * mm, barHeight=size * 2, humanReadable=True)
    bars.drawOn(page, 0, height - 1.4 * size * (len(trial.lines) + 1) - size * 1.5)
    page.showPage()
    page.save()
    return out.getvalue()

"""Imports: items, barcodes, locations, parties, documents and opening stock, from CSV and JSON.

    import_file(kind, source, filename, by=by) -> Report      a file's bytes, or its path
    import_rows(kind, rows, by=by) -> Report                  rows that are objects already

Each bad row is told with file, line, column, reason and value; nothing is half imported; the same file again changes
nothing. `docs/imports.md` explains every column.
"""

from __future__ import annotations

from scanner.imports.files import MOST_BYTES, MOST_ROWS
from scanner.imports.report import Report, RowError
from scanner.imports.run import KINDS, columns, import_file, import_rows

__all__ = ["KINDS", "MOST_BYTES", "MOST_ROWS", "Report", "RowError", "columns", "import_file", "import_rows"]

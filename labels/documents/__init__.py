"""Documents: the papers of the warehouse as PDF, A4 or Letter by country; each has a barcode that opens it.

One module a document; `sheet` is their common paper, `words` what they say in each language, `figures` how money, dates
and numbers are written, `address` and `letters` the same for addresses and for letters of any script.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from labels.documents.count_sheet import count_sheet
from labels.documents.invoice import invoice
from labels.documents.manifest import manifest
from labels.documents.packing_slip import packing_slip
from labels.documents.pick_list import pick_list
from labels.documents.receiving_sheet import receiving_sheet

Details = Mapping[str, Any] | None
# Kind -> what draws it from the id of an order, purchase order, count task or manifest.
KINDS: Final[dict[str, Callable[[int, Details], bytes]]] = {
    "packing_slip": packing_slip,
    "invoice": invoice,
    "pick_list": pick_list,
    "receiving_sheet": receiving_sheet,
    "count_sheet": count_sheet,
    "manifest": manifest,
}

"""Lost separator: whether the last field of an element string may be several whose separator never came.

(10)ABC(21)XYZ1 without its separator looks like lot ABC21XYZ1. A scanner that is known to lose separators gets no
benefit of the doubt: if the field can be divided at all, it is refused. Of one that nobody has checked the division
must be a likely one, or every third lot would be refused.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from scanner.barcode.gs1_rules import may_join
from scanner.barcode.gs1_table import Field, begins

# What trade labels put behind a lot, a serial number or an order number. Where it is not known whether a scanner
# sends separators, only these count as signs of a lost one: of the AIs 90 to 99, any two digits could be one.
_COMPANIONS: Final = (
    *("00", "01", "02", "10", "11", "12", "13", "15", "16", "17", "21", "30", "37"),
    *("240", "241", "31", "32", "33", "400", "41"),
)
_SHORTEST_LIKELY: Final = 3  # characters of a text field on either side of a suspected lost separator
_SHORTEST_FIELD: Final = 3  # characters of an AI and its data


def hides_more(last: Field, value: str, before: Collection[str], *, is_lossy: bool, is_variable_item: bool) -> bool:
    """True if `value`, the data of `last` at the end of the symbol, can be divided into that field and others.

    `before` are the AIs in front of it. `is_lossy` tells that the scanner loses separators; else the division must be
    a likely one. `is_variable_item` tells that the item is of variable measure: only such labels count pieces (30).
    """
    if not last.varies:
        return False
    size = len(value)
    # By position: what begins there can be read to the end as fields, all of them numbers or some of them text.
    as_numbers, as_text = [False] * size + [True], [False] * (size + 1)
    for start in range(size - _SHORTEST_FIELD, 0, -1):
        field = begins(value, start)
        if field is None or not may_join(field.ai, before):
            continue
        if not is_lossy and not _is_companion(field, is_variable_item=is_variable_item):
            continue
        shortest = field.least if is_lossy or not field.is_text else max(field.least, _SHORTEST_LIKELY)
        for end in _ends(field, start + len(field.ai), shortest, size):
            if not (as_numbers[end] or as_text[end]) or field.fault(value, start + len(field.ai), end):
                continue
            as_numbers[start] |= as_numbers[end] and not field.is_text
            as_text[start] |= as_text[end] or field.is_text
        likely = as_numbers[start] or (as_text[start] and (is_lossy or start >= _SHORTEST_LIKELY))
        if likely and last.fault(value, 0, start) is None:
            return True
    return False


def _is_companion(field: Field, *, is_variable_item: bool) -> bool:
    return field.ai.startswith(_COMPANIONS) and (field.ai != "30" or is_variable_item)


def _ends(field: Field, start: int, shortest: int, size: int) -> range:
    return range(start + shortest, min(start + field.most, size) + 1)

"""Desk: what the supervisors' pages read. Lists are queries that the page cuts into pieces; nothing here writes.

board      the day in figures
goods      stock by item, by place, by lot; one item, one place
documents  orders and purchase orders with how far they have come
history    the journal of moves and scans
"""

from __future__ import annotations

from typing import Any, TypeAlias

from sqlalchemy import Select

Query: TypeAlias = "Select[*tuple[Any, ...]]"  # of rows whose columns the docstring names

"""Check the ledger: prove that the record is true, or say exactly where it is not.

Each rule is one statement over the whole site that finds the rows that break it; the chain of hashes is read from end
to end. Nothing is mended here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from scanner import ledger
from scanner.db import db
from scanner.models import Move

EACH_MOST = 20  # breaches listed of one rule
BATCH = 5_000  # moves read at a time


@dataclass(frozen=True, slots=True)
class Breach:
    """A place where the record is not true."""

    rule: str
    where: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.where}"


def check(site_id: int) -> list[Breach]:
    """All breaches at a site; an empty list is the proof that there are none."""
    found = [breach for rule in RULES for breach in _broken(rule, site_id)]
    return found + list(_chain(site_id))


def quick(site_id: int) -> list[Breach]:
    """The rules on balances and reservations, which cost little, without folding every move."""
    return [breach for rule in RULES if rule.is_quick for breach in _broken(rule, site_id)]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in words and the statement whose rows break it."""

    name: str
    sql: str
    is_quick: bool = False


def _broken(rule: Rule, site_id: int) -> list[Breach]:
    rows = db.session.execute(text(f"{rule.sql} LIMIT {EACH_MOST}"), {"site": site_id})
    return [Breach(rule.name, ", ".join(f"{k}={v}" for k, v in row._mapping.items())) for row in rows]  # noqa: SLF001


_FOLD = """
    SELECT location_id, item_id, lot_id, unit_id, SUM(qty) AS qty FROM (
        SELECT target_id AS location_id, item_id, lot_id, target_unit_id AS unit_id, qty FROM move WHERE site_id = :site
        UNION ALL
        SELECT source_id, item_id, lot_id, source_unit_id, -qty FROM move WHERE site_id = :site
    ) AS step GROUP BY location_id, item_id, lot_id, unit_id
"""
_PROMISED = """
    SELECT location_id, item_id, lot_id, unit_id, SUM(qty - posted) AS reserved FROM reservation
    WHERE site_id = :site AND state = 'open' GROUP BY location_id, item_id, lot_id, unit_id
"""

RULES = (
    Rule(
        "balance is the sum of the moves",
        f"""
        SELECT fold.location_id, fold.item_id, fold.lot_id, fold.unit_id, fold.qty AS moves, COALESCE(b.qty, 0) AS book
        FROM ({_FOLD}) AS fold
        JOIN location l ON l.id = fold.location_id AND NOT l.is_virtual
        LEFT JOIN balance b ON b.site_id = :site AND b.location_id = fold.location_id AND b.item_id = fold.item_id
            AND b.lot_id = fold.lot_id AND b.unit_id = fold.unit_id
        WHERE COALESCE(b.qty, 0) <> fold.qty
        """,
    ),
    Rule(
        "no balance without moves",
        f"""
        SELECT b.location_id, b.item_id, b.lot_id, b.unit_id, b.qty AS book FROM balance b
        LEFT JOIN ({_FOLD}) AS fold ON fold.location_id = b.location_id AND fold.item_id = b.item_id
            AND fold.lot_id = b.lot_id AND fold.unit_id = b.unit_id
        WHERE b.site_id = :site AND b.qty <> 0 AND fold.location_id IS NULL
        """,
    ),
    Rule(
        "no negative stock and no more promised than there is",
        """
        SELECT location_id, item_id, lot_id, unit_id, qty, reserved FROM balance
        WHERE site_id = :site AND (qty < 0 OR reserved < 0 OR reserved > qty)
        """,
        is_quick=True,
    ),
    Rule(
        "what comes in and goes out of the house is what is in it",
        """
        SELECT item_id, lot_id, SUM(came) AS came, SUM(there) AS there FROM (
            SELECT m.item_id, m.lot_id, CASE WHEN s.is_virtual THEN m.qty ELSE 0 END
                - CASE WHEN t.is_virtual THEN m.qty ELSE 0 END AS came, 0 AS there
            FROM move m JOIN location s ON s.id = m.source_id JOIN location t ON t.id = m.target_id
            WHERE m.site_id = :site
            UNION ALL
            SELECT item_id, lot_id, 0, qty FROM balance WHERE site_id = :site
        ) AS flow GROUP BY item_id, lot_id HAVING SUM(came) <> SUM(there)
        """,
    ),
    Rule(
        "reserved is the sum of the open promises",
        f"""
        SELECT b.location_id, b.item_id, b.lot_id, b.unit_id, b.reserved, COALESCE(p.reserved, 0) AS promised
        FROM balance b LEFT JOIN ({_PROMISED}) AS p ON p.location_id = b.location_id AND p.item_id = b.item_id
            AND p.lot_id = b.lot_id AND p.unit_id = b.unit_id
        WHERE b.site_id = :site AND b.reserved <> COALESCE(p.reserved, 0)
        """,
        is_quick=True,
    ),
    Rule(
        "every open promise stands on a balance",
        f"""
        SELECT p.location_id, p.item_id, p.lot_id, p.unit_id, p.reserved FROM ({_PROMISED}) AS p
        LEFT JOIN balance b ON b.site_id = :site AND b.location_id = p.location_id AND b.item_id = p.item_id
            AND b.lot_id = p.lot_id AND b.unit_id = p.unit_id
        WHERE b.location_id IS NULL AND p.reserved > 0
        """,
        is_quick=True,
    ),
    Rule(
        "a promise posted what was moved for it",
        """
        SELECT r.id, r.posted, r.undone, COALESCE(m.taken, 0) AS taken, COALESCE(m.back, 0) AS back
        FROM reservation r LEFT JOIN (
            SELECT reservation_id,
                SUM(CASE WHEN reverses_seq IS NULL AND reason <> 'damaged' THEN qty ELSE 0 END) AS taken,
                SUM(CASE WHEN reverses_seq IS NOT NULL OR reason = 'damaged' THEN qty ELSE 0 END) AS back
            FROM move WHERE site_id = :site AND reservation_id IS NOT NULL GROUP BY reservation_id
        ) AS m ON m.reservation_id = r.id
        WHERE r.site_id = :site AND r.posted - r.undone <> COALESCE(m.taken, 0) - COALESCE(m.back, 0)
        """,
    ),
    Rule(
        "an order line is allocated what is promised and picked for it",
        """
        SELECT ol.id, ol.allocated, COALESCE(SUM(
            CASE WHEN r.state = 'open' THEN r.qty - r.undone ELSE r.posted - r.undone END), 0) AS promised
        FROM order_line ol JOIN orders o ON o.id = ol.order_id
        LEFT JOIN reservation r ON r.order_line_id = ol.id
        WHERE o.site_id = :site GROUP BY ol.id, ol.allocated
        HAVING ol.allocated <> COALESCE(SUM(
            CASE WHEN r.state = 'open' THEN r.qty - r.undone ELSE r.posted - r.undone END), 0)
        """,
        is_quick=True,
    ),
    Rule(
        "shipped at most what was packed, packed at most what was allocated, allocated at most what was ordered",
        """
        SELECT ol.id, ol.ordered, ol.allocated, ol.packed, ol.shipped FROM order_line ol
        JOIN orders o ON o.id = ol.order_id WHERE o.site_id = :site
        AND NOT (ol.shipped <= ol.packed AND ol.packed <= ol.allocated AND ol.allocated <= ol.ordered)
        """,
        is_quick=True,
    ),
    Rule(
        "an order line has packed and shipped what was moved for it",
        """
        SELECT ol.id, ol.packed, ol.shipped, m.packed AS moved_packed, m.shipped AS moved_shipped
        FROM order_line ol JOIN orders o ON o.id = ol.order_id
        JOIN (
            SELECT m.order_line_id,
                SUM(CASE WHEN m.reason = 'verify' THEN m.qty WHEN old.reason = 'verify' THEN -m.qty
                    ELSE 0 END) AS packed,
                SUM(CASE WHEN t.kind = 'customer' THEN m.qty WHEN s.kind = 'customer' THEN -m.qty ELSE 0 END) AS shipped
            FROM move m JOIN location t ON t.id = m.target_id JOIN location s ON s.id = m.source_id
            LEFT JOIN move old ON old.site_id = m.site_id AND old.seq = m.reverses_seq
            WHERE m.site_id = :site AND m.order_line_id IS NOT NULL GROUP BY m.order_line_id
        ) AS m ON m.order_line_id = ol.id
        WHERE o.site_id = :site AND (ol.packed <> m.packed OR ol.shipped <> m.shipped)
        """,
    ),
    Rule(
        "a purchase line has received what was moved for it",
        """
        SELECT pl.id, pl.received, COALESCE(m.qty, 0) AS moved FROM purchase_line pl
        JOIN purchase_order po ON po.id = pl.purchase_order_id
        LEFT JOIN (
            SELECT purchase_line_id, SUM(CASE WHEN reverses_seq IS NULL THEN qty ELSE -qty END) AS qty
            FROM move WHERE site_id = :site AND purchase_line_id IS NOT NULL GROUP BY purchase_line_id
        ) AS m ON m.purchase_line_id = pl.id
        WHERE po.site_id = :site AND pl.received <> COALESCE(m.qty, 0)
        """,
    ),
    Rule(
        "everything with a customer left for an order line",
        """
        SELECT m.seq, m.item_id FROM move m JOIN location t ON t.id = m.target_id
        WHERE m.site_id = :site AND t.kind = 'customer' AND m.order_line_id IS NULL
        """,
    ),
    Rule(
        "a serial number is where its last move left it",
        """
        SELECT s.id, s.code, s.location_id, s.unit_id, m.target_id, m.target_unit_id FROM serial s
        JOIN (SELECT serial_id, MAX(seq) AS seq FROM move WHERE site_id = :site AND serial_id > 0 GROUP BY serial_id)
            AS last ON last.serial_id = s.id
        JOIN move m ON m.site_id = :site AND m.seq = last.seq
        WHERE s.location_id <> m.target_id OR s.unit_id <> m.target_unit_id
        """,
    ),
    Rule(
        "a serial number's moves follow one another",
        """
        SELECT serial_id, seq, source_id, before FROM (
            SELECT serial_id, seq, source_id, source_unit_id,
                LAG(target_id) OVER w AS before, LAG(target_unit_id) OVER w AS before_unit
            FROM move WHERE site_id = :site AND serial_id > 0 WINDOW w AS (PARTITION BY serial_id ORDER BY seq)
        ) AS steps WHERE before IS NOT NULL AND (before <> source_id OR before_unit <> source_unit_id)
        """,
    ),
    Rule(
        "as many serial numbers stand at a place as the balance says",
        """
        SELECT b.location_id, b.item_id, b.unit_id, SUM(b.qty) AS book, (
            SELECT COUNT(*) FROM serial s WHERE s.item_id = b.item_id AND s.location_id = b.location_id
            AND s.unit_id = b.unit_id) AS serials
        FROM balance b JOIN item i ON i.id = b.item_id AND i.tracking = 'serial'
        WHERE b.site_id = :site GROUP BY b.location_id, b.item_id, b.unit_id
        HAVING SUM(b.qty) <> (SELECT COUNT(*) FROM serial s WHERE s.item_id = b.item_id
            AND s.location_id = b.location_id AND s.unit_id = b.unit_id)
        """,
    ),
    Rule(
        "lots and serial numbers belong to their item, and an item that is kept by them has them",
        """
        SELECT m.seq, m.item_id, m.lot_id, m.serial_id FROM move m JOIN item i ON i.id = m.item_id
        JOIN lot l ON l.id = m.lot_id JOIN serial s ON s.id = m.serial_id
        WHERE m.site_id = :site AND (
            (m.lot_id <> 0 AND l.item_id <> m.item_id) OR (m.serial_id <> 0 AND s.item_id <> m.item_id)
            OR (i.tracking = 'lot') <> (m.lot_id <> 0) OR (i.tracking = 'serial') <> (m.serial_id <> 0))
        """,
    ),
    Rule(
        "no held or expired goods on their way to a customer by a promise",
        """
        SELECT r.id, r.location_id, r.lot_id, r.unit_id FROM reservation r JOIN lot l ON l.id = r.lot_id
        JOIN location p ON p.id = r.location_id JOIN unit u ON u.id = r.unit_id
        WHERE r.site_id = :site AND r.state = 'open' AND (l.is_held OR p.is_held OR u.is_held)
        """,
        is_quick=True,
    ),
    Rule(
        "a move is reversed once, exactly and by a later move",
        """
        SELECT m.seq, m.reverses_seq FROM move m
        LEFT JOIN move old ON old.site_id = m.site_id AND old.seq = m.reverses_seq
        WHERE m.site_id = :site AND m.reverses_seq IS NOT NULL AND (
            old.seq IS NULL OR old.seq >= m.seq OR old.reverses_seq IS NOT NULL OR old.qty <> m.qty
            OR old.item_id <> m.item_id OR old.lot_id <> m.lot_id OR old.serial_id <> m.serial_id
            OR old.source_id <> m.target_id OR old.target_id <> m.source_id
            OR old.source_unit_id <> m.target_unit_id OR old.target_unit_id <> m.source_unit_id)
        """,
    ),
    Rule(
        "a unit and its content are in one place",
        """
        SELECT u.id, u.code, u.location_id, b.location_id AS content_at FROM unit u
        JOIN balance b ON b.unit_id = u.id AND b.qty > 0
        WHERE b.site_id = :site AND u.id <> 0 AND (u.location_id IS NULL OR u.location_id <> b.location_id)
        """,
        is_quick=True,
    ),
    Rule(
        "a unit stands where the unit stands that it is in",
        """
        SELECT u.id, u.code FROM unit u JOIN unit p ON p.id = u.parent_id
        WHERE u.site_id = :site AND (p.site_id <> u.site_id OR u.location_id <> p.location_id)
        """,
        is_quick=True,
    ),
    Rule(
        "no ring of units",
        """
        WITH RECURSIVE up(id, parent_id, depth) AS (
            SELECT id, parent_id, 1 FROM unit WHERE site_id = :site AND parent_id IS NOT NULL
            UNION ALL SELECT up.id, unit.parent_id, up.depth + 1 FROM up JOIN unit ON unit.id = up.parent_id
            WHERE unit.parent_id IS NOT NULL AND up.depth < 50
        ) SELECT id, MAX(depth) AS depth FROM up GROUP BY id HAVING MAX(depth) >= 50
        """,
        is_quick=True,
    ),
    Rule(
        "every scan that says it moved something has moved it, and no move is without its scan",
        """
        SELECT m.seq, m.scan_id FROM move m LEFT JOIN scan s ON s.id = m.scan_id
        WHERE m.site_id = :site AND m.task_id IS NOT NULL AND (s.id IS NULL OR s.outcome = 'refused')
        """,
    ),
    Rule(
        "a document's lines, units and places are of the same site",
        """
        SELECT r.id, o.site_id FROM reservation r JOIN order_line ol ON ol.id = r.order_line_id
        JOIN orders o ON o.id = ol.order_id WHERE r.site_id = :site AND o.site_id <> r.site_id
        """,
    ),
)


# --- the chain -------------------------------------------------------------------------------------------------------

_COLUMNS = [column.name for column in Move.__table__.columns]


def _chain(site_id: int) -> Iterator[Breach]:
    """Gapless seq, time that never goes back, each hash right, the head at the end."""
    seq, before, last_at = 0, "", None
    for row in _moves(site_id):
        for broken in _link(row, seq, before, last_at):
            yield Breach("the chain of moves is whole", f"seq={row['seq']}: {broken}")
        seq, before, last_at = row["seq"], row["hash"], row["recorded_at"]
    head = db.session.execute(
        text("SELECT seq, hash FROM ledger_head WHERE site_id = :site"), {"site": site_id}
    ).first()
    if head is None or (head.seq, head.hash) != (seq, before):
        yield Breach("the chain of moves is whole", f"the head says {head and head.seq}, the last move is {seq}")


def _link(row: dict[str, Any], seq: int, before: str, last_at: Any) -> Iterator[str]:
    if row["seq"] != seq + 1:
        yield f"comes after {seq}"
    if row["prev_hash"] != before:
        yield "does not follow the move before it"
    if row["hash"] != ledger.chain_hash(row):
        yield "was changed after it was written"
    if last_at is not None and row["recorded_at"] < last_at:
        yield "was recorded before the move before it"


def _moves(site_id: int) -> Iterator[dict[str, Any]]:
    seq = -1
    while True:
        query = Move.__table__.select().where(Move.site_id == site_id, Move.seq > seq).order_by(Move.seq).limit(BATCH)
        rows = db.session.execute(query).mappings().all()
        yield from (dict(row) for row in rows)
        if len(rows) < BATCH:
            return
        seq = rows[-1]["seq"]


Reporter = Callable[[str], None]


def report(site_id: int, say: Reporter) -> bool:
    """Check a site and say what was found; True if nothing is wrong."""
    breaches = check(site_id)
    for breach in breaches:
        say(str(breach))
    say(f"{len(breaches)} breaches in {ledger.position(site_id)} moves." if breaches else _good(site_id))
    return not breaches


def _good(site_id: int) -> str:
    return f"The ledger is good: {ledger.position(site_id)} moves, {len(RULES)} rules and the chain hold."

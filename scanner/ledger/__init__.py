"""The ledger: the only writer of stock.

A move takes `qty` base units of an item from a source to a target and is never changed. What is where (balance), what
is promised (reservation), where a serial number or a unit stands, and how far a document line has come, change in the
same transaction, or not at all. A mistake is mended by a reversing move.

Every write goes through a guarded UPDATE whose WHERE clause holds the rule, so that the rule is judged on the row as
it is under the lock, on both engines. Locks are taken in one order: task, document, reservation, balances by key, the
head of the chain. Callers run inside `db.transact`.

In a rehearsal (`by.is_rehearsal`) the doors post nothing. They refuse what they can tell without posting, and return
what the workflow goes on with.

    moves     move, undo, adjust, set_aside        promises  reserve, release, free_up, on_lease
    carry     move_units, put_unit_in              holds     hold, end_hold
    balances, lines, serials, fitness              what a move changes and what it is judged by
    chain     the order and the hash of moves      spots     where goods are
"""

from scanner.ledger.carry import move_unit, move_units, put_unit_in, with_children
from scanner.ledger.chain import MAX_MOVES, begin, chain_hash, position, seal
from scanner.ledger.fitness import GUARDED_KINDS, hold_reason
from scanner.ledger.holds import end_hold, hold
from scanner.ledger.lines import Why
from scanner.ledger.moves import adjust, move, set_aside, undo
from scanner.ledger.promises import free_up, on_lease, release, reserve
from scanner.ledger.spots import Spot, free, on_hand, virtual, virtual_locations

__all__ = [
    "GUARDED_KINDS",
    "MAX_MOVES",
    "Spot",
    "Why",
    "adjust",
    "begin",
    "chain_hash",
    "end_hold",
    "free",
    "free_up",
    "hold",
    "hold_reason",
    "move",
    "move_unit",
    "move_units",
    "on_hand",
    "on_lease",
    "position",
    "put_unit_in",
    "release",
    "reserve",
    "seal",
    "set_aside",
    "undo",
    "virtual",
    "virtual_locations",
    "with_children",
]

"""The warehouse: it knows stock and scans and has never heard of HTTP.

db            the database handle and the one way to write (`transact`)
models/       the nouns: tables and their constraints
barcode/      from ink to meaning: `read(raw) -> Scan`; no database
find          from a Scan to the item, location, lot, unit or document that it names
refusals      every reason why a scan may be refused, in words
prompt        what a worker is told next
ledger/       the only writer of stock: move, undo, reserve, release, hold
check_ledger  proves that the record is true
accept        `accept_scan()`: the one way in for every scan
receive putaway pick verify ship count move lookup      the workflows, one file each, all with the same face
workflows     the list of them
discrepancies where the book and the floor disagree
planning/     decides and never writes: plain data in, plan out
imports demo invoices  what comes in from files, or is made for a first look
site          makes a warehouse ready for its first move
"""

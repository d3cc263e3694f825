"""Every reason why a scan may be refused: a stable code, a sentence, what to do next, a tone.

This is the one file with the sentences that a worker reads when the station says no. `Refusal("wrong_item", ...)`
fills the blanks; `accept_scan` stores it; web/ shows it as the STOP screen and answers 422.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reason:
    """What a refusal says. Words in braces are filled from the refusal's facts."""

    title: str
    say: str
    next: str
    tone: str = "stop"


REASONS: dict[str, Reason] = {
    # -- the code itself
    "empty": Reason("EMPTY SCAN", "There was no code in that scan.", "Scan again."),
    "too_long": Reason("TOO LONG", "That code is longer than 256 characters.", "Scan one label at a time."),
    "control_characters": Reason("UNREADABLE", "That code has characters that no label of ours has.", "Scan again."),
    "misread": Reason("MISREAD", "The check digit of {scanned} is wrong.", "Scan it again."),
    "ambiguous_gs1": Reason(
        "SEPARATOR LOST",
        "This scanner hides the separator between the fields of that label.",
        "Scan the set-up sheet, then the label.",
    ),
    "bad_gs1": Reason(
        "BAD LABEL", "The fields of that GS1 label do not fit together.", "Use another label of the item."
    ),
    "unknown_code": Reason("UNKNOWN CODE", "Nothing here is called {scanned}.", "Scan {wanted}."),
    "wrong_kind": Reason("WRONG LABEL", "That is {scanned}.", "I want {wanted}."),
    "wrong_command": Reason("NOT HERE", "{scanned} has no meaning in this step.", "Scan {wanted}."),
    # -- the right kind, the wrong thing
    "wrong_item": Reason("WRONG ITEM", "You scanned {scanned}.", "Put it back. Scan {wanted}."),
    "wrong_location": Reason("WRONG LOCATION", "You are at {scanned}.", "Go to {wanted} and scan it."),
    "wrong_lot": Reason("WRONG LOT", "That is lot {scanned}.", "Take lot {wanted}."),
    "wrong_tote": Reason("WRONG TOTE", "That is {scanned}.", "Scan {wanted}."),
    "wrong_order": Reason("OTHER ORDER", "{scanned} belongs to order {other}.", "Put it aside for order {other}."),
    "wrong_check_digits": Reason("WRONG DIGITS", "{scanned} are not the digits of {wanted}.", "Scan the label."),
    "wrong_serial": Reason("WRONG SERIAL", "Serial {scanned} is not here.", "Scan another one."),
    "not_in_order": Reason("NOT IN ORDER", "{scanned} is not in this order.", "Put it aside. Scan {wanted}."),
    "not_on_purchase_order": Reason(
        "NOT ON ORDER", "{scanned} is not on this purchase order.", "Set it aside, or receive it blind."
    ),
    "not_here": Reason("NOT HERE", "The book has no free {scanned} here.", "Scan where you took it from."),
    # -- quantities
    "too_many": Reason("TOO MANY", "That makes {scanned}, but {wanted} are wanted.", "Put the rest back."),
    "too_few": Reason("NOT ENOUGH", "Only {scanned} of {wanted} are done.", "Scan the rest, or press SHORT."),
    "not_enough": Reason("NOT ENOUGH", "The book has only {scanned} free there.", "Count the location, or take fewer."),
    "bad_quantity": Reason("BAD QUANTITY", "{scanned} is no quantity that can be booked.", "Enter 1 or more."),
    "serial_has_one": Reason("ONE EACH", "Goods with serial numbers are scanned one by one.", "Scan the next serial."),
    # -- what the goods need
    "need_lot": Reason("LOT NEEDED", "{scanned} is kept by lot.", "Scan or type the lot."),
    "need_serial": Reason("SERIAL NEEDED", "{scanned} is kept by serial number.", "Scan the serial number."),
    "need_expiry": Reason("DATE NEEDED", "{scanned} is kept with its expiry date.", "Scan or type the date."),
    "no_lot_wanted": Reason("NO LOT", "{scanned} is not kept by lot.", "Scan the item's own barcode."),
    "lot_dates_differ": Reason(
        "DATES DIFFER", "Lot {scanned} is on file with {wanted}.", "Check the label. Call a supervisor if it is right."
    ),
    "serial_exists": Reason("KNOWN SERIAL", "Serial {scanned} is in the book already.", "Set the unit aside."),
    "expired": Reason("EXPIRED", "{scanned} expired on {date}.", "Set it aside. It goes to quarantine."),
    "held": Reason("ON HOLD", "{scanned} is on hold: {why}.", "Leave it. Only a supervisor can release it."),
    "life_too_short": Reason(
        "TOO OLD", "{scanned} has fewer than {wanted} days left for this customer.", "Take a younger lot."
    ),
    # -- places
    "not_storage": Reason("NO STORAGE", "{scanned} is not a place to store goods.", "Scan {wanted}."),
    "location_held": Reason("BLOCKED", "{scanned} is blocked.", "Scan another location."),
    "wrong_class": Reason("WRONG CLASS", "{scanned} does not take {wanted} goods.", "Scan another location."),
    "too_heavy": Reason("TOO HEAVY", "That is more weight than {scanned} carries.", "Scan another location."),
    "too_big": Reason("TOO BIG", "That does not fit into {scanned}.", "Scan another location."),
    "location_full": Reason("FULL", "{scanned} is full.", "Scan another location."),
    "no_mixing_items": Reason("NO MIXING", "{scanned} holds another item.", "Scan another location."),
    "no_mixing_lots": Reason("NO MIXING", "{scanned} holds another lot.", "Scan another location."),
    "same_place": Reason("SAME PLACE", "It is at {scanned} already.", "Scan where it goes."),
    # -- units
    "unit_in_use": Reason("IN USE", "{scanned} is in use for {other}.", "Take an empty one."),
    "unit_not_empty": Reason("NOT EMPTY", "{scanned} has goods in it.", "Take an empty one."),
    "unit_empty": Reason("EMPTY", "The book has nothing in {scanned}.", "Scan the unit with the goods."),
    "unit_closed": Reason("CLOSED", "{scanned} is closed.", "Take an open one."),
    "unit_shipped": Reason("SHIPPED", "{scanned} has left the house.", "Scan another one."),
    "sscc_used_up": Reason(
        "NO NUMBERS LEFT",
        "All SSCCs of the site's GS1 prefix are given out.",
        "Tell the desk. Use a label you have.",
    ),
    # -- documents and tasks
    "unknown_document": Reason("UNKNOWN", "There is no {wanted} {scanned}.", "Check the number."),
    "unknown_task": Reason("NO SUCH TASK", "There is no such task.", "Go home and start again."),
    "task_done": Reason("FINISHED", "This task is finished.", "Go home and scan the next."),
    "not_your_task": Reason("TAKEN", "{other} works on this.", "Take another task."),
    "leased": Reason(
        "ON ANOTHER DEVICE",
        "{other} has this on another device since {since}, kept until {until}.",
        "Go on there, or ask a supervisor to take it over.",
    ),
    "taken_over": Reason(
        "TAKEN OVER", "{other} took this over at {since}.", "Put back what you took since then, and go home."
    ),
    "not_allowed": Reason("NOT ALLOWED", "Your badge does not open this.", "Ask a supervisor."),
    "order_not_open": Reason("NOT OPEN", "Order {scanned} is {other}.", "Take another order."),
    "invoice_too_early": Reason(
        "NOT COMPLETE", "Order {scanned} is not complete: {why}.", "Pack the rest, or close it short."
    ),
    "no_price": Reason("NO PRICE", "Order {scanned} has no price for {other}.", "Import the order's prices."),
    "order_held": Reason("ORDER ON HOLD", "Order {scanned} is on hold.", "Take another order."),
    "order_cancelled": Reason("CANCELLED", "Order {scanned} was cancelled.", "Bring the goods back."),
    "nothing_to_pick": Reason("NOTHING TO PICK", "No stock is free for order {scanned}.", "Tell the desk."),
    "nothing_to_do": Reason("NOTHING TO DO", "There is nothing left to do here.", "Go home and scan the next."),
    "not_packed": Reason("NOT PACKED", "{scanned} is not packed yet.", "Bring it to the bench."),
    "wrong_carrier": Reason("WRONG CARRIER", "{scanned} goes with {other}.", "Set it aside for {other}."),
    "already_loaded": Reason("LOADED", "{scanned} is on the door already.", "Scan the next.", "warn"),
    "tracking_in_use": Reason(
        "KNOWN NUMBER", "Tracking number {scanned} is on parcel {other}.", "Scan the right label."
    ),
    "finish_first": Reason("ONE THING FIRST", "{scanned} is not booked yet.", "Scan {wanted} first."),
    "confirm_instructions": Reason("READ FIRST", "The packing instructions are not confirmed.", "Read them, then OK."),
    "same_counter": Reason("ANOTHER PERSON", "You counted this location before.", "Another person must count it now."),
    # -- devices
    "device_revoked": Reason(
        "DEVICE REVOKED", "This device may not log in or send any more.", "Bring it to the desk. Its scans stay on it."
    ),
    "person_disabled": Reason(
        "BADGE ENDED", "The badge of {other} had ended when this scan came.", "A supervisor decides about it."
    ),
    "not_on_device": Reason(
        "NOT LOGGED IN HERE", "{other} never logged in on the device that sent this.", "A supervisor decides about it."
    ),
    "stopped": Reason("STOPPED", "The device said STOP to this scan, so it was not booked.", "Scan it again."),
    # -- undo
    "nothing_to_undo": Reason("NOTHING TO UNDO", "Nothing of yours can be taken back here.", "Go on."),
    "undo_too_late": Reason("TOO LATE", "That scan cannot be taken back any more.", "Tell a supervisor."),
    "already_undone": Reason("UNDONE", "That move was taken back already.", "Go on."),
    # -- photos
    "photo_empty": Reason("NO PHOTO", "No photo came in.", "Take it again."),
    "photo_too_large": Reason("TOO LARGE", "That photo is larger than {wanted}.", "Take a smaller one."),
    "photo_too_many_pixels": Reason(
        "TOO LARGE", "That photo has {scanned} pixels; {wanted} can be read.", "Take a smaller one."
    ),
    "photo_no_image": Reason(
        "NO PHOTO", "That is no picture that can be read here.", "Send a JPEG, PNG, WebP, BMP or GIF."
    ),
    "photo_animated": Reason("MOVING PICTURE", "That picture moves.", "Send a still photo."),
    "photo_broken": Reason("BROKEN PHOTO", "That photo did not arrive whole.", "Take it again."),
    "photo_unread": Reason("NOT READ", "That photo could not be read.", "Take another one."),
    "photos_wait": Reason("ONE MOMENT", "Other photos are being read.", "Try again."),
    "no_code_in_photo": Reason(
        "NO CODE FOUND",
        "No barcode could be read in that photo.",
        "Go closer, find more light, and hold the label flat.",
    ),
    # -- printing
    "unknown_printer": Reason("NO PRINTER", "{scanned} is no printer that is in use here.", "Choose another one."),
    "printer_exists": Reason("KNOWN PRINTER", "There is a printer {scanned} already.", "Give it another code."),
    "bad_printer": Reason("BAD PRINTER", "{scanned}", "Mend the form."),
    "printer_address": Reason(
        "ADDRESS CLOSED", "{scanned} is no address that a printer may have here: {why}.", "Ask who runs the server."
    ),
    "unknown_label": Reason("NO SUCH LABEL", "Nothing here prints a {scanned}.", "Ask for {wanted}."),
    "label_gone": Reason("GONE", "{scanned} is not there any more.", "Cancel the label."),
    "label_language": Reason(
        "WRONG PRINTER", "A {scanned} cannot be printed in the language {wanted}.", "Choose another printer."
    ),
    "print_under_way": Reason("PRINTING", "{scanned} is being printed.", "Wait for it."),
    "print_waits": Reason("PRINTER OFF", "{scanned} waits: {other}.", "Print it elsewhere: MORE, Labels."),
    "label_has_one": Reason(
        "ONE ONLY", "{scanned} has one {other}. A second one is a copy of it.", "Print one, then print it again."
    ),
    "print_taken": Reason("TAKEN", "Another program prints {scanned}, or a person has decided about it.", "Leave it."),
    "print_finished": Reason("PRINTED", "{scanned} was printed already.", "Print a copy if you need another."),
    "print_not_sent": Reason("NOT PRINTED", "{scanned} is {other}: it has not been sent.", "Wait for it."),
    "nothing_to_print": Reason("NOTHING TO PRINT", "Nothing was printed from here yet.", "Go on."),
    "not_a_workplace": Reason("NO WORKPLACE", "Nobody works at {scanned}.", "Scan the label of a bench or a dock."),
    # -- labels
    "label_too_small": Reason(
        "LABEL TOO SMALL", "{scanned} does not fit: {why}.", "Use a larger label, or a printer with finer dots."
    ),
    "paper_too_small": Reason(
        "PAPER TOO SMALL", "{scanned} is too small: {why}.", "Choose larger paper, or pages of the label's size."
    ),
    "label_bad_content": Reason("NO LABEL", "{scanned} cannot be printed: {why}.", "Mend it at the desk, then print."),
    "label_unreadable": Reason(
        "LABEL UNREADABLE", "The label of {scanned} cannot be read back: {why}.", "Do not use it. Tell the desk."
    ),
    "labels_busy": Reason(
        "BUSY", "Another large file of labels is being drawn, or this one takes too long.", "Ask for fewer, or wait."
    ),
    "bad_carrier_label": Reason(
        "BAD LABEL", "This label of a carrier is not taken: {why}.", "Get it from the carrier anew."
    ),
    # -- the request
    "scan_id_reused": Reason("SCAN ID REUSED", "This scan id came before with other content.", "Scan again."),
    "bad_scan_id": Reason("BAD SCAN ID", "A scan needs an id of its own (a UUID).", "Reload the page."),
    "scanner_misleads": Reason(
        "SCANNER NOT FIT", "Those scans show no scanner that can be relied on.", "Mend the scanner and check it again."
    ),
    "bad_request": Reason("BAD REQUEST", "{scanned}", "Mend the request."),
}


class Refusal(Exception):
    """A scan or an act that was turned down. It changes nothing but the record of the scan."""

    def __init__(self, code: str, scanned: object = "", wanted: object = "", **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.reason = REASONS[code]
        self.scanned = str(scanned)
        self.wanted = str(wanted)
        self._facts = {"scanned": self.scanned, "wanted": self.wanted, "other": "", "why": "", "date": "", **facts}

    @property
    def facts(self) -> dict[str, Any]:
        """What fills its words: with the code they make the same refusal again."""
        return dict(self._facts)

    @property
    def title(self) -> str:
        """Two or three words in capitals for the STOP screen."""
        return self.reason.title

    @property
    def say(self) -> str:
        """What is wrong, in one sentence."""
        return self.reason.say.format_map(self._facts)

    @property
    def next(self) -> str:
        """What to do now, in one sentence."""
        return self.reason.next.format_map(self._facts)

    @property
    def tone(self) -> str:
        """Which tone the station plays."""
        return self.reason.tone

    def __str__(self) -> str:
        return f"{self.code}: {self.say} {self.next}"

"""The nouns: tables and their constraints. No workflow lives here."""

from scanner.models.device import Device, DeviceProfile
from scanner.models.document import (
    CarrierLabel,
    Carton,
    Customer,
    Invoice,
    Manifest,
    Order,
    OrderLine,
    Parcel,
    PurchaseLine,
    PurchaseOrder,
    Supplier,
)
from scanner.models.item import Barcode, Item, Lot, Serial
from scanner.models.location import VIRTUAL_KINDS, Location, Site
from scanner.models.person import ApiToken, AuditEntry, LoginFailure, Person, PersonSession
from scanner.models.printing import DevicePlace, Printer, PrintJob, PrintStep, PrintWorker, Workplace
from scanner.models.stock import Balance, Hold, LedgerHead, Move, Reservation, Unit
from scanner.models.task import Discrepancy, ScanRecord, Task

__all__ = [
    "VIRTUAL_KINDS",
    "ApiToken",
    "AuditEntry",
    "Balance",
    "Barcode",
    "CarrierLabel",
    "Carton",
    "Customer",
    "Device",
    "DevicePlace",
    "DeviceProfile",
    "Discrepancy",
    "Hold",
    "Invoice",
    "Item",
    "LedgerHead",
    "Location",
    "LoginFailure",
    "Lot",
    "Manifest",
    "Move",
    "Order",
    "OrderLine",
    "Parcel",
    "Person",
    "PersonSession",
    "PrintJob",
    "PrintStep",
    "PrintWorker",
    "Printer",
    "PurchaseLine",
    "PurchaseOrder",
    "Reservation",
    "ScanRecord",
    "Serial",
    "Site",
    "Supplier",
    "Task",
    "Unit",
    "Workplace",
]

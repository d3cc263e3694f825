"""Words: what the demo's things are called, and how large, heavy and dear a thing of that name is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Thing:
    """A kind of goods: outside measures in mm, weight in g, value in cents, and how it is kept."""

    code: str
    name: str
    size: tuple[int, int, int]
    weight_g: int
    value_cents: int
    keeps: str = "none"  # 'lot', 'serial' or 'none'
    dates: str = ""  # 'expiry' or 'best_before' for goods that do not last
    days: int = 0  # how long they last


GIFTS: Final = (
    Thing("MUG", "Mug", (120, 90, 100), 340, 420),
    Thing("JUG", "Jug", (180, 140, 210), 520, 980),
    Thing("BWL", "Bowl", (160, 160, 80), 380, 650),
    Thing("PLT", "Plate", (220, 220, 25), 420, 590),
    Thing("VAS", "Vase", (120, 120, 260), 780, 1250),
    Thing("LAN", "Lantern", (150, 150, 290), 860, 1490),
    Thing("TIN", "Storage Tin", (180, 120, 140), 230, 540),
    Thing("TRY", "Tray", (380, 280, 40), 740, 1180),
    Thing("CLK", "Wall Hook", (90, 60, 40), 110, 320),
    Thing("FRM", "Photo Frame", (230, 180, 20), 330, 790),
    Thing("BOX", "Trinket Box", (100, 80, 60), 190, 480),
    Thing("BSK", "Basket", (320, 240, 180), 460, 1390),
    Thing("BAG", "Shopper Bag", (400, 350, 10), 90, 210),
    Thing("CUS", "Cushion", (400, 400, 120), 480, 1590),
    Thing("DMT", "Doormat", (700, 400, 20), 1650, 1290),
    Thing("TEA", "Teapot", (230, 150, 150), 790, 1690),
    Thing("SPN", "Spoon Set", (210, 60, 30), 160, 560),
    Thing("BRD", "Bread Board", (350, 220, 20), 640, 1090),
    Thing("GAR", "Garland", (200, 120, 60), 120, 450),
    Thing("HRT", "Hanging Heart", (120, 110, 20), 70, 230),
    Thing("BIR", "Paper Bird", (110, 80, 30), 25, 160),
    Thing("NTE", "Notebook", (210, 150, 15), 210, 390),
    Thing("PEN", "Pencil Case", (210, 90, 50), 95, 340),
    Thing("PUZ", "Puzzle", (260, 190, 50), 420, 890),
    Thing("TOY", "Spinning Top", (80, 80, 90), 130, 370),
    Thing("DOL", "Rag Doll", (300, 140, 80), 170, 980),
    Thing("UMB", "Umbrella", (850, 60, 60), 430, 1190),
    Thing("APR", "Apron", (280, 220, 20), 210, 890),
    Thing("TWL", "Tea Towel", (240, 170, 15), 90, 290),
    Thing("PLN", "Planter", (240, 240, 220), 1340, 1590),
)
COLOURS: Final = (
    ("AMB", "Amber"), ("IVO", "Ivory"), ("COB", "Cobalt"), ("COR", "Coral"), ("MIN", "Mint"), ("ROS", "Rose"),
    ("SLA", "Slate"), ("PLU", "Plum"), ("OCH", "Ochre"), ("TEA", "Teal"), ("SCA", "Scarlet"), ("LIL", "Lilac"),
    ("OLI", "Olive"), ("SAN", "Sand"), ("SKY", "Sky"), ("CHE", "Cherry"), ("LEM", "Lemon"), ("INK", "Ink"),
)  # fmt: skip
MATERIALS: Final = (  # with their weight and their price against the plain thing
    ("GLA", "Glass", 1.3, 1.2), ("TIN", "Tin", 0.8, 0.9), ("OAK", "Oak", 1.1, 1.4), ("CLA", "Clay", 1.4, 1.0),
    ("ENA", "Enamel", 1.0, 1.1), ("FEL", "Felt", 0.5, 0.8), ("WIC", "Wicker", 0.6, 1.1), ("LIN", "Linen", 0.5, 1.2),
    ("BRA", "Brass", 1.7, 1.8), ("PAP", "Paper", 0.4, 0.6),
)  # fmt: skip
TREATS: Final = (
    Thing("CHO", "Chocolate Bar", (160, 80, 12), 110, 280, "lot", "expiry", 270),
    Thing("TRU", "Truffles", (140, 140, 40), 190, 790, "lot", "expiry", 180),
    Thing("COI", "Chocolate Coins", (120, 90, 30), 130, 240, "lot", "expiry", 300),
    Thing("FUD", "Fudge", (130, 90, 40), 210, 450, "lot", "expiry", 200),
)
TEAS: Final = (
    Thing("LEA", "Leaf Tea", (120, 80, 80), 140, 590, "lot", "best_before", 540),
    Thing("BRU", "Tea Bags", (130, 80, 70), 90, 360, "lot", "best_before", 540),
    Thing("CND", "Candle", (90, 90, 100), 310, 690, "lot", "best_before", 1100),
)
FLAVOURS: Final = (
    ("DAR", "Dark"), ("MLK", "Milk"), ("ORA", "Orange"), ("GIN", "Ginger"), ("SEA", "Sea Salt"), ("HAZ", "Hazelnut"),
    ("RAS", "Raspberry"), ("CHI", "Chilli"), ("VAN", "Vanilla"), ("HON", "Honey"), ("LAV", "Lavender"),
    ("CIN", "Cinnamon"),
)  # fmt: skip
PRECIOUS: Final = (
    Thing("LMP", "Table Lamp", (250, 250, 420), 1900, 5900, "serial"),
    Thing("CLO", "Mantel Clock", (200, 110, 240), 1400, 8900, "serial"),
)
SUPPLIERS: Final = (  # code, name, days, and the materials or goods that come from there
    ("BRIGHT", "Bright & Daughters Glass", 12, ("GLA",)),
    ("KILN", "The Old Kiln", 18, ("CLA", "ENA")),
    ("TINMAN", "Tinman Metalworks", 25, ("TIN", "BRA", "LMP", "CLO")),
    ("LOOM", "Loom & Needle", 14, ("FEL", "LIN")),
    ("WILLOW", "Willow & Oak", 9, ("OAK", "WIC", "PAP")),
    ("HONEY", "Honeypot Confectioners", 5, ("CHO", "TRU", "COI", "FUD", "LEA", "BRU", "CND")),
)
SHOPS: Final = (
    "Rosa's Corner", "The Paper Fox", "Harbour Gifts", "Moon & Teapot", "Tall Tim's", "Blue Door Books", "Café Mirabel",
    "The Quiet Owl", "Pepper & Pine", "Nine Candles", "Old Post Office", "Marta's Market", "Little Lighthouse",
    "Fern & Feather", "Station Kiosk 4", "The Round Table", "Villa Verde", "Zora's Bazaar", "Copper Kettle Inn",
    "Sunday Best", "The Red Umbrella", "Mill Lane Nursery", "Hotel Aurora", "Kite & Compass", "Three Cats Toys",
    "Bridge End Stores", "Amelie's Attic", "The Green Wagon", "Winter Garden", "Captain's Cabin",
)  # fmt: skip
STREETS: Final = (
    "Quay Street",
    "Mill Lane",
    "High Street",
    "Station Road",
    "Orchard Row",
    "Castle Hill",
    "Market Square",
)
TOWNS: Final = (  # town, country, its code, postcode, region; the postcodes are of nobody
    ("Bristol", "United Kingdom", "GB", "BS1 4ZZ", ""), ("Leeds", "United Kingdom", "GB", "LS1 6ZZ", ""),
    ("York", "United Kingdom", "GB", "YO1 7ZZ", ""), ("Bath", "United Kingdom", "GB", "BA1 2ZZ", ""),
    ("Cork", "Ireland", "IE", "T12 ZZ00", "Co. Cork"), ("Utrecht", "Netherlands", "NL", "3511 ZZ", ""),
    ("Ghent", "Belgium", "BE", "9000", ""), ("Lübeck", "Germany", "DE", "23552", ""),
    ("Lyon", "France", "FR", "69002", ""),
)  # fmt: skip
LANGUAGES: Final = {"DE": "de_DE", "FR": "fr_FR"}  # of the papers for customers of a country
COMPANY: Final = {
    "legal_name": "Lantern Lane Gifts Ltd",
    "street": "12 Lantern Lane",
    "postcode": "BS2 0ZZ",
    "city": "Bristol",
    "country_code": "GB",
    "tax_id": "GB 123 4567 82",
    "tax_label": "VAT",
    "email": "orders@lanternlane.example",
    "phone": "0117 496 0120",
    "web": "lanternlane.example",
    "currency": "GBP",
    "locale": "en_GB",
    "invoice_prefix": "LL-",
    "invoice_note": "Payment within 30 days, please, with the number of the invoice.\n"
    "Quayside Bank, sort code 00-00-00, account 12345678.",
}
INSTRUCTIONS: Final = (
    "Wrap each piece of glass by itself.",
    "No price on anything: it goes to the person who gets the gift.",
    "Gift card on top, facing up.",
    "Plain brown cartons only.",
    "Chocolate always in its own carton.",
    "Put the delivery note in a pouch outside.",
)
CARRIERS: Final = (
    ("Northpost", ("Standard", "Express")),
    ("Kestrel", ("Next day", "By noon")),
    ("Haulway", ("Pallet", "Parcel")),
)

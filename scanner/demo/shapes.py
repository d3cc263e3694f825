"""Shapes: how large and heavy a thing is, guessed from the words of its description, where nobody has measured it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

# Outside measures in mm and weight in g; the first word of the list that is in the description decides.
WORDS: Final[dict[str, tuple[int, int, int, int]]] = {
    "CABINET": (520, 340, 300, 6200), "DOORSTOP": (220, 160, 120, 1300), "DOORMAT": (700, 400, 20, 1650),
    "UMBRELLA": (850, 60, 60, 430), "PARASOL": (850, 80, 80, 900), "QUILT": (450, 350, 140, 1400),
    "CUSHION": (400, 400, 110, 470), "LANTERN": (150, 150, 290, 840), "CLOCK": (280, 280, 60, 900),
    "MIRROR": (300, 240, 30, 1100), "TEAPOT": (230, 150, 150, 790), "JUG": (180, 140, 210, 520),
    "BOTTLE": (290, 200, 60, 390), "MUG": (120, 90, 100, 340), "CUP": (110, 90, 80, 230), "BOWL": (160, 160, 80, 380),
    "PLATE": (220, 220, 25, 420), "JAR": (120, 120, 160, 560), "VASE": (120, 120, 260, 760),
    "CUTLERY": (220, 90, 30, 160), "TRAY": (380, 280, 40, 720), "BASKET": (320, 240, 180, 460),
    "DRAWER": (240, 160, 180, 1500), "BOX": (200, 140, 90, 260), "TIN": (180, 120, 110, 220), "BAG": (400, 330, 12, 90),
    "LUNCH": (240, 180, 100, 210), "FRAME": (230, 180, 25, 340), "SIGN": (300, 200, 8, 310),
    "HOLDER": (110, 110, 90, 210), "T-LIGHT": (90, 90, 60, 140), "CANDLE": (90, 90, 90, 260),
    "DECORATION": (110, 90, 40, 60), "HEART": (120, 110, 20, 70), "GARLAND": (200, 120, 60, 120),
    "TREE": (300, 120, 120, 380), "NECKLACE": (90, 70, 25, 45), "EARRINGS": (60, 50, 20, 18),
    "BRACELET": (80, 80, 20, 35), "RING": (50, 50, 40, 20), "CHARM": (50, 40, 10, 12), "HAIR": (80, 60, 20, 25),
    "MAGNET": (70, 50, 10, 25), "CARD": (180, 130, 4, 25), "WRAP": (700, 40, 40, 90), "TISSUE": (250, 200, 20, 90),
    "PAPER": (220, 160, 20, 110), "NOTEBOOK": (210, 150, 15, 210), "PEN": (150, 20, 15, 18),
    "CHALK": (110, 60, 30, 140),
    "PUZZLE": (260, 190, 50, 420), "GAME": (260, 190, 60, 520), "DOLL": (300, 140, 80, 170), "TOY": (160, 120, 90, 190),
    "HOOK": (110, 70, 40, 130), "CHOCOLATE": (160, 80, 15, 110), "SOAP": (90, 60, 30, 120),
    "TOWEL": (240, 170, 20, 110),
    "APRON": (280, 220, 20, 210), "WATER": (330, 200, 50, 420), "WARMER": (110, 100, 15, 60),
    "CASES": (120, 70, 70, 45),
    "CAKE": (280, 280, 120, 560), "KIT": (220, 160, 60, 260), "PURSE": (130, 100, 20, 60), "SPOON": (200, 60, 20, 90),
}  # fmt: skip
PLAIN: Final = (150, 110, 60, 180)
SIZES: Final = {"MINI": 0.6, "SMALL": 0.75, "MEDIUM": 1.0, "LARGE": 1.3, "JUMBO": 1.3, "GIANT": 1.4}
HEAVY: Final = {"GLASS": 1.3, "CERAMIC": 1.3, "METAL": 1.2, "ENAMEL": 1.2, "ZINC": 1.2, "PAPER": 0.5, "FELT": 0.5}
LONGEST_MM: Final = 890  # what the longest carton takes


@dataclass(frozen=True, slots=True)
class Shape:
    """Outside measures and weight of one unit."""

    length_mm: int
    width_mm: int
    height_mm: int
    weight_g: int


def shape_of(description: str, rng: random.Random) -> Shape:
    """The shape that a thing of this description may have, within a tenth."""
    words = description.upper().replace(",", " ").split()
    length, width, height, weight = _of_words(words)
    size = next((factor for word, factor in SIZES.items() if word in words), 1.0)
    heavier = next((factor for word, factor in HEAVY.items() if word in words), 1.0)

    def grown(side: int) -> int:
        return min(LONGEST_MM, max(5, round(side * size * rng.uniform(0.9, 1.1))))

    grams = max(5, round(weight * size**3 * heavier * rng.uniform(0.9, 1.1)))
    return Shape(grown(length), grown(width), grown(height), grams)


def _of_words(words: list[str]) -> tuple[int, int, int, int]:
    singular = {word.removesuffix("S") for word in words} | set(words)
    return next((shape for word, shape in WORDS.items() if word in singular), PLAIN)

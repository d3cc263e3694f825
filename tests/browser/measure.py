"""Measured in the page: what overflows, what is cut, how large and far apart targets are, how well text stands out."""

from __future__ import annotations

from typing import Any

CONTRAST = 7.0
# Width and height in px. Letters are the rare case and keep the floor.
SMALLEST = {"button": (64, 64), "pad": (96, 60), "sign": (64, 60), "letter": (48, 48)}
GAP_PX = 8

OVERFLOWS = """
() => [...document.querySelectorAll("html, body, .screen, .work, .pad, .choices, .stop, .sheet, .scan")]
  .filter((each) => each.getClientRects().length)
  .filter((each) => !each.matches(".text--alone, .work--scrolls, .list.grows"))
  .filter((each) => each.scrollHeight > each.clientHeight + 1 || each.scrollWidth > each.clientWidth + 1)
  .map((each) => `${each.className || each.tagName} ${each.scrollWidth}x${each.scrollHeight}`)
"""
CUT_WORDS = """
() => [...document.querySelectorAll(".button, .place__parts, .scan__ask, .verb, .stop h2, .goods__qty b, .pad__value")]
  .filter((each) => each.getClientRects().length && each.scrollWidth > each.clientWidth + 1)
  .map((each) => each.textContent.trim())
"""
# Words behind dots: a line too long, or more lines than there is room for.
CLIPPED = """
() => [...document.querySelectorAll(
  ".goods__name, .goods__ids, .check > span, .status__title, .next, .scan__ask, .text"
)]
  .filter((each) => each.getClientRects().length && each.textContent.trim())
  .filter((each) => getComputedStyle(each).clipPath !== "inset(50%)") // it is only heard
  .filter((each) => each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 4)
  .map((each) => each.textContent.trim())
"""
TARGETS = """
() => [...document.querySelectorAll("button, a, select, summary, input:not(#wedge, [type=hidden])")]
  .filter((each) => each.getClientRects().length)
  .filter((each) => {
    const box = each.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return top === each || each.contains(top);
  })
  .map((each) => {
    const { x, y, width, height } = each.getBoundingClientRect();
    const kind = each.closest(".pad__keys--letters") ? "letter" : each.closest(".pad__keys--signs") ? "sign"
      : each.closest(".pad") ? "pad" : "button";
    const label = each.textContent.trim() || each.name || each.id;
    return { name: label, kind, is_link: each.matches("a:not(.button, .tile)"), x, y, width, height };
  })
"""
BAR = """
() => [...document.querySelectorAll(".actions > *")]
  .map((each) => [each.getBoundingClientRect().x, each.textContent.trim()])
  .sort((one, other) => one[0] - other[0]).map(([, label]) => label)
"""
# Words that a worker has to take in: neither keys nor the names in a list, which is looked up and not read.
WORDS = """
() => [...document.querySelectorAll(".screen > :not(.sheet, .stop)")]
  .map((each) => {
    const lists = [...each.querySelectorAll(".checks--list, .pad__keys")].map((list) => list.innerText);
    return lists.reduce((words, list) => words.replace(list, " "), each.innerText);
  })
  .join(" ").split(/\\s+/).filter((word) => /[a-z]{2}/i.test(word)).length
"""
CONTRASTS = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = (colour) => {
    if (!known.has(colour)) known.set(colour, drawn(colour));
    return known.get(colour);
  };
  const drawn = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (each) => {
    for (let at = each; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const each = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !each.getClientRects().length) continue;
    if (each.closest(".only-heard")) continue;
    const [a, b] = [light(rgba(getComputedStyle(each).color)), light(ground(each))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(getComputedStyle(each).fontSize);
    found.push({ words: walker.currentNode.textContent.trim(), ratio, size });
  }
  return found;
}
"""


def is_small(target: dict[str, Any]) -> bool:
    """Whether a target is under the size that its kind must have."""
    width, height = SMALLEST[target["kind"]]
    return bool(target["width"] < width - 0.5 or target["height"] < height - 0.5)


def crowded(targets: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Pairs of targets that lie closer together than a gloved thumb can tell."""
    return [
        (one["name"], other["name"])
        for number, one in enumerate(targets)
        for other in targets[number + 1 :]
        if gap(one, other) < GAP_PX - 0.6
    ]


def gap(one: dict[str, Any], other: dict[str, Any]) -> float:
    """The distance between two boxes, the larger of the two directions."""
    across = max(one["x"], other["x"]) - min(one["x"] + one["width"], other["x"] + other["width"])
    down = max(one["y"], other["y"]) - min(one["y"] + one["height"], other["y"] + other["height"])
    return float(max(across, down))

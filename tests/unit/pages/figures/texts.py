"""Where the texts of a picture (SVG) stand, measured in the font that pictures are laid out in."""

from __future__ import annotations

import re
from itertools import combinations
from typing import NamedTuple
from xml.etree import ElementTree

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

_PLACE = re.compile(r"(translate|rotate)\((-?[\d.]+)(?:[ ,]+(-?[\d.]+))?")
_SIZE = re.compile(r"font(?:-size)?:[^;]*?([\d.]+)px")
_ANCHOR = re.compile(r"text-anchor:\s*(\w+)")
SLACK_PX = 0.5


class Box(NamedTuple):
    text: str
    left: float
    top: float
    right: float
    bottom: float


def find_boxes(svg: str) -> list[Box]:
    """Find the box of each text in a picture, without the blank ones."""
    root = ElementTree.fromstring(svg)
    sizes = [float(found[1]) for found in _SIZE.finditer(svg)]
    return [
        _measure(text, sizes[0])
        for text in root.iter("{http://www.w3.org/2000/svg}text")
        if "".join(text.itertext()).strip()
    ]


def _measure(element: ElementTree.Element, default: float) -> Box:
    text, style = "".join(element.itertext()), element.get("style", "")
    size = float(found[1]) if (found := _SIZE.search(style)) else default
    width, height, descent = text_to_path.get_text_width_height_descent(
        text, FontProperties(family="DejaVu Sans", size=size), ismath=False
    )
    anchor = found[1] if (found := _ANCHOR.search(style)) else element.get("text-anchor", "start")
    start = {"start": 0.0, "middle": -width / 2, "end": -width}[anchor]
    places = {found[1]: found for found in _PLACE.finditer(element.get("transform", ""))}
    move = places.get("translate")
    x, y = (float(move[2]), float(move[3])) if move else (float(element.get("x", 0)), float(element.get("y", 0)))
    turn = float(places["rotate"][2]) if "rotate" in places else 0.0
    if abs(turn) == 90:  # read from below
        return Box(text, x - (height - descent), y - start - width, x + descent, y - start)
    assert turn == 0, element.attrib
    return Box(text, x + start, y - (height - descent), x + start + width, y + descent)


def find_overlaps(svg: str) -> list[tuple[str, str]]:
    """Find the texts that run into each other."""
    return [(one.text, other.text) for one, other in combinations(find_boxes(svg), 2) if _meet(one, other)]


def find_cut(svg: str) -> list[str]:
    """Find the texts that leave the picture."""
    _, _, width, height = (float(number) for number in ElementTree.fromstring(svg).attrib["viewBox"].split())
    return [
        box.text
        for box in find_boxes(svg)
        if min(box.left, box.top) < -SLACK_PX or box.right > width + SLACK_PX or box.bottom > height + SLACK_PX
    ]


def _meet(one: Box, other: Box) -> bool:
    across = min(one.right, other.right) - max(one.left, other.left)
    upright = min(one.bottom, other.bottom) - max(one.top, other.top)
    return across > SLACK_PX and upright > SLACK_PX

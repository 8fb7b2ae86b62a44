"""Topics with named levels: which plant and which tag a message is of."""

from __future__ import annotations

from collections.abc import Sequence

PLANT, TAG = "{plant}", "{tag}"


def build_filters(topics: Sequence[str], plants: Sequence[str] | None) -> list[str]:
    """Build what is subscribed to; where `plants` are named, a level {plant} is each of them in turn."""
    filters: dict[str, None] = {}
    for topic in topics:
        for plant in plants or ["+"]:
            levels = [plant if level == PLANT else "+" if level == TAG else level for level in topic.split("/")]
            filters["/".join(levels)] = None
    return list(filters)


def match_topic(topic: str, templates: Sequence[str]) -> dict[str, str] | None:
    """Match a topic with the first template that it fits: its named levels, or None where it fits none."""
    levels = topic.split("/")
    for template in templates:
        names = _match(levels, template.split("/"))
        if names is not None:
            return names
    return None


def _match(levels: list[str], template: list[str]) -> dict[str, str] | None:
    if template[-1] == "#":
        template = template[:-1]
        if len(levels) < len(template):
            return None
    elif len(levels) != len(template):
        return None
    names = {}
    for level, expected in zip(levels, template, strict=False):
        if expected in (PLANT, TAG):
            names[expected] = level
        elif expected not in ("+", level):
            return None
    return names

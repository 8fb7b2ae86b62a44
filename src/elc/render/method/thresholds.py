"""The thresholds in force: what params.yaml says, each key with the comment that stands beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

SECTIONS = ("ingest", "dataset", "monitor", "explain", "advise", "alerts")


@dataclass(frozen=True)
class Threshold:
    """A key of params.yaml with its value and what it does, in the words of params.yaml."""

    key: str
    value: str
    meaning: str


def read_thresholds(params: Path, plants: Sequence[str]) -> list[Threshold]:
    """Read the sections that decide what a page says, and what regions, plants and environments override of them."""
    content = YAML().load(params.read_text(encoding="utf-8"))
    thresholds = [
        threshold for section in SECTIONS if section in content for threshold in _walk(section, content[section], "")
    ]
    regions = {name: region or {} for name, region in (content.get("regions") or {}).items()}
    for name, own in (regions | {plant: content["plants"][plant] for plant in plants}).items():
        thresholds += [
            one for section in SECTIONS if section in own for one in _walk(section, own[section], f" ({name})")
        ]
    for name, environment in content["environments"].items():
        thresholds += list(_walk("", environment.get("overrides") or {}, f" ({name})"))
    return thresholds


def _walk(key: str, content: Any, whose: str) -> Iterator[Threshold]:
    for name, value in content.items():
        inner = f"{key}.{name}" if key else str(name)
        if isinstance(value, Mapping) and value:
            yield from _walk(inner, value, whose)
        else:
            yield Threshold(f"{inner}{whose}", _write(value), _read_comment(content, name))


def _write(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or "none"
    return str(value) if value != {} else "none"


def _read_comment(content: Any, name: str) -> str:
    """Read the comment at the end of a key's line, and in the lines under it that only go on with it."""
    tokens = content.ca.items.get(name) if hasattr(content, "ca") else None
    token = next((one for one in tokens or [] if one is not None and not isinstance(one, list)), None)
    if token is None:
        return ""
    first, *others = token.value.split("\n")
    lines = [first]
    for line in others:
        if line.find("#") < token.start_mark.column:  # a comment of its own, or an empty line
            break
        lines.append(line)
    return " ".join(line.strip().removeprefix("#").strip() for line in lines).strip()

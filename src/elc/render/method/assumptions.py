"""The choices of ours: every line marked ASSUME in the package's source and in params.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

MARK = "ASSUME:"
_START = re.compile(rf"^(?P<before>.*?)(?P<hash>#\s*)?(?<![\w`]){MARK}\s+(?P<text>\S.*)$")


@dataclass(frozen=True)
class Assumption:
    """A choice that could have been made otherwise: the file and line where it is made, and the sentence."""

    path: str
    line: int
    sentence: str


def read_assumptions(params: Path) -> list[Assumption]:
    """Read all assumptions, those of the package's modules in the order of their paths, then those of params.yaml."""
    assumptions = []
    for path, module in sorted(_find_modules(files("elc"), "elc")):
        if not path.endswith("assumptions.py"):
            assumptions += find_assumptions(path, module.read_text(encoding="utf-8"))
    return assumptions + find_assumptions(params.name, params.read_text(encoding="utf-8"))


def _find_modules(folder: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        path = f"{name}/{entry.name}"
        if entry.is_dir():
            yield from _find_modules(entry, path)
        elif entry.name.endswith(".py"):
            yield path, entry


def find_assumptions(path: str, text: str) -> list[Assumption]:
    """Find the assumptions of one file; a sentence goes on in the comment lines, or the docstring's, that follow."""
    lines = text.splitlines()
    assumptions = []
    for number, line in enumerate(lines):
        match = _START.match(line) if MARK in line else None  # few lines have it, and there are many thousands
        if match is not None:
            is_alone = not match["before"].strip()
            more = _read_more(lines[number + 1 :], bool(match["hash"])) if is_alone else []
            sentence = " ".join([match["text"].strip(), *more]).split('"""')[0].strip()
            assumptions.append(Assumption(path, number + 1, sentence[:1].upper() + sentence[1:]))
    return assumptions


def _read_more(lines: list[str], is_comment: bool) -> Iterator[str]:
    for line in lines:
        text = line.strip()
        if MARK in text or (is_comment and not text.startswith("#")) or text in ("", '"""'):
            return
        yield text.removeprefix("#").strip() if is_comment else text
        if text.endswith('"""'):
            return

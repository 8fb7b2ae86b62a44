"""The files of a model package, read into memory once: what was hashed is what is loaded."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elc.errors import ElcError, check_faults

CARD = "card.json"
RECORD = "deployed.json"  # beside a package that was deployed; no part of it
READ = (
    "model.onnx",
    "response.onnx",
    "precedents.parquet",
    "envelope.parquet",
    "statistics.json",
    "constraints.json",
    "quality.json",
    "attribution.json",
)


NAMES = {"column": re.compile(r"[a-z][a-z0-9_]*", re.ASCII), "group": re.compile(r"[\w ]+")}


@dataclass(frozen=True)
class Content:
    """The card of a package, and the bytes of its files by their names."""

    card: dict[str, Any]
    files: dict[str, bytes]


def read_content(folder: Path, *, sha256: str) -> Content:
    """Read the files of a package and verify that each is as it was written.

    Args:
        folder: the package.
        sha256: of the content that was found before (`registry.Used`); an empty one takes what the card vouches for.

    Raises:
        ElcError: a file is missing or differs from its hash in card.json, or the content is another.
    """
    where = f"model package {folder}"
    if not (folder / CARD).is_file():
        raise ElcError(
            f"{where}: card.json was not found. In a fresh clone, fetch it with dvc pull models/{folder.name}; else "
            f"train the plant with dvc repro train@{folder.name}."
        )
    files = _read_files(folder)
    if sha256 and _hash_files(files) != sha256:
        raise ElcError(
            f"{where}: it has been replaced or changed in the meantime. Run it again; elc audit gives details."
        )
    card, faults = _read_card(files[CARD])
    listed = card.get("files", {})
    if not faults:
        faults += [
            f"card.json holds no hash of {name}, so it may be any file. Train the plant again."
            for name in READ
            if name not in listed
        ]
    for name, expected in listed.items():
        if name not in files:
            faults.append(f"{name} is missing. Restore it with dvc checkout.")
        elif hashlib.sha256(files[name]).hexdigest() != expected:
            faults.append(f"{name} is not the file that was trained (its hash differs). Restore it with dvc checkout.")
    check_faults(where, faults or _find_odd_names(card))
    return Content(card, files)


def _find_odd_names(card: dict[str, Any]) -> Iterator[str]:
    """Find columns and groups whose names are not valid in a tag list: they stand in the sentences of pages."""
    described = [*card.get("features", ()), *card.get("setpoints", ())]
    names = [("column", str(found.get("column"))) for found in described]
    names += [("group", str(found["group"])) for found in described if found.get("group")]
    for kind, name in [*names, ("column", str(card.get("throughput")))]:
        if not NAMES[kind].fullmatch(name):
            yield f"the {kind} {name[:60]!r} of card.json is not a valid name. Train the plant again."


def read_unverified(folder: Path, card: dict[str, Any]) -> Content:
    """Read the files of a package that is being written, before its card is."""
    return Content(card, _read_files(folder))


def _read_files(folder: Path) -> dict[str, bytes]:
    try:
        paths = [path for path in folder.rglob("*") if path.is_file()]
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    except OSError as error:
        raise ElcError(f"model package {folder}: cannot be read ({error.strerror}). Run it again.") from None
    files.pop(RECORD, None)
    return files


def _hash_files(files: dict[str, bytes]) -> str:
    """Hash the content as `registry.storage.hash_content` does: the SHA-256 of what `sha256sum` prints, sorted."""
    lines = sorted(f"{hashlib.sha256(raw).hexdigest()}  {name}\n" for name, raw in files.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _read_card(raw: bytes) -> tuple[dict[str, Any], list[str]]:
    """Read a card and what is wrong with it: a card holds the hash of everything else in it."""
    changed = ["card.json has changed since it was written (its hash differs). Restore it with dvc checkout."]
    try:
        text = raw.decode("utf-8")
        card = json.loads(text)
        known = {key: value for key, value in card.items() if key != "sha256"}
        is_sound = format_json(card) == text and card.get("sha256") == hash_card(known)
    except (ValueError, AttributeError):
        return {}, changed
    return card, [] if is_sound else changed


def format_json(content: dict[str, Any]) -> str:
    """Write a part of the package as JSON, always in the same way."""
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file of the package."""
    path.write_text(format_json(content), encoding="utf-8")


def hash_card(card: dict[str, Any]) -> str:
    """The SHA-256 of a card without its own."""
    return hashlib.sha256(format_json(card).encode()).hexdigest()


def hash_file(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()

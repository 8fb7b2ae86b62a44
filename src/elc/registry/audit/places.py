"""Packages where they lie: in the folders that are deployed, in the cache of DVC and on its remotes."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from elc.errors import ElcError
from elc.files import is_locked, open_plain
from elc.registry.context import Context
from elc.registry.deployed import read_deployed
from elc.registry.storage import fetch_package, find_remote
from elc.registry.trust import Problem

_LEFT = (".new", ".old", ".gone")


def find_deployed_problems(context: Context) -> Iterator[Problem]:
    """Find deployed packages that were altered or are not followed any more, and what killed runs left behind."""
    top = context.project.root / "deployed"
    for folder in sorted(top.iterdir()) if top.is_dir() else []:
        if folder.name.startswith("."):
            continue
        if folder.name not in context.settings.environments:
            yield _build_stray(context, folder, "", f"params.yaml has no environment {folder.name}")
        elif not folder.is_dir():
            yield _build_stray(context, folder, "", "expected a folder")
        else:
            yield from _find_left(context, folder)
            for place in sorted(folder.iterdir()):
                if not place.name.startswith("."):
                    yield from _find_place(context, place)


def _find_left(context: Context, folder: Path) -> Iterator[Problem]:
    """Find temporary folders, unless the run that works there is still alive."""
    for path in sorted(folder.iterdir()):
        name = path.name.removeprefix(".")
        if name == path.name or path.suffix not in _LEFT:
            continue
        plant = name.removesuffix(path.suffix)
        if _is_busy(folder / f".{plant}.lock"):
            continue
        if path.suffix == ".old" and not (folder / plant).exists() and plant in context.settings.plants:
            sentence = f"{_show(context, path)} holds what was deployed before; a deploy was killed half way."
            yield Problem("left-over", plant, "", sentence, f"elc deploy --env {folder.name}")
        else:
            yield _build_stray(context, path, plant, "a deploy that was killed left it", rule="left-over")


def _is_busy(lock: Path) -> bool:
    """Tell whether a run holds the lock of a folder."""
    try:
        with open_plain(lock, is_made=False) as file:
            return is_locked(file)
    except OSError:
        return False


def _find_place(context: Context, place: Path) -> Iterator[Problem]:
    environment, plant = place.parent.name, place.name
    if plant not in context.settings.plants:
        yield _build_stray(context, place, plant, f"params.yaml has no plant {plant}")
    elif not context.settings.environments[environment].holds(plant):
        yield _build_stray(context, place, plant, f"{plant} is not a plant of {environment}")
    else:
        sentence = _find_fault(context, environment, plant)
        if sentence:
            yield Problem("deployed", plant, "", sentence, f"elc deploy --env {environment}")


def _find_fault(context: Context, environment: str, plant: str) -> str:
    """Explain why a deployed folder is not what is followed; empty where it is."""
    try:
        record = read_deployed(context.project, environment, plant)
    except ElcError as error:
        return str(error)
    if record is None:
        return ""
    followed = context.follow(plant, environment)
    version, event = followed.version, followed.event
    where = f"deployed/{environment}/{plant} holds {record.version}, put there by {record.tag}"
    if version is None or event is None:
        return f"{where}, but no version is assigned to {environment}."
    if record.tag != event.tag:
        return f"{where}, but {event.tag} is followed now, which is about {version.version}."
    expected = (event.oid, version.version, version.commit, version.package, version.sha256)
    if (record.oid, record.version, record.commit, record.package, record.sha256) != expected:
        return f"{where}, but its record does not match that tag and the registration."
    return ""


def _build_stray(context: Context, path: Path, plant: str, words: str, *, rule: str = "deployed") -> Problem:
    relative = path.relative_to(context.project.root)
    return Problem(rule, _clean(plant), "", f"{_show(context, path)}: {_clean(words)}.", f"rm -rf {_quote(relative)}")


def _show(context: Context, path: Path) -> str:
    return _clean(path.relative_to(context.project.root).as_posix())


def _clean(text: str) -> str:
    """What no line of a terminal can show, such as a name that is not UTF-8, is shown as one sign."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _quote(path: Path) -> str:
    """Quote a path for the shell, in one line of ASCII where it holds what no line shows."""
    text = path.as_posix()
    if text.isprintable():
        return shlex.quote(text)
    return (
        "$'"
        + "".join(
            chr(byte) if 32 < byte < 127 and byte not in b"'\\" else f"\\x{byte:02x}" for byte in os.fsencode(path)
        )
        + "'"
    )


def find_package_problems(context: Context) -> Iterator[Problem]:
    """Bring every package in use into the cache of DVC, and find those that are whole neither here nor there."""
    faults: dict[tuple[str, str | None], str] = {}
    for name, environment in context.settings.environments.items():
        for plant in environment.find_plants(context.settings.plants):
            followed = context.follow(plant, name)
            version, event = followed.version, followed.event
            if version is None or event is None:
                continue
            key = version.package, environment.remote
            if key not in faults:
                faults[key] = _fetch(context, *key)
            if faults[key]:
                sentence = f"{plant} {version.version} is in {name}, but its package cannot be obtained. {faults[key]}"
                yield Problem("package", plant, event.tag, sentence, "")


def _fetch(context: Context, package: str, remote: str | None) -> str:
    """Fetch a package, and give the reason where it cannot be obtained; empty where it can."""
    root = context.project.root
    try:
        fetch_package(root, package, find_remote(root, remote))
    except ElcError as error:
        return str(error)
    return ""

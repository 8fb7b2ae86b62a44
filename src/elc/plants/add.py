"""Add a plant by configuration alone: check everything first, then write; what is not written whole is taken back.

The entry in params.yaml comes last: until it is there, the plant is not. A journal says what a run is about to write,
so that the next one takes back what was left by one that was killed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from elc import ingest
from elc.errors import ElcError, check_faults
from elc.files import lock, replace_file, replace_folder, try_lock
from elc.ingest.ageing import find_turnaround_faults
from elc.paths import Project
from elc.plants.entry import build_editor
from elc.settings import build_plant, check_entry, check_id, is_id, read_settings, read_tags, read_yaml


def add_plant(project: Project, plant: str, export: Path, tags: Path, entry: Path) -> None:
    """Add a plant to the project.

    Raises:
        ElcError: the plant exists, a file is missing, the entry or the tag list has faults, or ingest cannot read the
            export by them; nothing is changed.
    """
    where = f"plant {plant}"
    check_id(plant, where)
    _take_back_left(project)
    settings = read_settings(project)
    faults = [
        f"{what} {path} was not found."
        for what, path in (("the export", export), ("the tag list", tags), ("its entry for params.yaml", entry))
        if not path.exists()
    ]
    if plant in settings.plants:
        faults.append("it is already in params.yaml. Choose another id, or remove that entry first.")
    if project.raw(plant).exists():
        faults.append(f"{project.raw(plant)} already exists. Remove it, or choose another id.")
    check_faults(where, faults)
    checked = check_entry(read_yaml(entry), plant, f"{where}: {entry}", settings)
    listed = read_tags(tags, plant)
    unknown = {tag.carrier for tag in listed if tag.role == "energy"} - set(checked.carriers)
    faults = [f"carrier {name} of the tag list is not in {entry}. Add it." for name in sorted(unknown)]
    check_faults(where, [*faults, *find_turnaround_faults(listed, checked, where=str(entry))])
    with TemporaryDirectory(prefix="elc-add-") as folder:
        ingest.read_export(export, listed, build_plant(settings, plant, checked), cache=Path(folder))
    _write(project, plant, export, tags, entry)


def _write(project: Project, plant: str, export: Path, tags: Path, entry: Path) -> None:
    """Write all three places, the entry last; on a fault take back what was written."""
    copied = project.tags(plant)
    is_there = copied.exists() and tags.samefile(copied)
    written = None if is_there else hashlib.sha256(tags.read_bytes()).hexdigest()
    former = copied.read_bytes().decode("utf-8", "surrogateescape") if copied.exists() else None
    with _hold_journal(project, plant) as journal:
        try:
            journal.write(json.dumps({"written": written, "former": former}).encode())
            journal.flush()
            if written:
                with replace_file(copied) as temporary:
                    shutil.copyfile(tags, temporary)
            _copy_export(project, plant, export)
            _track(project, plant, journal)
            _add_entry(project, plant, entry)
        except BaseException:
            _take_back(project, plant, written, former)
            raise


def _find_journal(project: Project, plant: str) -> Path:
    raw = project.raw(plant)
    return raw.with_name(f".{raw.name}.adding")


@contextmanager
def _hold_journal(project: Project, plant: str) -> Iterator[IO[bytes]]:
    """Hold the journal of a plant while it is added; no other run adds it meanwhile.

    Raises:
        ElcError: another run adds it now.
    """
    path = _find_journal(project, plant)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as journal:
        if not try_lock(journal, wait_s=0):
            raise ElcError(f"plant {plant}: another run is adding it now. Try again when it has ended.")
        try:
            yield journal
        finally:
            path.unlink(missing_ok=True)


def _take_back_left(project: Project) -> None:
    """Take back what runs that were killed left half done; one whose entry is there was done."""
    for path in sorted((project.root / "data" / "raw").glob(".*.adding")):
        plant = path.name.removeprefix(".").removesuffix(".adding")
        with path.open("rb") as journal:
            # What a killed run had started may still be at work, and holds its journal until it ends.
            lock(journal)
            if not path.exists() or not is_id(plant):
                continue  # that run ended meanwhile
            if plant not in read_settings(project).plants:
                _take_back(project, plant, **_read_journal(journal.read()))
            project.params.with_name(f".{project.params.stem}.new.yaml").unlink(missing_ok=True)
            path.unlink()


def _read_journal(text: bytes) -> dict[str, str | None]:
    """Read what a run was about to write; before its journal was whole it wrote nothing."""
    try:
        journal = json.loads(text)
        return {"written": journal["written"], "former": journal["former"]}
    except (ValueError, LookupError, TypeError):
        return {"written": None, "former": None}


def _take_back(project: Project, plant: str, written: str | None, former: str | None) -> None:
    """Take back what was written for a plant: its export, and the tag list unless it was edited since."""
    raw, tags = project.raw(plant), project.tags(plant)
    for path in (raw, raw.with_name(f".{raw.name}.new"), raw.with_name(f".{raw.name}.old")):
        shutil.rmtree(path, ignore_errors=True)
    raw.with_suffix(".dvc").unlink(missing_ok=True)
    tags.with_name(".tags.new.csv").unlink(missing_ok=True)
    digest = hashlib.sha256(tags.read_bytes()).hexdigest() if tags.is_file() else None
    if digest is not None and digest == written:
        if former is None:
            tags.unlink()
        else:
            with replace_file(tags) as temporary:
                temporary.write_bytes(former.encode("utf-8", "surrogateescape"))
    if tags.parent.is_dir() and not any(tags.parent.iterdir()):
        tags.parent.rmdir()


def _copy_export(project: Project, plant: str, export: Path) -> None:
    with replace_folder(project.raw(plant)) as folder:
        if export.is_dir():
            shutil.copytree(export, folder, dirs_exist_ok=True)
        else:
            shutil.copyfile(export, folder / export.name)


def _add_entry(project: Project, plant: str, entry: Path) -> None:
    """Add the entry under `plants:`, keeping every comment of both files."""
    editor = build_editor()
    params = editor.load(project.params)
    params["plants"][plant] = editor.load(entry)
    with replace_file(project.params) as temporary:
        editor.dump(params, temporary)


def _track(project: Project, plant: str, journal: IO[bytes]) -> None:
    """Bring the export under DVC, so that its bytes are known and can be pushed and pulled.

    DVC holds the journal, too: if this run is killed, the next waits until DVC has ended.
    """
    path = project.raw(plant).relative_to(project.root)
    command = [sys.executable, "-m", "dvc", "add", str(path)]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, pass_fds=[journal.fileno()])
    if done.returncode:
        raise ElcError(f"plant {plant}: dvc add {path} failed: {(done.stderr + done.stdout).strip()[-500:]}")

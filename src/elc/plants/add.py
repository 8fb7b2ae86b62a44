"""Add plants by configuration alone: check everything first, then write; what is not written whole is taken back.

The entries in params.yaml come last, all at once: until they are there, the plants are not. A journal for each says
what a run is about to write, so that the next one takes back what was left by one that was killed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from ruamel.yaml.comments import CommentedMap

from elc import ingest
from elc.errors import ElcError, check_faults
from elc.files import lock, replace_file, replace_folder, try_lock
from elc.ingest.ageing import find_turnaround_faults
from elc.paths import Project
from elc.plants.artifacts import add_artifact, cut_artifact
from elc.plants.entry import build_editor
from elc.settings import build_plant, check_entry, check_id, is_id, read_settings, read_tags, read_yaml


@dataclass(frozen=True)
class Addition:
    """A plant that is to be added. `keys` of its entry count before those of the file `entry`, if there is one.

    `source` is what errors call the entry.
    """

    plant: str
    export: Path
    tags: Path
    entry: Path | None
    keys: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""

    def read_entry(self) -> Any:
        """Read the entry as it will be.

        Raises:
            ElcError: the file is not valid YAML.
        """
        given = {} if self.entry is None else read_yaml(self.entry)
        return {**given, **self.keys} if isinstance(given, dict) else given


def add_plant(project: Project, plant: str, export: Path, tags: Path, entry: Path) -> None:
    """Add a plant to the project.

    Raises:
        ElcError: the plant exists, a file is missing, the entry or the tag list has faults, or ingest cannot read the
            export by them; nothing is changed.
    """
    take_back_left(project)
    addition = Addition(plant, export, tags, entry, source=str(entry))
    check_addition(project, addition)
    write_additions(project, [addition])


def check_addition(project: Project, addition: Addition) -> None:
    """Check an addition, its export included; nothing is changed.

    Raises:
        ElcError: as for `add_plant`.
    """
    plant, where = addition.plant, f"plant {addition.plant}"
    check_id(plant, where)
    settings = read_settings(project)
    brought = (("the export", addition.export), ("the tag list", addition.tags))
    entry = (("its entry for params.yaml", addition.entry),) if addition.entry else ()
    faults = [f"{what} {path} was not found." for what, path in (*brought, *entry) if not path.exists()]
    if plant in settings.plants:
        faults.append("it is already in params.yaml. Choose another id, or remove that entry first.")
    if project.raw(plant).exists():
        faults.append(f"{project.raw(plant)} already exists. Remove it, or choose another id.")
    check_faults(where, faults)
    checked = check_entry(addition.read_entry(), plant, f"{where}: {addition.source}", settings)
    listed = read_tags(addition.tags, plant)
    unknown = {tag.carrier for tag in listed if tag.role == "energy"} - set(checked.carriers)
    faults = [f"carrier {name} of the tag list is not in {addition.source}. Add it." for name in sorted(unknown)]
    check_faults(where, [*faults, *find_turnaround_faults(listed, checked, where=addition.source)])
    with TemporaryDirectory(prefix="elc-add-") as folder:
        ingest.read_export(addition.export, listed, build_plant(settings, plant, checked), cache=Path(folder))


def write_additions(project: Project, additions: Sequence[Addition]) -> None:
    """Write tag lists, exports, artifacts and entries, in this order; on a fault take back what was written.

    Raises:
        ElcError: DVC cannot add an export, or another run adds one of the plants now; no plant is added.
    """
    with ExitStack() as stack:
        journals, before = [], {}
        for addition in additions:
            copied = project.tags(addition.plant)
            is_there = copied.exists() and addition.tags.samefile(copied)
            written = None if is_there else hashlib.sha256(addition.tags.read_bytes()).hexdigest()
            former = copied.read_bytes().decode("utf-8", "surrogateescape") if copied.exists() else None
            journals.append(stack.enter_context(_hold_journal(project, addition.plant)))
            before[addition.plant] = {"written": written, "former": former}
        try:
            for addition, journal in zip(additions, journals, strict=True):
                told = before[addition.plant]
                journal.write(json.dumps(told).encode())
                journal.flush()
                if told["written"]:
                    with replace_file(project.tags(addition.plant)) as temporary:
                        shutil.copyfile(addition.tags, temporary)
                _copy_export(project, addition.plant, addition.export)
            _track(project, list(before), journals)
            for plant in before:
                add_artifact(project, plant)
            _add_entries(project, additions)
        except BaseException:
            for plant, told in before.items():
                _take_back(project, plant, **told)
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


def take_back_left(project: Project) -> None:
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
    """Take back what was written for a plant: its export, its artifact, and the tag list unless it was edited since."""
    raw, tags = project.raw(plant), project.tags(plant)
    for path in (raw, raw.with_name(f".{raw.name}.new"), raw.with_name(f".{raw.name}.old")):
        shutil.rmtree(path, ignore_errors=True)
    raw.with_suffix(".dvc").unlink(missing_ok=True)
    cut_artifact(project, plant)
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


def _add_entries(project: Project, additions: Sequence[Addition]) -> None:
    """Add the entries under `plants:` at once, keeping every comment of all files."""
    editor = build_editor()
    params = editor.load(project.params)
    for addition in additions:
        entry = editor.load(addition.entry) if addition.entry else CommentedMap()
        for key, value in reversed(list(addition.keys.items())):
            entry.pop(key, None)
            entry.insert(0, key, value)
        params["plants"][addition.plant] = entry
    with replace_file(project.params) as temporary:
        editor.dump(params, temporary)


def _track(project: Project, plants: Sequence[str], journals: Sequence[IO[bytes]]) -> None:
    """Bring exports under DVC, so that their bytes are known and can be pushed and pulled.

    DVC holds the journals, too: if this run is killed, the next waits until DVC has ended.
    """
    paths = [str(project.raw(plant).relative_to(project.root)) for plant in plants]
    command = [sys.executable, "-m", "dvc", "add", *paths]
    held = [journal.fileno() for journal in journals]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, pass_fds=held)
    if done.returncode:
        said = (done.stderr + done.stdout).strip()[-500:]
        kind = "plant" if len(plants) == 1 else "plants"
        raise ElcError(f"{kind} {', '.join(plants)}: dvc add {' '.join(paths)} failed: {said}")

"""The stages of an hour: what each reads, and whether it is stale.

Operation is this machine's: what it reads lies in no lock of DVC, and what it makes in none of DVC's caches. A stage is
stale when something that it reads differs from what it read when it last succeeded.
"""

from __future__ import annotations

import functools
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from elc.files import hash_code
from elc.paths import CANDIDATE, Project
from elc.records import RecordError, read_record, write_record
from elc.records.fetch import FAULTS
from elc.records.hourly import Stamp
from elc.registry import find_place
from elc.registry.git import list_tags
from elc.runner import find_stages
from elc.settings import read_operation, read_settings

STAGES = ("ingest", "explain", "advise", "monitor")  # monitor says what explain and advise found
SITE = "render"
# Told by size and time of change alone: they are large, and whoever changes one writes it anew.
_LARGE = "large"


def is_stale(project: Project, stage: str, plant: str, stamp: str) -> bool:
    """Tell whether a stage of a plant must run: it has not succeeded on what `stamp` says, or its result is gone."""
    try:
        kept = read_record(_name(project, stage, plant), Stamp, cure="The next hourly run writes it again.")
    except RecordError:
        return True
    return kept.stamp != stamp or not _name_result(project, stage, plant).exists()


def write_stamp(project: Project, stage: str, plant: str, stamp: str) -> None:
    """Write on what a stage of a plant succeeded."""
    write_record(_name(project, stage, plant), Stamp(stamp=stamp))


def remove_stamp(project: Project, stage: str, plant: str) -> None:
    """Forget on what a stage of a plant succeeded, so that it runs again whatever comes."""
    _name(project, stage, plant).unlink(missing_ok=True)


def build_stamp(project: Project, stage: str, plant: str) -> str:
    """Build what stands for all that a stage of a plant reads: settings, code and files. The site is of no plant."""
    digest = hashlib.sha256(_hash_code(stage, str(project.notebooks)).encode())
    parts = _stamp_site(project) if stage == SITE else _stamp_stage(project, stage, plant)
    for part in parts:
        digest.update(f"\0{part}".encode())
    return digest.hexdigest()


def _name(project: Project, stage: str, plant: str) -> Path:
    return project.place / "state" / plant / f"{stage}.json"


def _name_result(project: Project, stage: str, plant: str) -> Path:
    if stage == SITE:
        return project.site / "index.html"
    if stage == "ingest":
        return project.hourly(plant) / "hourly.parquet"
    return project.operation({"advise": "advice"}.get(stage, stage), plant)


def _stamp_stage(project: Project, stage: str, plant: str) -> Iterator[str]:
    yield repr(read_operation(project, plant, project.environment))
    for kind, path in _list_inputs(project, stage, plant):
        yield from _stamp_path(path, is_large=kind == _LARGE)


def _list_inputs(project: Project, stage: str, plant: str) -> Iterator[tuple[str, Path]]:
    """List the files and folders that a stage of a plant reads."""
    tags = project.tags(plant)
    if stage == "ingest":
        yield "", tags
        yield "", project.deployed(project.environment, plant) / "card.json"  # until when it learnt habits
        yield "", project.fetch(plant) / FAULTS  # findings of ingest
        yield from ((_LARGE, folder) for folder in project.exports(plant))
        return
    is_candidate = project.environment == CANDIDATE
    yield "", project.hourly(plant)
    yield "", project.model(plant) if is_candidate else project.deployed(project.environment, plant) / "deployed.json"
    if stage == "explain":
        return
    yield "", tags
    yield "", project.advice_notes(plant)
    if stage == "monitor":
        yield from (("", project.operation(name, plant)) for name in ("advice", "explain"))
        yield "", project.metrics(plant)
        yield _LARGE, project.capture(plant)


def _stamp_site(project: Project) -> Iterator[str]:
    """What the site is made of and by: receipts, failures and findings, the layout, the registry's tags, the engine."""
    yield project.params.read_text(encoding="utf-8")
    yield str(shutil.which("quarto"))
    yield from list_tags(project.root)
    yield from _stamp_path(project.report_sources / "_quarto.yml", is_large=False)
    yield from _stamp_path(project.report_sources / "assets", is_large=False)
    for plant in read_settings(project).plants:
        place = find_place(project, plant)
        yield str(place.place)
        yield from _stamp_path(place.receipts / plant, is_large=False)
        yield from _stamp_path(project.operate("").receipts / plant / "compare.json", is_large=False)
        yield from _stamp_path(place.operation("monitor", plant), is_large=False)
        yield from _stamp_path(project.tags(plant), is_large=False)


def _stamp_path(path: Path, *, is_large: bool) -> Iterator[str]:
    """Stamp a file, or each file of a folder; what is missing has no stamp."""
    files = sorted(_list_files(path)) if path.is_dir() else [path]
    for file in files:
        try:
            status = file.stat()
            told = f"{status.st_size} {status.st_mtime_ns} {status.st_ino}" if is_large else _hash_file(file)
        except OSError:  # it is gone since, or was never there
            continue
        yield f"{file} {told}"


def _list_files(folder: Path) -> Iterator[Path]:
    """List the files of a folder; hidden ones are passed over, as ingest does."""
    return (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.cache
def _hash_code(stage: str, notebooks: str) -> str:
    """Hash the package's code, and a stage's notebook."""
    digest = hashlib.sha256(hash_code().encode())
    if notebook := find_stages(Project(Path(notebooks).parent)).get(stage):
        digest.update(notebook.name.encode() + notebook.read_bytes())
    return digest.hexdigest()

"""Add a plant by configuration alone: check everything first, then write, and undo what was written on a fault."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter

from elc.errors import ElcError, check_faults
from elc.ingest.ageing import find_turnaround_faults
from elc.paths import Project, replace_file, replace_folder
from elc.settings import check_entry, read_settings, read_tags, read_yaml


def add_plant(project: Project, plant: str, export: Path, tags: Path, entry: Path) -> None:
    """Add a plant to the project.

    Raises:
        ElcError: the plant exists, a file is missing, or the entry or the tag list has faults; nothing is changed.
    """
    where = f"plant {plant}"
    settings = read_settings(project)
    faults = [
        f"{what} {path} was not found."
        for what, path in (("the export", export), ("the tag list", tags), ("its entry for params.yaml", entry))
        if not path.exists()
    ]
    if plant in settings.plants:
        faults.append("it is in params.yaml already. Choose another id, or remove that entry first.")
    if project.raw(plant).exists():
        faults.append(f"{project.raw(plant)} exists already. Remove it, or choose another id.")
    check_faults(where, faults)
    checked = check_entry(read_yaml(entry), plant, f"{where}: {entry}", settings)
    listed = read_tags(tags, plant)
    unknown = {tag.carrier for tag in listed if tag.role == "energy"} - set(checked.carriers)
    faults = [f"carrier {name} of the tag list is not in {entry}. Add it." for name in sorted(unknown)]
    check_faults(where, [*faults, *find_turnaround_faults(listed, checked, where=str(entry))])
    _write(project, plant, export, tags, entry)


def _write(project: Project, plant: str, export: Path, tags: Path, entry: Path) -> None:
    """Write all three places; on a fault put params.yaml back and remove the others."""
    before = project.params.read_bytes()
    copied = project.tags(plant)
    former = copied.read_bytes() if copied.exists() else None
    try:
        _copy_export(project, plant, export)
        if former is None or not tags.samefile(copied):
            with replace_file(copied) as temporary:
                shutil.copyfile(tags, temporary)
        _add_entry(project, plant, entry)
        _track(project, plant)
    except BaseException:
        project.params.write_bytes(before)
        shutil.rmtree(project.raw(plant), ignore_errors=True)
        project.raw(plant).with_suffix(".dvc").unlink(missing_ok=True)
        if former is None:
            shutil.rmtree(copied.parent, ignore_errors=True)
        else:
            copied.write_bytes(former)
        raise


def _copy_export(project: Project, plant: str, export: Path) -> None:
    with replace_folder(project.raw(plant)) as folder:
        if export.is_dir():
            shutil.copytree(export, folder, dirs_exist_ok=True)
        else:
            shutil.copyfile(export, folder / export.name)


def _add_entry(project: Project, plant: str, entry: Path) -> None:
    """Add the entry under `plants:`, keeping every comment of both files."""
    editor = YAML()
    editor.preserve_quotes = True
    editor.width = 200
    editor.representer.add_representer(type(None), _write_null)
    editor.indent(mapping=2, sequence=4, offset=2)
    params = editor.load(project.params)
    params["plants"][plant] = editor.load(entry)
    with replace_file(project.params) as temporary:
        editor.dump(params, temporary)


def _write_null(representer: RoundTripRepresenter, _: None) -> ScalarNode:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


def _track(project: Project, plant: str) -> None:
    """Bring the export under DVC, so that its bytes are known and can be pushed and pulled."""
    path = project.raw(plant).relative_to(project.root)
    command = [sys.executable, "-m", "dvc", "add", str(path)]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True)
    if done.returncode:
        raise ElcError(f"plant {plant}: dvc add {path} failed: {(done.stderr + done.stdout).strip()[-500:]}")

"""A file for each stage that says which code it runs: a hash of each module, and the versions of its libraries.

And one for each plant that says which settings are its own, be they in its entry or in its region.
"""

from __future__ import annotations

import ast
import functools
import gc
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import elc
from elc.code.modules import CodePackage, Use
from elc.errors import ElcError
from elc.files import keep, replace_file
from elc.paths import Project
from elc.settings import read_settings, read_yaml

# Stages that are commands, by what they call.
COMMANDS = {"simulate": Use("elc.simulate", "simulate_plant"), "render": Use("elc.render", "render_site")}
# The page of the method lists the assumptions that stand in the source, so each word of the package counts.
READERS = ("render",)
# Modules that say what a section of params.yaml may hold: a stage that is not told the section reads nothing of it.
SECTIONS = {
    "elc.settings.alerts": "alerts",
    "elc.settings.environment": "environments",
    "elc.settings.fleet": "fleet",
    "elc.settings.listen": "listen",
    "elc.settings.registry": "registry",
    "elc.settings.serve": "serve",
}
SITE = "site"  # the section that says in which language pages are written
# Libraries that move no number: they draw, check, read settings or show progress. What Spark gives, DuckDB gives too:
# tests hold both to that.
STILL = {"IPython", "babel", "click", "matplotlib", "nbformat", "packaging", "pandera", "papermill", "pydantic"}
STILL |= {"pyspark", "ruamel", "semver", "tqdm", "yaml"}
# Libraries that are installed under another name than they are imported by.
NAMES = {
    "ibis": ["ibis-framework"],
    "python_calamine": ["python-calamine"],
    "tensorflow": ["tensorflow-cpu", "tensorflow"],
}
NOTEBOOK = re.compile(r"[0-9]{2}_(\w+)\.ipynb")

Code = dict[str, dict[str, str]]


def write_code(project: Project) -> dict[str, bool]:
    """Write the file of each stage and plant, where it is not as it should be; say of each whether it was another.

    A stage is named as DVC names it, and a plant as `plants/fjord`.

    Raises:
        ElcError: a notebook's code, dvc.yaml or params.yaml cannot be read.
    """
    with _pause_collector():
        records = _keep_code(project)
    return {stage: _write(project.code(stage), code) for stage, code in records.items()} | write_entries(project)


def write_entries(project: Project) -> dict[str, bool]:
    """Write what each plant's entry and its region say, and remove that of former plants.

    Which of the two says a key, and what the region is called, is left out: a key that moves makes nothing stale. So
    are the sources, which no stage asks.
    """
    entries = read_settings(project).plants
    project.entries.mkdir(parents=True, exist_ok=True)
    former = {path.stem for path in project.entries.glob("*.json")} - entries.keys()
    for plant in former:
        project.entry(plant).unlink()
    changed = dict.fromkeys(sorted(former), True)
    for plant, entry in entries.items():
        content = entry.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"region", "sources"})
        changed[plant] = _write(project.entry(plant), content)
    return {f"{project.entries.name}/{plant}": is_other for plant, is_other in changed.items()}


@contextmanager
def _pause_collector() -> Iterator[None]:
    """Pause Python's search for garbage: syntax trees hold none, and it takes as long as all else."""
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_enabled:
            gc.enable()


def build_code(project: Project, folder: Path | None = None) -> dict[str, Code]:
    """Build what stands for the code of each stage: `modules`, by name, and `libraries`, by version.

    Args:
        project: its notebooks and its dvc.yaml say what there is to run.
        folder: of the package; the one that runs by default.

    Raises:
        ElcError: a notebook's code, or dvc.yaml, cannot be read.
    """
    package = CodePackage(folder or Path(elc.__file__).parent)
    return _add_versions(_find_code(project, package, _hash_files(package)))


def _keep_code(project: Project) -> dict[str, Code]:
    """Build the same, but where neither the package, a notebook nor dvc.yaml has changed: syntax takes long to read."""
    package = CodePackage(Path(elc.__file__).parent)
    texts = _hash_files(package)
    notebooks = [path.name + path.read_text(encoding="utf-8") for path in _list_notebooks(project)]
    parts = [json.dumps(texts), project.pipeline.read_text(encoding="utf-8"), *notebooks]
    return _add_versions(keep(project.scratch / "code.json", parts, lambda: _find_code(project, package, texts)))


def _add_versions(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Code]:
    """Add the versions of the libraries that were found by name."""
    find_version = functools.cache(_find_version)
    return {
        stage: {
            "libraries": {name: version for name in code["libraries"] if (version := find_version(name))},
            "modules": code["modules"],
        }
        for stage, code in found.items()
    }


def _hash_files(package: CodePackage) -> dict[str, str]:
    return {
        path.relative_to(package.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in package.list_files()
    }


def _find_code(project: Project, package: CodePackage, texts: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Find the modules of each stage with their hashes, `texts` for a page of all code, and the names of libraries."""
    told = _read_sections(project)
    words = {name: text for name, text in texts.items() if name.endswith(".po")}
    found = {}
    for stage, (uses, own) in find_roots(project, package).items():
        if stage not in told:  # a notebook that DVC runs in no stage
            continue
        without = [module for module, section in SECTIONS.items() if section not in told[stage]]
        names, libraries = package.find_modules(uses, without)
        modules = {name: package.read(name).digest for name in names} | (words if SITE in told[stage] else {})
        found[stage] = {
            "libraries": sorted((libraries | own) - STILL),
            "modules": texts if stage in READERS else modules,
        }
    return found


def find_roots(project: Project, package: CodePackage) -> dict[str, tuple[set[Use], set[str]]]:
    """Find what each stage uses itself, and the libraries that it imports: its notebook's code, or its command.

    Raises:
        ElcError: a notebook's code is not readable.
    """
    roots: dict[str, tuple[set[Use], set[str]]] = {stage: ({use}, set()) for stage, use in COMMANDS.items()}
    for path in _list_notebooks(project):
        roots[NOTEBOOK.sub(r"\1", path.name)] = package.find_uses(_parse_notebook(path))
    return roots


def _list_notebooks(project: Project) -> list[Path]:
    return [path for path in sorted(project.notebooks.glob("*.ipynb")) if NOTEBOOK.fullmatch(path.name)]


def _parse_notebook(path: Path) -> ast.Module:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError) as error:
        raise ElcError(f"{path.name}: cannot be read as a notebook: {error!r}. Restore it from Git.") from None
    try:
        return ast.parse("\n".join(sources))
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        plain = "\n".join(map(TransformerManager().transform_cell, sources))
    try:
        return ast.parse(plain)
    except SyntaxError as error:
        said = f"{error.msg}: {(error.text or '').strip()}"
        raise ElcError(f"{path.name}: a cell is not valid Python: {said}. Correct the cell.") from None


def _read_sections(project: Project) -> dict[str, set[str]]:
    """Read which sections of params.yaml each stage is told."""
    stages: dict[str, dict[str, Any]] = read_yaml(project.pipeline)["stages"]
    told = {name: stage.get("do", stage).get("params", ()) for name, stage in stages.items()}
    return {name: {key.split(".")[0] for key in keys if isinstance(key, str)} for name, keys in told.items()}


def _find_version(library: str) -> str:
    """Find the version of a library; empty where it is not installed, or is Python's own."""
    for name in NAMES.get(library, [library]):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return ""


def _write(path: Path, code: Mapping[str, Any]) -> bool:
    text = json.dumps(code, indent=1, sort_keys=True) + "\n"
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    with replace_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return True

"""The stages of a project as DVC loads them: each file is read once, and no more stages are loaded than a run needs.

DVC alone loads every stage for any that is asked for and reads params.yaml again for each, which takes minutes in a
project of a hundred plants. The stages here are DVC's own; only which of them are loaded, and what they read of
files that others have read, differs.
"""

from __future__ import annotations

import functools
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elc.errors import ElcError, build_nearest
from elc.repro.lockfile import LockFile

if TYPE_CHECKING:
    from dvc.dependency import ParamsDependency
    from dvc.dvcfile import ProjectFile, SingleStageFile
    from dvc.repo import Repo
    from dvc.stage import Stage

MAIN = "dvc.yaml"
_MADE = ("outs", "metrics", "plots")  # sections of a stage that name what it makes
_PATTERN = frozenset("*?[]")  # with one of these, the name of a parameter is a pattern for DVC


@dataclass(frozen=True)
class Pipeline:
    """The stages that a run may need, those that its targets name, the addresses of all, each lock by its path."""

    stages: list[Stage]
    targets: list[Stage]
    names: list[str]
    locks: Mapping[str, LockFile]


def load_pipeline(repo: Repo, targets: Iterable[str]) -> Pipeline:
    """Load the stages that `targets` name, and what these need; without targets, all.

    They are the index of `repo` until its lock is let go of.

    Raises:
        DvcException: a pipeline file, params.yaml or a stage's entry in a lock cannot be read.
        ElcError: a target is unknown, or a lock holds other things than stages.
    """
    from dvc.repo.index import Index

    asked = list(targets)
    files = [_read_file(repo, path) for path in _list_files(repo)]
    main = next((file for file in files if file.source.relpath == MAIN), None)
    named = _find_named(main, asked) if isinstance(main, _PipelineFile) else []  # all of it where nothing is asked
    needed = _find_needed(files, named) if asked and named else None
    params = _Params()
    for file in files:
        file.load([name for name in file.definitions if needed is None or (file, name) in needed], params)
    stages = [stage for file in files for stage in file.stages.values()]
    repo.index = Index(repo, stages=stages)
    names = [address for file in files for address in file.list_addresses()]
    chosen = [file.stages[name] for file, name in named] or _collect(repo, asked or [MAIN], names)
    return Pipeline(stages, chosen, names, {str(file.lock.path): file.lock for file in files if file.lock})


def _collect(repo: Repo, targets: list[str], known: list[str]) -> list[Stage]:
    """Find the stages of targets as DVC does, where one is a path, or the address of a stage of another folder."""
    from dvc.exceptions import StageNotFoundError
    from dvc.repo.reproduce import collect_stages
    from dvc.stage.exceptions import StageNotFound

    try:
        found: list[Stage] = collect_stages(repo, targets)
    except (StageNotFound, StageNotFoundError):
        unknown = [name for name in targets if name not in known]
        name = unknown[0] if unknown else targets[0]
        raise ElcError(f"dvc.yaml: stage {name} is unknown: {build_nearest(name, known)}") from None
    return found


def _list_files(repo: Repo) -> Iterator[str]:
    """List the files of stages in DVC's order. Folders that Git ignores, such as most outputs, hold none."""
    from dvc.dvcfile import is_valid_filename

    for folder, folders, names in repo.dvcignore.walk(repo.fs, repo.root_dir, followlinks=False):
        folders[:] = [name for name in folders if not repo.scm.is_ignored(f"{folder}/{name}/")]
        paths = [f"{folder}/{name}" for name in names if is_valid_filename(name)]
        yield from (path for path in paths if not repo.scm.is_ignored(path))


def _read_file(repo: Repo, path: str) -> _File:
    from dvc.dvcfile import ProjectFile, load_file

    source = load_file(repo, path)
    return _PipelineFile.read(source) if isinstance(source, ProjectFile) else _File(source, {"": source.load()})


@dataclass(eq=False)
class _File:
    """A file of one stage without a name, as `dvc add` and `dvc import` write it, or of many."""

    source: SingleStageFile | ProjectFile
    definitions: Mapping[str, Mapping[str, Any]]
    lock: LockFile | None = None
    stages: dict[str, Stage] = field(default_factory=dict)

    def list_addresses(self) -> list[str]:
        """List the addresses of the stages, as DVC writes them."""
        return [self.source.relpath]

    def load(self, names: Iterable[str], params: _Params) -> None:  # noqa: ARG002 - such a stage has none
        """Load some of the stages."""
        self.stages = dict.fromkeys(names, self.source.stage)

    def list_made(self, name: str) -> Iterator[str]:
        """List the paths of what a stage makes."""
        return self._join(name, [entry["path"] for entry in self.definitions[name].get("outs") or ()])

    def list_read(self, name: str) -> Iterator[str]:
        """List the paths of what a stage reads, files of parameters included."""
        return self._join(name, [entry["path"] for entry in self.definitions[name].get("deps") or ()])

    def _join(self, name: str, paths: Iterable[str]) -> Iterator[str]:
        """Join paths with the folder of a stage; what is not on this machine is left out."""
        fs = self.source.repo.fs
        folder = fs.join(fs.parent(self.source.path), self.definitions[name].get("wdir") or "")
        yield from (fs.abspath(fs.join(folder, path)) for path in paths if "://" not in path)


class _PipelineFile(_File):
    """A dvc.yaml, with its lock."""

    @classmethod
    def read(cls, source: ProjectFile) -> _PipelineFile:
        resolver = source.resolver
        definitions = {name: resolver.resolve_one(name)[name] for name in resolver.get_keys()}
        return cls(source, definitions, LockFile(Path(source._lockfile.path)))

    def list_addresses(self) -> list[str]:
        prefix = "" if self.source.relpath == MAIN else f"{self.source.relpath}:"
        return [f"{prefix}{name}" for name in self.definitions]

    def list_group(self, name: str) -> list[str]:
        """List the stages of a name: that of one, or of a group, such as `train`, which a list of plants makes."""
        definition = self.source.contents.get("stages", {}).get(name, {})
        if {"foreach", "matrix"} & definition.keys():
            return [stage for stage in self.definitions if stage.startswith(f"{name}@")]
        return [name] if name in self.definitions else []

    def load(self, names: Iterable[str], params: _Params) -> None:
        from dvc.dependency import ParamsDependency
        from dvc.stage.loader import StageLoader

        wanted = list(names)
        recorded = self.lock.read(wanted) if self.lock else {}
        loader = StageLoader(self.source, self.source.contents, {"stages": recorded})
        self.stages = {name: loader[name] for name in wanted}
        for dep in (dep for stage in self.stages.values() for dep in stage.deps):
            if isinstance(dep, ParamsDependency):
                dep.read_params = functools.partial(params.read, dep)

    def list_made(self, name: str) -> Iterator[str]:
        definition = self.definitions[name]
        return self._join(name, (path for section in _MADE for path in _list_paths(definition.get(section))))

    def list_read(self, name: str) -> Iterator[str]:
        definition = self.definitions[name]
        params = [entry for entry in definition.get("params") or () if isinstance(entry, dict)]
        return self._join(name, _list_paths([*(definition.get("deps") or ()), *params]))


def _list_paths(entries: Iterable[Any] | None) -> Iterator[str]:
    """List the paths of a section, of which each is an entry or the key of one."""
    for entry in entries or ():
        yield from entry if isinstance(entry, dict) else [entry]


def _find_named(main: _PipelineFile, targets: list[str]) -> list[tuple[_File, str]]:
    """Find the stages that targets name, all where there is no target; nothing where one names none."""
    groups = [main.list_group(target) for target in targets] if targets else [main.definitions]
    return [(main, name) for name in dict.fromkeys(itertools.chain(*groups))] if all(groups) else []


def _find_needed(files: list[_File], named: Iterable[tuple[_File, str]]) -> set[tuple[_File, str]]:
    """Find the stages that some need, themselves included."""
    makers, holders = defaultdict(set), defaultdict(set)  # of each path; of what lies below it, too
    for file in files:
        for name in file.definitions:
            for path in file.list_made(name):
                makers[path].add((file, name))
                for folder in _list_parents(path):
                    holders[folder].add((file, name))
    pending, needed = set(named), set()
    while pending:
        file, name = stage = pending.pop()
        needed.add(stage)
        for path in file.list_read(name):
            pending |= holders[path].union(*(makers[parent] for parent in _list_parents(path))) - needed
    return needed


def _list_parents(path: str) -> list[str]:
    return [path, *map(str, Path(path).parents)]


class _Params:
    """Files of parameters, each read again only when it is another."""

    def __init__(self) -> None:
        self._contents: dict[str, tuple[object, Any]] = {}

    def read(self, dep: ParamsDependency, flatten: bool = True, **given: Any) -> dict[str, Any]:
        """Read the parameters of a stage as DVC does; all but the plain names of values there is left to DVC."""
        from dvc.dependency import ParamsDependency
        from dvc.utils.serialize import ParseError

        names = dep.params if flatten and not any(_PATTERN & set(name) for name in dep.params) else ()
        try:
            content = self._load(dep) if names else None
            found = {name: functools.reduce(_step, name.split("."), content) for name in names}
        except (OSError, KeyError, ParseError):
            found = {}
        return found or ParamsDependency.read_params(dep, flatten=flatten, **given)

    def _load(self, dep: ParamsDependency) -> Any:
        from dvc.utils.serialize import load_path

        status = Path(dep.fs_path).stat()
        key = status.st_mtime_ns, status.st_size, status.st_ino
        if self._contents.get(dep.fs_path, (None,))[0] != key:
            self._contents[dep.fs_path] = key, load_path(dep.fs_path, dep.repo.fs)
        return self._contents[dep.fs_path][1]


def _step(branch: Any, part: str) -> Any:
    if not isinstance(branch, dict):
        raise KeyError(part)
    return branch[part]

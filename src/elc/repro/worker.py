"""A worker's side: bring what a stage reads by its hash, run it, give what it made to the remote.

The worker is this checkout, on whichever machine: its code, its libraries, its credentials for the remote. Nothing of
its `dvc.lock` counts, and nothing is written to it.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elc.errors import ElcError
from elc.files import FULL, replace_file
from elc.paths import Project, find_project
from elc.repro.checkout import hold_checkout
from elc.repro.process import Command, Processes
from elc.repro.remote import Remote
from elc.repro.stages import read_tail, run_commands
from elc.repro.task import Failed, Made, Refused, Task, build_recipe

if TYPE_CHECKING:
    from dvc.output import Output
    from dvc.repo import Repo
    from dvc.stage import Stage

Outcome = Made | Failed | Refused
_MAKE_ROOM = "Make room there, for example with dvc gc --workspace."
SHOWN_MODULES = 5  # of those that differ
BUSY_S = 60.0  # that a task waits for another run of the same checkout


def run_task(task: Task) -> Outcome:
    """Run a task in the checkout of the working folder: what Dask calls."""
    from distributed import get_worker

    address = get_worker().address
    try:
        project = find_project()
    except ElcError as error:
        return Refused(address, f"worker {address}: {error}")
    return run_in(project, task, address)


def run_in(project: Project, task: Task, address: str) -> Outcome:
    """Run a task in a checkout; whatever is wrong with the checkout or its machine is a refusal."""
    from dvc.repo import Repo

    try:
        with (
            hold_checkout(project, wait_s=BUSY_S),
            contextlib.chdir(project.root),
            Repo(str(project.root)) as repo,
            repo.scm_context(),
        ):
            return _Work(project, repo, task).run()
    except Exception as error:  # of any library; the coordinator shall know of it, and another worker may do better
        return Refused(address, f"worker {address} ({project.root}): {task.stage}: {_say(error)}")


def _say(error: Exception) -> str:
    if isinstance(error, ElcError):
        return str(error)
    if isinstance(error, OSError) and error.errno in FULL:
        return f"the disk is full ({error}). {_MAKE_ROOM}"
    return f"{type(error).__name__}: {error}. Check that worker's checkout with dvc status, or remove the worker."


@dataclass
class _Work:
    project: Project
    repo: Repo
    task: Task

    def run(self) -> Outcome:
        from dvc.repo import lock_repo
        from dvc.stage.serialize import split_params_deps

        stage = self._find_stage()
        _, deps = split_params_deps(stage)
        with lock_repo(self.repo):
            remote = Remote(self.repo)
            written = self._write_code(stage)
            self._check_recipe(stage)
            self._check_code(stage, deps, written, remote)
            self._bring_inputs(deps, remote)
            _clear(stage)
        with contextlib.ExitStack() as stack:
            stack.callback(_clear, stage)  # nothing half-written is left to whoever comes next
            with tempfile.TemporaryDirectory() as folder:
                log = Path(folder) / "log"
                if code := run_commands(stage, log, Processes(_never), is_warm=False):
                    return _judge(code, read_tail(log))
            with lock_repo(self.repo):
                made = self._give_outputs(stage, deps, remote)
            stack.pop_all()
            return made

    def _find_stage(self) -> Stage:
        from dvc.exceptions import DvcException

        try:
            return self.repo.stage.load_one(name=self.task.stage)
        except DvcException as error:
            raise ElcError(f"dvc.yaml of this checkout has no such stage: {error}. {self._say_commits()}") from None

    def _say_commits(self) -> str:
        here, there = (commit[:10] or "none" for commit in (find_commit(self.repo), self.task.commit))
        if here == there:
            return f"Both are at commit {here}: undo what was changed by hand here or at the coordinator."
        return f"This checkout is at commit {here}, the coordinator at {there}: check out {there} here."

    def _check_recipe(self, stage: Stage) -> None:
        if others := build_recipe(stage).list_others(self.task.recipe):
            raise ElcError(f"not as at the coordinator: {', '.join(others)}. {self._say_commits()}")

    def _write_code(self, stage: Stage) -> Mapping[Path, bytes]:
        """Write what of code/ a stage reads, be it for single parameters, as the code of this machine has it."""
        folder = self.project.code("any").parent
        wanted = {path for dep in stage.deps if (path := Path(dep.fs_path)).is_relative_to(folder)}
        if not wanted:
            return {}
        written = _read_code(self.project, _stamp_code(self.project))
        for path in wanted & written.keys():
            with replace_file(path) as temporary:
                temporary.write_bytes(written[path])
        return written

    def _check_code(self, stage: Stage, deps: Sequence[Output], written: Mapping[Path, bytes], remote: Remote) -> None:
        """Check that the stage would run the same code, with the same libraries and settings, as at the coordinator."""
        code = self.project.code(stage.addressing.split("@")[0])
        known = {Path(dep.fs_path): self.task.inputs[dep.def_path].hash for dep in deps}
        if code not in known:
            if find_commit(self.repo) != self.task.commit:
                raise ElcError(f"its code is unknown here. {self._say_commits()}")
            return
        for path in (path for path in known if path.is_relative_to(code.parent)):
            here, expected = written.get(path, b"{}"), known[path]
            if hashlib.md5(here, usedforsecurity=False).hexdigest() != expected:
                remote.fetch([expected])
                there = json.loads(remote.read(expected))
                raise ElcError(self._say_difference(path, json.loads(here), there))

    def _say_difference(self, path: Path, here: dict[str, Any], there: dict[str, Any]) -> str:
        if path.parent == self.project.entries:
            keys = sorted(key for key in here.keys() | there.keys() if here.get(key) != there.get(key))
            return f"the settings of plant {path.stem} differ here: {', '.join(keys)}. {self._say_commits()}"
        return (
            f"its code or libraries differ: {', '.join(_list_others(here, there))}. {self._say_commits()} Then install "
            "the packages of requirements.lock."
        )

    def _bring_inputs(self, deps: Sequence[Output], remote: Remote) -> None:
        others = {dep: value for dep in deps if _find_hash(dep) != (value := self.task.inputs[dep.def_path].hash)}
        ours = sorted(dep.def_path for dep in others if not self.task.inputs[dep.def_path].is_kept)
        if ours:
            raise ElcError(f"not as at the coordinator: {', '.join(ours)}. {self._say_commits()}")
        if others:
            remote.fetch(others.values())
        for dep, value in others.items():
            remote.place(dep, value)

    def _give_outputs(self, stage: Stage, deps: Sequence[Output], remote: Remote) -> Made:
        changed = sorted(dep.def_path for dep in deps if _find_hash(dep) != self.task.inputs[dep.def_path].hash)
        if changed:
            raise ElcError(
                f"{', '.join(changed)} was written by another run while the stage ran. Let one run at a time use a "
                "checkout, and run the stage again."
            )
        stage.save_outs(allow_missing=True)  # one that is missing is the stage's fault, which the coordinator tells
        made = {out.def_path: remote.keep(out) for out in stage.outs if out.exists}
        remote.push(made.values())
        return Made(made)


def _judge(code: int, said: str) -> Failed:
    """What a command's failure says of the stage; a full disk says nothing of it, but of the worker."""
    if full := next((os.strerror(number) for number in FULL if os.strerror(number) in said), None):
        raise ElcError(f"the disk is full: its command ended with {full}. {_MAKE_ROOM}")
    return Failed(code, said)


def find_commit(repo: Repo) -> str:
    """Find the commit of a checkout; empty without Git."""
    from dvc.scm import NoSCM

    return "" if isinstance(repo.scm, NoSCM) else str(repo.scm.get_rev())


def _never(_: Sequence[str]) -> None:
    raise AssertionError("a worker runs each command in a process that is not forked from it")


def _clear(stage: Stage) -> None:
    """Leave what a new checkout has of a stage's outputs: their folders."""
    for out in stage.outs:
        out.remove()
        Path(out.fs_path).parent.mkdir(parents=True, exist_ok=True)


def _find_hash(dep: Output) -> str:
    return str(dep.get_hash().value) if dep.exists else ""


def _stamp_code(project: Project) -> tuple[object, ...]:
    """What changes whenever code, settings or libraries of this machine may have: times and sizes of files."""
    import elc

    files = [*Path(elc.__file__).parent.rglob("*.p[yo]"), *project.notebooks.glob("*.ipynb")]
    files += [project.pipeline, project.params]
    seen = [(str(path), status.st_mtime_ns, status.st_size) for path in sorted(files) if (status := path.stat())]
    folders = [folder for name in sys.path if (folder := Path(name)).is_dir() and folder.resolve() != project.root]
    return (*seen, *((str(folder), folder.stat().st_mtime_ns) for folder in folders))


@functools.lru_cache(maxsize=1)
def _read_code(project: Project, _stamp: tuple[object, ...]) -> Mapping[Path, bytes]:
    """Read the files of code/ as the `elc` that runs stages here writes them; once until something changes."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        command = Command("elc code", str(project.root), dict(os.environ), is_warm=False)
        if Processes(_never).run(command, log):
            raise ElcError(f"elc code failed: {read_tail(log)}. Correct that in this checkout, and run it there.")
    return {path: path.read_bytes() for path in project.code("any").parent.rglob("*.json")}


def _list_others(here: dict[str, dict[str, str]], there: dict[str, dict[str, str]]) -> list[str]:
    """Name the modules and libraries that differ; of libraries the versions."""
    modules, libraries = ((here.get(kind, {}), there.get(kind, {})) for kind in ("modules", "libraries"))
    lines = [
        f"library {name} ({libraries[0].get(name, 'none')} here, {libraries[1].get(name, 'none')} at the coordinator)"
        for name in sorted(libraries[0].keys() | libraries[1].keys())
        if libraries[0].get(name) != libraries[1].get(name)
    ]
    names = sorted(modules[0].keys() | modules[1].keys())
    others = [f"module {name}" for name in names if modules[0].get(name) != modules[1].get(name)]
    rest = len(others) - SHOWN_MODULES
    return [*lines, *others[:SHOWN_MODULES], *([f"and {rest} more modules"] if rest > 0 else [])]

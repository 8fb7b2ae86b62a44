"""One stage at a time, as DVC sees it: whether it is stale, what it needs before it runs, what it recorded."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from elc.repro.pipeline import Pipeline
from elc.repro.plan import Plan
from elc.repro.process import Command, Processes
from elc.repro.task import SchedulerLostError

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import Stage
    from dvc_data.hashfile.hash_info import HashInfo

_SHOWN_LINES = 40  # of what a stage that failed said


@dataclass
class Report:
    """What became of the stages, by their address, in the order in which they ended."""

    ran: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)  # and the stage that failed before it

    def has_fault(self, name: str) -> bool:
        """Whether a stage failed, or was skipped because another one did."""
        return name in self.failed or name in self.skipped


@dataclass
class Stages:
    """The stages of a plan, and what came of each. All but `execute` is for one thread, which holds DVC's lock."""

    repo: Repo
    pipeline: Pipeline
    plan: Plan
    force: bool
    pull: bool
    processes: Processes
    say: Callable[[str], object]
    report: Report = field(default_factory=Report)
    _proved: dict[str, HashInfo] = field(default_factory=dict)  # what lies at a path, as this run found or made it

    def ignore_outputs(self) -> None:
        """Let Git ignore new outputs in the order of the plan, whichever is made first.

        DVC ignores each when it is made; but a folder that a stage reads may contain the `.gitignore`.
        """
        from dvc.exceptions import DvcException

        for out in (out for stage in self.plan for out in stage.outs if not out.hash_info and out.use_scm_ignore):
            Path(out.fs_path).parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(DvcException):  # Git has it: its stage says so
                out.ignore()
        self.repo.scm._reset()  # it remembers what is ignored

    def begin(self, stage: Stage) -> ExitStack | None:
        """Begin a stage; None where nothing is left to run: it is as it was, cached, not to be run, or failed."""
        name = stage.addressing
        blame = next((need for need in self._list_needs(stage) if self.report.has_fault(need)), "")
        if blame:
            self.report.skipped[name] = blame
            return None
        with ExitStack() as stack:
            try:
                stack.enter_context(_lock_files(stage))
                if not self._is_stale(stage) or not self._prepare(stage):
                    return None
            except Exception as error:  # whatever is wrong with one stage must not end the others
                self._fail(stage, str(error))
                return None
            return stack.pop_all()

    def _list_needs(self, stage: Stage) -> list[str]:
        return sorted(need.addressing for need in self.plan[stage])

    def _is_stale(self, stage: Stage) -> bool:
        needs = list(self.plan[stage])
        if self.force or (self._has_changed(stage) and not (self.pull and self._fetch(stage, needs))):
            return True
        self._prove(stage)
        self.say(f"Stage '{stage.addressing}' didn't change, skipping")
        self.report.unchanged.append(stage.addressing)
        return False

    def _has_changed(self, stage: Stage) -> bool:
        """Say what `Stage.changed` says; that locks the files for each part, and looks at an input once a reader."""
        if stage.changed_stage() or (not stage.frozen and (stage.is_callback or stage.always_changed)):
            return True
        deps = () if stage.frozen else stage.deps
        read = (dep for dep in deps if not dep.hash_info or self._proved.get(dep.fs_path) != dep.hash_info)
        return any(item.status() for item in itertools.chain(read, stage.outs))

    def _prove(self, stage: Stage) -> None:
        self._proved |= {out.fs_path: out.hash_info for out in stage.outs}

    def _fetch(self, stage: Stage, needs: list[Stage]) -> bool:
        """Bring what a stage made from the remote, where that alone is missing; False where it must run."""
        from dvc.exceptions import CheckoutError

        if stage.changed(True, needs):
            return False
        try:
            self.repo.pull(stage.addressing)
            stage.checkout()
        except CheckoutError:
            return False
        return True

    def _prepare(self, stage: Stage) -> bool:
        """Prepare the files of a stage; False where no command is left to run."""
        from dvc.stage import PipelineStage
        from dvc.stage.cache import RunCacheNotFoundError
        from dvc.stage.run import _pull_missing_deps

        if not isinstance(stage, PipelineStage) or not stage.cmd or stage.frozen:
            stage.reproduce(force=self.force, upstream=list(self.plan[stage]))
            self._record(stage)
            return False
        stage.remove_outs(ignore_remove=False, force=False)
        if not self.force:
            if self.pull:
                _pull_missing_deps(stage)
            try:
                self.repo.stage_cache.restore(stage, pull=self.pull)
                self._keep(stage)
                return False
            except RunCacheNotFoundError:
                pass
        stage.save_deps()
        self.say(f"Running stage '{stage.addressing}':")
        for line in _list_lines(stage):
            self.say(f"> {line}")
        return True

    def execute(self, stage: Stage, log: Path) -> int:
        """Run the commands of a stage, its output to `log`; give the exit code of the first that fails, or 0."""
        return run_commands(stage, log, self.processes, is_warm=not stage.always_changed)

    def stop(self) -> None:
        """End what runs, without a record."""
        self.processes.stop()

    def end(self, stage: Stage, run: Future[int], log: Path) -> None:
        """Record what a stage made, or why it failed."""
        try:
            code = run.result()
            if code:
                how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
                self._fail(stage, f"its command {how}.", read_tail(log))
                return
            self._keep(stage)
        except SchedulerLostError:
            raise
        except Exception as error:  # an output is missing, or the cache cannot be written
            self._fail(stage, str(error))

    def _keep(self, stage: Stage) -> None:
        is_cached = all(out.use_cache or out.is_metric or out.is_plot for out in stage.outs)
        stage.save(run_cache=is_cached)
        stage.commit()
        self._record(stage)

    def _record(self, stage: Stage) -> None:
        self._prove(stage)
        from dvc.stage import PipelineStage
        from dvc.stage.serialize import to_single_stage_lockfile

        if isinstance(stage, PipelineStage):
            self.pipeline.locks[str(stage.dvcfile._lockfile.path)].put(stage.name, to_single_stage_lockfile(stage))
        else:
            stage.dump(update_pipeline=False)
        self.report.ran.append(stage.addressing)

    def _fail(self, stage: Stage, why: str, said: str = "") -> None:
        self.report.failed[stage.addressing] = why
        self.say(f"Stage '{stage.addressing}' failed: {why}" + (f"\n{said}" if said else ""))

    def write(self) -> None:
        """Write what is new to the lock files."""
        names = [stage.name for stage in self.plan if getattr(stage, "name", None)]
        for lock in self.pipeline.locks.values():
            lock.sort(names)
            if lock.write():
                self.repo.scm_context.track_file(os.path.relpath(lock.path))
                self.say(f"Updating lock file '{os.path.relpath(lock.path)}'")


def run_commands(stage: Stage, log: Path, processes: Processes, *, is_warm: bool) -> int:
    """Run the commands of a stage, their output to `log`; give the exit code of the first that fails, or 0."""
    from dvc.stage.run import prepare_kwargs

    given = prepare_kwargs(stage)
    for line in _list_lines(stage):
        if code := processes.run(Command(line, given["cwd"], given["env"], is_warm), log):
            return code
    return 0


def read_tail(log: Path) -> str:
    """Read the last lines that a stage wrote."""
    said = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    return "\n".join(said.replace("\r", "\n").strip().splitlines()[-_SHOWN_LINES:])


def _list_lines(stage: Stage) -> list[str]:
    return stage.cmd if isinstance(stage.cmd, list) else stage.cmd.splitlines()


@contextlib.contextmanager
def _lock_files(stage: Stage) -> Iterator[None]:
    """Hold DVC's own locks of what a stage reads and writes, so that a `dvc repro` beside this one waits."""
    from dvc.rwlock import rwlock

    read, write = ([item.fs_path for item in items] for items in (stage.deps, stage.outs))
    repo = stage.repo
    is_hard = repo.config["core"].get("hardlink_lock", False)
    with rwlock(repo.tmp_dir, repo.fs, " ".join(sys.argv), read, write, is_hard):
        yield

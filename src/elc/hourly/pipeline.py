"""The stages of an hour through DVC in this process: it knows what is stale, and goes on where a plant fails.

DVC reads and writes dvc.lock whole for every stage, and dvc.yaml for every target, in a slow way: two seconds a stage.
Here both are read once, and dvc.lock is written once, at the end; a run that is killed before redoes its stages.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from elc.errors import ElcError
from elc.failures import read_failures, write_failure
from elc.paths import Project

STAGES = ("ingest", "explain", "advise", "monitor")  # in the order of dvc.yaml, in which DVC runs them
SITE = "render"
_INTERRUPTED = ("exited with 130", "exited with -2")


class Pipeline:
    """Runs the stages of some plants, then the site; a plant's later stages do not run where an earlier one failed.

    `ran` holds DVC's stages that ran and succeeded, `site_fault` says why the site could not be made, if so.
    """

    def __init__(self, project: Project, plants: Iterable[str]) -> None:
        self.ran: list[Any] = []
        self.site_fault = ""
        self._project = project
        self._wanted = {f"{stage}@{plant}" for plant in plants for stage in STAGES} | {SITE}
        self._broken: set[str] = set()

    def run(self, variables: Mapping[str, str]) -> None:
        """Run what is stale; `variables` are added to the environment of the commands, which write to standard error.

        Raises:
            ElcError: DVC could not start on the stages at all.
            KeyboardInterrupt: somebody stopped it.
        """
        from dvc.exceptions import DvcException, ReproductionError
        from dvc.repo import Repo

        with _set_variables(variables), _turn_output():
            try:
                with Repo(str(self._project.root)) as repo:
                    try:
                        # All are collected at once, and `_run_stage` leaves out those that are not wanted.
                        repo.reproduce(
                            targets=["*"],
                            glob=True,
                            single_item=True,
                            on_error="keep-going",
                            pull=True,
                            run_cache=False,
                            repro_fn=self._run_stage,
                        )
                    except ReproductionError:
                        pass  # each fault is kept already
                    finally:
                        self._record(repo)
            except DvcException as error:
                raise ElcError(f"hourly: DVC could not start: {_chain(error)}") from None

    def _run_stage(self, stage: Any, **options: Any) -> Any:
        """Run a stage where it is wanted and stale; the name of the function is DVC's `repro_fn`."""
        name = stage.name
        step, _, plant = name.partition("@")
        if name not in self._wanted or plant in self._broken:
            return None
        try:
            done = stage.reproduce(**options)
        except Exception as error:
            if str(error).endswith(_INTERRUPTED):
                raise KeyboardInterrupt from None
            self._note(name, step, plant, error)
            raise
        if done:
            self.ran.append(done)
        return done

    def _note(self, name: str, step: str, plant: str, error: Exception) -> None:
        """Keep a failure. A stage that ran has written its own; that of one that could not is DVC's."""
        if name == SITE:
            self.site_fault = f"{SITE}: {_chain(error)}. The former site stays."
            return
        self._broken.add(plant)
        if not read_failures(self._project, plant, [step]):
            sentence = f"stage {step} {plant}: {_chain(error)}. Run dvc repro --single-item {name}, which says more."
            write_failure(self._project, step, plant, ElcError(sentence))

    def _record(self, repo: Any) -> None:
        """Write the stages that ran to dvc.lock."""
        if self.ran:
            with repo.lock, repo.scm_context(quiet=True):
                self.ran[0].dvcfile.dump_stages(self.ran, update_pipeline=False)


def _chain(error: BaseException | None) -> str:
    """Write an error and what caused it in one line."""
    parts = []
    while error is not None:
        parts.append(" ".join(str(error).split()).rstrip("."))
        error = error.__cause__
    return ": ".join(dict.fromkeys(filter(None, parts)))


@contextmanager
def _set_variables(variables: Mapping[str, str]) -> Iterator[None]:
    former = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in former.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _turn_output() -> Iterator[None]:
    """Send standard output, that of commands included, to standard error: the answer alone goes to the former."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)

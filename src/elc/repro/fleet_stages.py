"""Stages of a plan on the workers of a fleet.

The coordinator is a checkout like any other. It decides with DVC what is stale, sees that inputs are in the remote,
brings outputs from there, and alone writes `dvc.lock`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from elc.errors import check_faults, list_unknown
from elc.repro.fleet import Fleet, find_group
from elc.repro.remote import Remote
from elc.repro.stages import Stages
from elc.repro.task import Failed, Input, Made, Task, build_recipe
from elc.repro.worker import find_commit

if TYPE_CHECKING:
    from dvc.output import Output
    from dvc.stage import Stage


@dataclass
class FleetStages(Stages):
    """The stages of a plan, those that DVC compares on workers; the others, such as the site, run here."""

    fleet: Fleet = field(kw_only=True)

    def __post_init__(self) -> None:
        self._check_settings()
        self._remote = Remote(self.repo)
        self._commit = find_commit(self.repo)
        self._tasks: dict[str, Task] = {}
        self._made: dict[str, Made] = {}

    def _check_settings(self) -> None:
        """Check that the pipeline has the stages that params.yaml names."""
        known = set(map(find_group, self.pipeline.names))
        check_faults("params.yaml", list_unknown("fleet.stages: stage", self.fleet.settings.stages, known))

    def _prepare(self, stage: Stage) -> bool:
        is_left = super()._prepare(stage)
        if is_left and not stage.always_changed:
            self._tasks[stage.addressing] = self._build_task(stage)
        return is_left

    def _build_task(self, stage: Stage) -> Task:
        """Describe a stage, whose inputs are in the remote then."""
        from dvc.stage.serialize import split_params_deps

        _, deps = split_params_deps(stage)
        kept = {dep.def_path for dep in deps if self._is_kept(dep)}
        self._push(dep for dep in deps if dep.def_path in kept)
        inputs = {dep.def_path: Input(str(dep.hash_info.value), dep.def_path in kept) for dep in deps}
        return Task(stage.addressing, self._commit, build_recipe(stage).parts, inputs)

    def _is_kept(self, dep: Output) -> bool:
        """Whether DVC keeps an input: it is made by a stage, imported or added, or a part or a folder of such."""
        from dvc.exceptions import OutputNotFoundError

        try:
            return bool(self.repo.find_outs_by_path(dep.fs_path, recursive=True, strict=False))
        except OutputNotFoundError:
            return False

    def _push(self, items: Iterable[Output]) -> None:
        new = [item for item in items if not self._remote.has(str(item.hash_info.value))]
        self._remote.push([self._remote.keep(item) for item in new])

    def execute(self, stage: Stage, log: Path) -> int:
        """Run a stage on a worker, or here; what a stage that failed wrote goes to `log`."""
        if (task := self._tasks.pop(stage.addressing, None)) is None:
            return super().execute(stage, log)
        outcome = self.fleet.run(task)
        if isinstance(outcome, Failed):
            log.write_text(outcome.said, encoding="utf-8")
            return outcome.code
        self._made[stage.addressing] = outcome
        return 0

    def stop(self) -> None:
        """End what runs here, let go of what runs elsewhere, without a record."""
        super().stop()
        self.fleet.stop()

    def _keep(self, stage: Stage) -> None:
        made = self._made.pop(stage.addressing, None)
        if made is not None:
            self._bring(stage, made.outputs)
        super()._keep(stage)

    def _bring(self, stage: Stage, outputs: Mapping[str, str]) -> None:
        """Bring what a worker made to the places where the stage would have made it here."""
        self._remote.fetch(outputs.values())
        for out in stage.outs:
            if value := outputs.get(out.def_path):
                self._remote.place(out, value)
            else:
                out.remove()
        self._remote.note(outputs.values())

    def _record(self, stage: Stage) -> None:
        """Record what a stage made once it is in the remote."""
        self._push(out for out in stage.outs if out.hash_info)
        super()._record(stage)

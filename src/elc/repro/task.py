"""What travels between a coordinator and its workers: names and hashes, never a value, a file or a secret."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dvc.stage import Stage


class SchedulerLostError(Exception):
    """The scheduler is gone, and with it all tasks; the sentence says what to do."""


@dataclass(frozen=True)
class Input:
    """A file or folder that a stage reads, by its hash; `is_kept` where DVC keeps it, and not Git."""

    hash: str
    is_kept: bool


@dataclass(frozen=True)
class Task:
    """A stage to run: the coordinator's commit, the recipe of the stage, and its inputs by path."""

    stage: str
    commit: str
    recipe: Mapping[str, str]
    inputs: Mapping[str, Input]


@dataclass(frozen=True)
class Made:
    """The stage ran, and its outputs are in the remote: their hashes by path."""

    outputs: Mapping[str, str]


@dataclass(frozen=True)
class Failed:
    """The command of the stage failed: its exit code, negative for a signal, and the last lines that it wrote."""

    code: int
    said: str


@dataclass(frozen=True)
class Refused:
    """The worker cannot run the stage, which another one may; the sentence says why."""

    worker: str
    sentence: str


@dataclass(frozen=True)
class Recipe:
    """What of a stage must be the same at a worker, each part by a digest: values of parameters stay where they are."""

    parts: Mapping[str, str] = field(default_factory=dict)

    def list_others(self, expected: Mapping[str, str]) -> list[str]:
        """Name the parts that differ."""
        return sorted(
            name for name in self.parts.keys() | expected.keys() if self.parts.get(name) != expected.get(name)
        )


def build_recipe(stage: Stage) -> Recipe:
    """Build the recipe of a stage from its definition and the parameters of this checkout."""
    from dvc.stage.serialize import split_params_deps

    params, deps = split_params_deps(stage)
    parts = {
        "its command": stage.cmd,
        "its inputs": sorted(dep.def_path for dep in deps),
        "its outputs": sorted([out.def_path, out.use_cache] for out in stage.outs),
    }
    for param in params:
        parts |= {f"{param.def_path}: {key}": value for key, value in param.read_params().items()}
    return Recipe({name: _digest(value) for name, value in parts.items()})


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()

"""The section fleet of params.yaml: what the workers of `elc repro --scheduler` must offer for a stage."""

from __future__ import annotations

from pydantic import Field

from elc.settings.section import NotNegative, Positive, Section


class StageNeeds(Section):
    """What a worker must offer to run a stage, as resources of Dask; what is None is not asked for."""

    memory_gib: Positive | None = None
    threads: int | None = Field(default=None, gt=0)


class FleetSettings(Section):
    """`stages` by name, such as train; `wait_s` is how long a stage waits for a worker that can run it."""

    stages: dict[str, StageNeeds] = Field(default_factory=dict)
    wait_s: NotNegative = 600.0

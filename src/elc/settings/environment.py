"""The environments of params.yaml: what each asks of a version, and which plants it holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field

from elc.settings.section import Positive, Section


class EnvironmentSettings(Section):
    """One environment. `source` stands as `from` in params.yaml: the environment that a version comes from.

    `overrides` holds keys of the sections monitor, explain, advise and alerts that are other in this environment.
    """

    approval: Literal["none", "manual", "signed"]
    source: str | None = Field(alias="from")
    tests: list[Literal["golden", "shape", "latency"]]
    max_latency_ms: Positive
    remote: str | None
    plants: Literal["all"] | list[str]
    wave: int = Field(gt=0)
    overrides: dict[Literal["monitor", "explain", "advise", "alerts"], dict[str, Any]] = Field(default_factory=dict)

    def holds(self, plant: str) -> bool:
        """Whether a plant is deployed in this environment."""
        return self.plants == "all" or plant in self.plants

    def find_plants(self, plants: Iterable[str]) -> list[str]:
        """The plants of this environment, in the order in which they are given."""
        return [plant for plant in plants if self.holds(plant)]

"""Which stages run, and when each may begin."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dvc.stage import Stage
    from networkx import DiGraph

Plan = Mapping["Stage", frozenset["Stage"]]


def build_plan(graph: DiGraph, targets: Sequence[Stage]) -> Plan:
    """Plan which stages run, in the order in which `dvc repro` would run them, and what each needs of the others."""
    from dvc.repo.reproduce import get_active_graph, plan_repro

    active = get_active_graph(graph)
    order = plan_repro(active, list(targets))
    planned = set(order)
    return {stage: frozenset(planned.intersection(active.successors(stage))) for stage in order}


class Queue:
    """The stages of a plan that may begin, the earliest first."""

    def __init__(self, plan: Plan) -> None:
        self._order = list(plan)
        self._places = {stage: place for place, stage in enumerate(self._order)}
        self._missing = {stage: len(needs) for stage, needs in plan.items()}
        self._followers: dict[Stage, list[Stage]] = {stage: [] for stage in plan}
        for stage, needs in plan.items():
            for need in needs:
                self._followers[need].append(stage)
        self.ready = [place for place, stage in enumerate(self._order) if not self._missing[stage]]

    def take(self) -> Stage:
        """Take the first stage that is ready."""
        return self._order[heapq.heappop(self.ready)]

    def end(self, stage: Stage) -> None:
        """Note that a stage has ended; those that waited for it alone are ready."""
        for follower in self._followers[stage]:
            self._missing[follower] -= 1
            if not self._missing[follower]:
                heapq.heappush(self.ready, self._places[follower])

    def find_place(self, stage: Stage) -> int:
        """Find the place of a stage in the plan."""
        return self._places[stage]

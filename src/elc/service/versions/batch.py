"""Requests of one moment share one run of the network: eight rows take hardly longer than one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Inputs = NDArray[np.float32]
Outputs = tuple[NDArray[np.float64], NDArray[np.bool_]]


class ScoreError(Exception):
    """A version gave no number for a row of numbers."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What a version says of features (`inputs`; rows, features) that one request asked for.

    `energy` (rows, 5; GJ/h, see `curve.OUTPUTS`) is finite; `is_outside` (rows,) marks rows outside the envelope;
    `seconds` is how long the version worked, for all requests that it answered together.
    """

    inputs: Inputs
    energy: NDArray[np.float64]
    is_outside: NDArray[np.bool_]
    seconds: float


def check_finite(scored: Scored) -> Scored:
    """Check that every row has a number.

    Raises:
        ScoreError: one has none.
    """
    if not np.isfinite(scored.energy).all():
        raise ScoreError
    return scored


class Batch:
    """Requests that wait for the end of this turn of the event loop, and are then scored in one run.

    `score` gives energy and marks of features; it need not check that they are finite. One event loop uses it.
    """

    def __init__(self, score: Callable[[Inputs], Outputs]) -> None:
        self._score = score
        self._waiting: list[tuple[Inputs, asyncio.Future[Scored]]] = []

    async def score(self, inputs: Inputs) -> Scored:
        """Score features (rows, features) together with what other requests of this moment ask.

        Raises:
            ScoreError: a row has no finite answer; other requests have theirs.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Scored] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._run)
        self._waiting.append((inputs, future))
        return check_finite(await future)

    def _run(self) -> None:
        waiting, self._waiting = self._waiting, []
        if len(waiting) == 1:
            self._answer(waiting)
            return
        try:
            self._answer_together(waiting)
        except Exception:  # whose rows it were, each alone shows
            self._answer(waiting)

    def _answer(self, waiting: list[tuple[Inputs, asyncio.Future[Scored]]]) -> None:
        """Answer each request by a run of its own."""
        for inputs, future in waiting:
            if future.done():  # no caller waits any more
                continue
            start = time.perf_counter()
            try:
                energy, is_outside = self._score(inputs)
            except Exception as error:
                future.set_exception(error)
            else:
                future.set_result(Scored(inputs, energy, is_outside, time.perf_counter() - start))

    def _answer_together(self, waiting: list[tuple[Inputs, asyncio.Future[Scored]]]) -> None:
        start = time.perf_counter()
        energy, is_outside = self._score(np.concatenate([inputs for inputs, _ in waiting]))
        seconds, first = time.perf_counter() - start, 0
        for inputs, future in waiting:
            rows = slice(first, first := first + len(inputs))
            if not future.done():
                future.set_result(Scored(inputs, energy[rows], is_outside[rows], seconds))

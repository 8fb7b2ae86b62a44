"""The requests of one plant: which version answers each, and how the next one proves itself beside the one in use.

A request takes one version and keeps it. Both versions are counted while the next one bakes; a fault sends every
request back at once. Times are those of a clock that never jumps.
"""

from __future__ import annotations

import random
import statistics
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from elc.records.swap import Event
from elc.service.versions.batch import Inputs, Scored
from elc.service.versions.history import BACK, LIVE, LOADED, SHIFTED
from elc.service.versions.loaded import Loaded
from elc.settings import SwapSettings

LEAST_TIMES = 20  # ASSUME: medians of fewer times say nothing
KEPT_TIMES = 2000
COMPARED_ROWS = 20  # of a request that both versions answer
COMPARED_FRAC = 0.1  # of the requests while a version bakes
PAUSE_S = 0.001  # between two rows of a replay, for requests

Tell = Callable[[Event, Loaded, str, float, str], None]
Found = TypeVar("Found")


@dataclass
class LaneRecord:
    """What one version did while a swap was under way: answers, failures, and how long (s) it worked on single rows."""

    answers: int = 0
    failures: int = 0
    times: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT_TIMES))

    @property
    def error_frac(self) -> float:
        return self.failures / max(self.answers + self.failures, 1)

    @property
    def median_s(self) -> float:
        return statistics.median(self.times) if len(self.times) >= LEAST_TIMES else float("nan")


@dataclass
class Trial:
    """A swap under way: the stages (share, seconds) that it goes through, and what was seen of both versions."""

    coming: Loaded
    stages: Sequence[tuple[float, float]]
    place: int = 0
    since: float = field(default_factory=time.monotonic)
    new: LaneRecord = field(default_factory=LaneRecord)
    old: LaneRecord = field(default_factory=LaneRecord)
    distances: list[float] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.stages[self.place][0]


def build_stages(settings: SwapSettings) -> list[tuple[float, float]]:
    """Build the stages of a policy: the share of requests that goes to the new version, and for how long (s)."""
    if settings.policy == "all_at_once":
        return [(1.0, settings.bake_s)]
    if settings.policy == "canary":
        return [(settings.canary_frac, settings.bake_s)]
    return [(step / settings.steps, settings.bake_s) for step in range(1, settings.steps + 1)]


class Lane:
    """The versions of one plant. `tell(event, version, former, share, reason)` is called at each change."""

    def __init__(self, current: Loaded, *, settings: SwapSettings, tell: Tell) -> None:
        self.current = current
        self.doubt = ""
        self._settings, self._tell = settings, tell
        self._trial: Trial | None = None
        self._random = random.Random()

    @property
    def coming(self) -> Loaded | None:
        """The version that is being let in, if one is."""
        trial = self._trial
        return trial.coming if trial else None

    async def answer(self, answer: Callable[[Loaded], Awaitable[tuple[Found, Scored]]]) -> Found:
        """Answer a request by one version; where the new one fails, all of it by the one in use.

        `answer` gives what a version answers, and what it scored for that. What it raises for the version in use is
        raised: then the request itself is at fault.
        """
        trial = self._trial
        if trial is None:
            return (await answer(self.current))[0]
        chosen = trial.coming if self._random.random() < trial.share else self.current
        try:
            found, scored = await answer(chosen)
        except Exception:
            if chosen is not trial.coming:
                raise
            found, _ = await answer(self.current)
            self._note_failure(trial)
            return found
        self._note(trial, chosen, scored)
        return found

    def _note(self, trial: Trial, chosen: Loaded, scored: Scored) -> None:
        record = trial.new if chosen is trial.coming else trial.old
        record.answers += 1
        if len(scored.inputs) == 1:
            record.times.append(scored.seconds)
        if self._random.random() < COMPARED_FRAC:
            self._compare(trial, scored.inputs[:COMPARED_ROWS])

    def _compare(self, trial: Trial, inputs: Inputs) -> None:
        """Compare what both say to the same rows."""
        if trial.coming.features != self.current.features:
            return
        try:
            new = trial.coming.score(inputs)
        except Exception:  # whatever it is, a request to it would have failed
            self._note_failure(trial)
            return
        trial.distances.append(measure_distance(new.energy, self.current.package.score(inputs)))

    def _note_failure(self, trial: Trial) -> None:
        trial.new.failures += 1
        self.judge(trial)

    def start(self, trial: Trial) -> None:
        """Let a version in that passed its replay, by the stages of the policy."""
        coming = trial.coming
        self._tell(LOADED, coming, self.current.version, 0.0, describe(trial))
        trial.since = time.monotonic()
        self._trial = trial
        self._tell(SHIFTED, coming, self.current.version, trial.share, "")

    def tick(self) -> None:
        """Go on with a swap whose stage is over; called again and again."""
        trial = self._trial
        if trial is None or self.judge(trial):
            return
        if time.monotonic() - trial.since < trial.stages[trial.place][1]:
            return
        if trial.place + 1 < len(trial.stages):
            trial.place += 1
            trial.since = time.monotonic()
            self._tell(SHIFTED, trial.coming, self.current.version, trial.share, describe(trial))
            return
        former = self.current.version
        self.current, self._trial = trial.coming, None
        self._tell(LIVE, trial.coming, former, 1.0, describe(trial))

    def judge(self, trial: Trial) -> bool:
        """Send every request back where the new version does not hold; say whether it did."""
        reason = find_fault(trial, self._settings)
        if not reason or self._trial is not trial:
            return bool(reason)
        self.withdraw(reason)
        return True

    def withdraw(self, reason: str) -> None:
        """Send every request back to the version in use."""
        trial, self._trial = self._trial, None
        if trial is not None:
            self._tell(BACK, trial.coming, self.current.version, 0.0, reason)


def replay(coming: Loaded, current: Loaded, rows: Inputs, settings: SwapSettings) -> Trial:
    """Let both versions answer rows (rows, features) that were asked before, one by one, before anybody waits for it.

    Where the features differ, only the new version is asked, and its time is compared with nothing.
    """
    trial = Trial(coming, build_stages(settings))
    is_alike = coming.features == current.features
    for number, row in enumerate(rows):
        time.sleep(PAUSE_S)
        # Who comes second finds all of it in the processor's caches, so they take turns.
        old = current.attempt(row[None]) if is_alike and number % 2 else None
        try:
            new = coming.score(row[None])
        except Exception:
            trial.new.failures += 1
            continue
        trial.new.answers += 1
        trial.new.times.append(new.seconds)
        if is_alike:
            old = old or current.attempt(row[None])
            trial.old.times.append(old.seconds)
            trial.distances.append(measure_distance(new.energy, old.energy))
    return trial


def measure_distance(new: np.ndarray, old: np.ndarray) -> float:
    """Measure how far best, typical and high of two answers (rows, 5) are apart, as a share of the old ones."""
    apart = np.abs(new[:, :3] - old[:, :3]) / np.abs(old[:, :3])
    known = apart[np.isfinite(apart)]
    return float(known.mean()) if len(known) else 0.0


def find_fault(trial: Trial, settings: SwapSettings) -> str:
    """Find what is against a new version so far; empty where nothing is."""
    if trial.new.failures and trial.new.error_frac > settings.max_error_frac:
        return (
            f"{trial.new.failures} of {trial.new.answers + trial.new.failures} answers failed, allowed is "
            f"{settings.max_error_frac:.1%}"
        )
    ratio = trial.new.median_s / trial.old.median_s
    if ratio > settings.max_slower_ratio:
        return f"it takes {ratio:.1f} times as long as the one in use, allowed is {settings.max_slower_ratio:g}"
    distance = float(np.mean(trial.distances)) if trial.distances else 0.0
    if distance > settings.max_distance_frac:
        return f"it is {distance:.1%} away from the one in use, allowed is {settings.max_distance_frac:.1%}"
    return ""


def describe(trial: Trial) -> str:
    """Describe what was seen of a new version."""
    distance = float(np.mean(trial.distances)) if trial.distances else 0.0
    return (
        f"{trial.new.answers:,} answers, {trial.new.failures} failed; median {1000 * trial.new.median_s:.2f} ms, "
        f"{1000 * trial.old.median_s:.2f} ms of the one in use; {distance:.2%} apart"
    )

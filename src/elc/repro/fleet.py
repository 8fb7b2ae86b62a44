"""The workers of a Dask scheduler: each stage is a task, and the scheduler of Dask says where it runs."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from elc.errors import ElcError, build_error
from elc.paths import Project
from elc.repro.task import Failed, Made, Refused, SchedulerLostError, Task
from elc.repro.worker import run_task
from elc.settings import FleetSettings, read_yaml
from elc.settings.faults import read_faults

if TYPE_CHECKING:
    from distributed import Client
    from distributed import Future as DaskFuture

CONNECT_S = 15.0  # to reach the scheduler
JOBS = 256  # stages that the scheduler is given at a time; it says how many run
DEATHS = 3  # times that Dask may give a stage up, each after several workers died while they had it
_LOOK_S = 5.0  # between looks at what workers there are, while a stage waits


class Fleet:
    """The workers of one scheduler. `run` is for several threads at once."""

    def __init__(self, client: Client, address: str, settings: FleetSettings, say: Callable[[str], object]) -> None:
        self._client = client
        self._address = address
        self.settings = settings
        self._say = say
        self._said: set[str] = set()
        self._order = itertools.count()

    def run(self, task: Task) -> Made | Failed:
        """Run a task on a worker that can, to its end.

        Raises:
            ElcError: no worker can run it.
            SchedulerLostError: the scheduler is gone.
        """
        refusals: dict[str, str] = {}
        deaths = 0
        while True:
            outcome = self._wait(self._submit(task, refusals), task)
            if outcome is None:
                deaths += 1
                if deaths == DEATHS:
                    raise ElcError(
                        "the workers that ran it died, again and again. See their logs; where they run out of memory, "
                        f"set fleet.stages.{find_group(task.stage)}.memory_gib in params.yaml, and start workers that "
                        "offer it."
                    )
            elif isinstance(outcome, Refused):
                refusals[outcome.worker] = outcome.sentence
                self._say_once(outcome.sentence)
            else:
                return outcome

    def _submit(self, task: Task, refusals: Mapping[str, str]) -> DaskFuture[Any]:
        with self._report_loss():
            others = [worker for worker in self._client.nthreads() if worker not in refusals]
            if refusals and not others:
                raise ElcError(f"no worker can run it. The last said: {list(refusals.values())[-1]}")
            number = next(self._order)
            return self._client.submit(
                run_task,
                task,
                key=f"{task.stage}-{self._client.id}-{number}",
                workers=others if refusals else None,
                resources=self._list_resources(task.stage) or None,
                priority=-number,
                pure=False,
            )

    def _wait(self, future: DaskFuture[Any], task: Task) -> Made | Failed | Refused | None:
        """Wait for a task to end; None where Dask gave it up because workers died."""
        from distributed.scheduler import KilledWorker

        since = time.monotonic()
        with self._report_loss():
            while True:
                try:
                    outcome: Made | Failed | Refused = future.result(timeout=_LOOK_S)
                    return outcome
                except KilledWorker:
                    return None
                except TimeoutError:
                    since = self._check_workers(task.stage, since)

    def _check_workers(self, stage: str, since: float) -> float:
        """Check that some worker can run a stage; say so where none can, and give up after a while."""
        needs = self._list_resources(stage)
        offers = [worker["resources"] for worker in self._client.scheduler_info(n_workers=-1)["workers"].values()]
        if any(all(offer.get(name, 0) >= need for name, need in needs.items()) for offer in offers):
            return time.monotonic()
        asked = " ".join(f"{name}={need:g}" for name, need in needs.items())
        what = f"no worker offers {asked}, as fleet.stages asks" if offers and asked else "there is no worker"
        todo = f"Start one{' with --resources ' + repr(asked) if asked else ''}; docs/fleet.md says how."
        if time.monotonic() - since > self.settings.wait_s:
            raise ElcError(f"{what} at the scheduler {self._address}, for {self.settings.wait_s:.0f} s now. {todo}")
        self._say_once(f"Stage '{find_group(stage)}' waits: {what} at the scheduler {self._address}. {todo}")
        return since

    def _list_resources(self, stage: str) -> dict[str, float]:
        needs = self.settings.stages.get(find_group(stage))
        return needs.model_dump(exclude_none=True) if needs else {}

    def _say_once(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._say(sentence)

    @contextlib.contextmanager
    def _report_loss(self) -> Iterator[None]:
        """Tell a scheduler that is gone from a worker that could not even read its task."""
        try:
            yield
        except ElcError:
            raise
        except (Exception, asyncio.CancelledError) as error:
            is_lost = isinstance(error, futures.CancelledError | asyncio.CancelledError | OSError)
            if is_lost or self._client.status != "running":
                raise SchedulerLostError(
                    f"the scheduler {self._address} is gone ({type(error).__name__}). dvc.lock has what had ended. "
                    "Start the scheduler and its workers, and run the same command again: it goes on where it was."
                ) from None
            raise ElcError(
                f"a worker could not run it: {type(error).__name__}: {error}. Start workers in an environment with the "
                "packages of requirements.lock and of the extra fleet."
            ) from None

    def stop(self) -> None:
        """Let go of all tasks: those that wait are forgotten, those that run end without a record."""
        self._client.close(timeout=CONNECT_S)


def read_fleet(project: Project) -> FleetSettings:
    """Read the section fleet of params.yaml, and no other: the pipeline may be another project's.

    Raises:
        ElcError: keys are unknown or of the wrong kind (all are named).
    """
    section = (read_yaml(project.params) or {}).get("fleet", {})
    try:
        return FleetSettings.model_validate(section)
    except ValidationError as error:
        raise build_error("params.yaml", [f"fleet.{fault}" for fault in read_faults(error, FleetSettings)]) from None


@contextlib.contextmanager
def open_fleet(address: str, settings: FleetSettings, say: Callable[[str], object]) -> Iterator[Fleet]:
    """Connect to a scheduler; how, and with which certificates, is Dask's own configuration.

    Raises:
        ElcError: it cannot be reached.
    """
    from distributed import Client

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # sentences say what is wrong
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, RuntimeError, TypeError) as error:
        said = " ".join(str(error).split())
        raise ElcError(
            f"repro: the scheduler {address} cannot be reached: {said}. Expected a Dask scheduler that runs there: "
            "start one with dask scheduler, or correct the address; docs/fleet.md says how."
        ) from None
    try:
        yield Fleet(client, address, settings, say)
    finally:
        client.close(timeout=CONNECT_S)


def find_group(stage: str) -> str:
    """Find the name that params.yaml gives a stage: without its plant."""
    return stage.split("@")[0]

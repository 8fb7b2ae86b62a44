"""The application: routes over a fleet of versions, and the work that goes on beside the requests."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import gc
import logging
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from types import FrameType
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from elc.paths import Project
from elc.service import capture as captures
from elc.service.api import Requests, Shortcut, build_routes
from elc.service.capture import Capture
from elc.service.measures import Measures
from elc.service.problems import ProblemError, answer_problem
from elc.service.versions import Fleet, SwapLog
from elc.service.versions.history import find_path
from elc.settings import Settings
from elc.watchdog import BEAT_S, end_if_hung, give_sign

LOG = logging.getLogger("elc.service")
TICK_S = 0.1


def build_fleet(project: Project, settings: Settings, *, environment: str) -> Fleet:
    """Build the fleet of an environment, nothing loaded yet."""

    def find_rows(plant: str, columns: tuple[str, ...]) -> captures.Rows:
        return captures.read_rows(project, plant, columns, count=settings.serve.swap.replay_rows)

    return Fleet(
        project, environment=environment, settings=settings, history=SwapLog(find_path(project)), find_rows=find_rows
    )


def build_app(project: Project, settings: Settings, *, environment: str, others: Sequence[BaseRoute]) -> Starlette:
    """Build the application, without its guard; versions are loaded when it starts.

    Args:
        project: whose versions are served.
        settings: of the project.
        environment: whose versions; an empty one serves the candidates.
        others: routes besides the interface's: the operator page.
    """
    measures = Measures()
    fleet = build_fleet(project, settings, environment=environment)
    fleet.events.tell_fault = partial(measures.count_fault, "swaps")
    capture = Capture(project, settings.serve.capture, measures)

    @asynccontextmanager
    async def live(app: Starlette) -> AsyncIterator[None]:
        app.state.closing = closing = asyncio.Event()
        _close_on_signal(closing)
        beat = asyncio.create_task(_beat(is_one_of_several=settings.serve.workers > 1))
        start = asyncio.create_task(_start(fleet, measures))
        if settings.serve.workers > 1:  # another one answers meanwhile, so none is refused here
            await start
        work = [
            beat,
            start,
            asyncio.create_task(_watch(fleet, measures, settings.serve.watch_s, start)),
            asyncio.create_task(_repeat(TICK_S, _tick(fleet))),
            asyncio.create_task(_repeat(settings.serve.capture.flush_s, lambda: asyncio.to_thread(capture.flush))),
        ]
        try:
            yield
        finally:
            for task in work:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*work, return_exceptions=True)
            await asyncio.to_thread(capture.close)
            await asyncio.to_thread(fleet.close)

    requests = Requests(fleet, settings, capture, measures)
    app = Starlette(
        routes=[*build_routes(fleet, settings, requests, measures), *others],
        middleware=[Middleware(Shortcut, requests)],
        lifespan=live,
        exception_handlers={ProblemError: answer_problem},
    )
    app.state.fleet, app.state.measures = fleet, measures
    return app


def _close_on_signal(closing: asyncio.Event) -> None:
    """Let streams of events end when the process is told to stop: the server waits for them before it says so."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        former = signal.getsignal(number)

        def close(sent: int, frame: FrameType | None, former: Any = former) -> None:
            closing.set()
            if callable(former):
                former(sent, frame)

        signal.signal(number, close)


def _tick(fleet: Fleet) -> Callable[[], Awaitable[None]]:
    async def tick() -> None:
        fleet.tick()

    return tick


async def _beat(*, is_one_of_several: bool) -> None:
    """Give a sign of life for as long as the event loop turns; one of several workers ends where it turns no more."""
    try:
        while True:
            give_sign()
            if is_one_of_several:
                end_if_hung()
            await asyncio.sleep(BEAT_S)
    finally:
        if is_one_of_several:
            faulthandler.cancel_dump_traceback_later()


async def _start(fleet: Fleet, measures: Measures) -> None:
    """Load all plants; a single worker already says meanwhile that it is alive."""
    try:
        await asyncio.to_thread(fleet.start)
    except Exception:
        LOG.exception("the plants could not be loaded")
        raise
    gc.collect()
    gc.freeze()  # what stays for good is not looked through again: that stops every request for a tenth of a second
    measures.set_ready(len(fleet.lanes))


async def _watch(fleet: Fleet, measures: Measures, watch_s: float, start: asyncio.Task[None]) -> None:
    """Look for other versions, once all plants are loaded."""
    await start

    async def look() -> None:
        await asyncio.to_thread(fleet.look)
        measures.set_ready(len(fleet.lanes))

    await _repeat(watch_s, look)


async def _repeat(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Do something again and again; a failure is logged, and tried again."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Exception:
            LOG.exception("background work failed")

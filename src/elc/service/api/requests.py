"""Requests for predictions and gaps: read, answered by one version of the plant, counted, and kept for monitoring."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio.to_thread
import orjson
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from elc.fields import ENERGY
from elc.service.api import arrow
from elc.service.api.gap import MAX_ROWS, build_gap
from elc.service.api.predict import ask, build_prediction, build_table, describe
from elc.service.capture import Capture
from elc.service.clients import check_plant
from elc.service.measures import Measures
from elc.service.problems import ProblemError, build_problem
from elc.service.rows import AskedRows, parse_json
from elc.service.versions import Fleet, Lane, Loaded, Scored, ScoreError
from elc.settings import Settings

JSON = "application/json"
PREDICT, GAP = "predict", "gap"
KINDS = (PREDICT, GAP)
PATH = re.compile(rf"/plants/([^/]+)/({'|'.join(KINDS)})")
INLINE_BYTES = 20_000  # ASSUME: of a body that is answered without a thread: some 100 rows
LARGE_AT_ONCE = 2  # ASSUME: requests with a thread of their own; more only wait for the processor
MOST_HELD = 64 * 1024 * 1024  # bytes of bodies that are being read
NO_ROOM = "Too many large requests at once. Wait as long as Retry-After says."
SILENT = "The model gave no number for this row. The fault is being handled; try again later."
NOT_READY = "This plant has no version that can be used now. See /readyz and elc swaps."
Answer = tuple[tuple[bytes, AskedRows, Loaded], Scored]


class Requests:
    """An ASGI application for `POST /plants/{plant}/predict` and `/gap`: each is answered by one version."""

    def __init__(self, fleet: Fleet, settings: Settings, capture: Capture, measures: Measures) -> None:
        self._fleet, self._capture, self._measures = fleet, capture, measures
        self._large, self._held = asyncio.Semaphore(LARGE_AT_ONCE), 0
        self._limits = {PREDICT: settings.serve.limits.max_rows, GAP: MAX_ROWS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            content, media_type = await self._answer(scope, receive)
        except ProblemError as error:
            await build_problem(error)(scope, receive, send)
            return
        headers = [(b"content-length", b"%d" % len(content)), (b"content-type", media_type.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[bytes, str]:
        found = PATH.fullmatch(scope["path"])
        assert found is not None
        plant, kind = found.groups()
        lane = find_lane(self._fleet, HTTPConnection(scope), plant)
        media_type = _read_media_type(scope)
        body = await self._read_body(receive)
        start = time.perf_counter()
        try:
            answer = self._choose(kind, media_type, body)
            content, asked, loaded = await lane.answer(answer)
        except ScoreError:
            self._measures.count(plant, kind, "failed")
            raise ProblemError(500, SILENT) from None
        except ProblemError:
            self._measures.count(plant, kind, "refused")
            raise
        self._measures.count(plant, kind, "answered", version=loaded.version, seconds=time.perf_counter() - start)
        self._capture.offer(loaded, kind, asked)
        return content, media_type

    def _choose(self, kind: str, media_type: str, body: bytes) -> Callable[[Loaded], Awaitable[Answer]]:
        """Choose how a version answers: a few rows at once with those of others, many in a thread."""
        if kind == PREDICT and media_type == JSON and len(body) <= INLINE_BYTES:
            return partial(self._predict, parse_json(body, max_rows=self._limits[kind]))
        if kind == PREDICT:
            return partial(self._answer_in_thread, partial(self._predict_many, media_type, body))
        if media_type == arrow.MEDIA_TYPE:
            raise ProblemError(415, "A gap request must be JSON. Send application/json.")
        return partial(self._answer_in_thread, partial(self._judge, body))

    async def _answer_in_thread(self, answer: Callable[[Loaded], Answer], loaded: Loaded) -> Answer:
        """Answer a large request, a few at a time: each takes many times the room of its body."""
        async with self._large:
            return await anyio.to_thread.run_sync(answer, loaded)

    async def _read_body(self, receive: Receive) -> bytes:
        """Read a whole body; the guard bounds its length and its time.

        Raises:
            ProblemError: 503, so many bodies are under way that there is no room for another part.
        """
        parts, size = [], 0
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                self._held += len(parts[-1])
                if self._held > MOST_HELD:
                    raise ProblemError(503, NO_ROOM, headers={"Retry-After": "2"})
                if not message.get("more_body", False):
                    return b"".join(parts)
        finally:
            self._held -= size

    async def _predict(self, content: Any, loaded: Loaded) -> Answer:
        asked = self._ask(content, loaded)
        scored = await loaded.batch.score(asked.pick(loaded.features))
        return (orjson.dumps(build_prediction(loaded, asked, scored)), asked, loaded), scored

    def _predict_many(self, media_type: str, body: bytes, loaded: Loaded) -> Answer:
        is_arrow = media_type == arrow.MEDIA_TYPE
        most = self._limits[PREDICT]
        known = (*loaded.features, *loaded.setpoints)
        content = arrow.parse_arrow(body, known=known, max_rows=most) if is_arrow else parse_json(body, max_rows=most)
        asked = self._ask(content, loaded)
        scored = loaded.score(asked.pick(loaded.features))
        if is_arrow:
            written = arrow.write_arrow(build_table(loaded, asked, scored), describe(loaded))
        else:
            written = orjson.dumps(build_prediction(loaded, asked, scored))
        return (written, asked, loaded), scored

    def _judge(self, body: bytes, loaded: Loaded) -> Answer:
        needed = (*loaded.features, *loaded.setpoints, ENERGY)
        most = self._limits[GAP]
        asked = ask(loaded, parse_json(body, max_rows=most), needed=needed, optional=(), max_rows=most)
        scored = loaded.score(asked.pick(loaded.features))
        return (orjson.dumps(build_gap(loaded, asked)), asked, loaded), scored

    def _ask(self, content: Any, loaded: Loaded) -> AskedRows:
        max_rows = self._limits[PREDICT]
        return ask(loaded, content, needed=loaded.features, optional=loaded.setpoints, max_rows=max_rows)


class Shortcut:
    """A middleware that hands such requests over: routing and request objects take a tenth of their time."""

    def __init__(self, app: ASGIApp, requests: Requests) -> None:
        self._app, self._requests = app, requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_asked = scope["type"] == "http" and scope["method"] == "POST" and PATH.fullmatch(scope["path"])
        await (self._requests if is_asked else self._app)(scope, receive, send)


def find_lane(fleet: Fleet, connection: HTTPConnection, plant: str) -> Lane:
    """Find the versions of a plant that a client may see.

    Raises:
        ProblemError: 404 for any other plant, 503 where no version can be used.
    """
    check_plant(connection, plant, fleet.plants)
    lane = fleet.lanes.get(plant)
    if lane is None:
        raise ProblemError(503, NOT_READY, headers={"Retry-After": "10"})
    return lane


def _read_media_type(scope: Scope) -> str:
    """Read which type was sent; it is answered in the same.

    Raises:
        ProblemError: 415 for any but the two.
    """
    sent = next((value for name, value in scope["headers"] if name == b"content-type"), JSON.encode())
    kind = sent.decode("latin-1").partition(";")[0].strip().lower()
    if kind not in (JSON, arrow.MEDIA_TYPE):
        raise ProblemError(415, f"The body may be {JSON} or {arrow.MEDIA_TYPE}.")
    return str(kind)

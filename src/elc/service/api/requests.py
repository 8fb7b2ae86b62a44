"""Requests for predictions and gaps: read, answered by one version of the plant, counted, and kept for monitoring."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio.to_thread
import orjson
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from elc.fields import ENERGY
from elc.service.api import forms
from elc.service.api.address import GAP, PREDICT, find_asked, is_asked
from elc.service.api.gap import MAX_ROWS, build_gap
from elc.service.api.media import ARROW, CSV, Exchanged, read_forms
from elc.service.api.packed import unpack
from elc.service.api.predict import ask
from elc.service.capture import Capture
from elc.service.clients import check_plant
from elc.service.measures import Measures
from elc.service.problems import ProblemError, build_problem
from elc.service.rows import AskedRows, parse_json
from elc.service.versions import Fleet, Lane, Loaded, Scored, ScoreError
from elc.settings import Settings

INLINE_BYTES = 20_000  # ASSUME: of a body that is answered without a thread: some 100 rows
INLINE_PACKED_BYTES = 2_000  # of a body that is unpacked without a thread: gzip makes at most 2 MB of it
LARGE_AT_ONCE = 2  # ASSUME: requests with a thread of their own; more only wait for the processor
MOST_HELD = 64 * 1024 * 1024  # bytes of bodies that are being read
NO_ROOM = "Too many large requests at once. Wait as long as Retry-After says."
SILENT = "The model gave no number for this row. The fault is being handled; try again later."
NOT_READY = "This plant has no version that can be used now. See /readyz and elc swaps."
VERSION = b"x-elc-version"  # of CSV, which has no place for it
Answer = tuple[tuple[bytes, AskedRows, Loaded], Scored]


@dataclass(frozen=True, slots=True)
class Given:
    """A request that was read. `shown` is the version whose card clients see."""

    forms: Exchanged
    body: bytes
    shown: Loaded


class Requests:
    """An ASGI application for `POST /plants/{plant}/predict` and `/gap`, and `/invocations`, which asks for the former:
    each is answered by one version."""

    def __init__(self, fleet: Fleet, settings: Settings, capture: Capture, measures: Measures) -> None:
        self._fleet, self._capture, self._measures = fleet, capture, measures
        self._large, self._held = asyncio.Semaphore(LARGE_AT_ONCE), 0
        self._limits = {PREDICT: settings.serve.limits.max_rows, GAP: MAX_ROWS}
        self._most_bytes = int(settings.serve.limits.max_body_mib * 2**20)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            content, headers = await self._answer(scope, receive)
        except ProblemError as error:
            await build_problem(error)(scope, receive, send)
            return
        headers.append((b"content-length", b"%d" % len(content)))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        plant, kind = find_asked(scope, self._fleet.plants)
        lane = find_lane(self._fleet, HTTPConnection(scope), plant)
        known = read_forms(scope, forms.FORMS[kind])
        body = await self._read_body(receive)
        start = time.perf_counter()
        try:
            if known.is_packed:
                body = await self._unpack(body)
            answer = self._choose(kind, Given(known, body, lane.current))
            content, asked, loaded = await lane.answer(answer)
        except ScoreError:
            self._measures.count(plant, kind, "failed")
            raise ProblemError(500, SILENT) from None
        except ProblemError:
            self._measures.count(plant, kind, "refused")
            raise
        self._measures.count(plant, kind, "answered", version=loaded.version, seconds=time.perf_counter() - start)
        self._capture.offer(loaded, kind, asked)
        headers = [(b"content-type", known.wanted.content_type.encode())]
        if known.wanted.media_type == CSV:
            headers.append((VERSION, loaded.version.encode()))
        return content, headers

    def _choose(self, kind: str, given: Given) -> Callable[[Loaded], Awaitable[Answer]]:
        """Choose how a version answers: a few rows at once with those of others, many in a thread."""
        if kind == GAP:
            return partial(self._answer_in_thread, partial(self._judge, given.body))
        if given.forms.sent.media_type != ARROW and len(given.body) <= INLINE_BYTES:
            return partial(self._predict, given, self._parse(given, given.shown))
        return partial(self._answer_in_thread, partial(self._predict_many, given))

    async def _answer_in_thread(self, answer: Callable[[Loaded], Answer], loaded: Loaded) -> Answer:
        """Answer a large request, a few at a time: each takes many times the room of its body."""
        async with self._large:
            return await anyio.to_thread.run_sync(answer, loaded)

    async def _unpack(self, body: bytes) -> bytes:
        """Unpack a body: a short one at once, others as large requests are answered.

        Raises:
            ProblemError: 400 or 413, it is not as it should be.
        """
        work = partial(unpack, body, most=self._most_bytes)
        if len(body) <= INLINE_PACKED_BYTES:
            return work()
        async with self._large:
            return await anyio.to_thread.run_sync(work)

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

    def _parse(self, given: Given, answering: Loaded) -> forms.Question:
        most = self._limits[PREDICT]
        return forms.parse(given.forms.sent, given.body, shown=given.shown, answering=answering, max_rows=most)

    async def _predict(self, given: Given, question: forms.Question, loaded: Loaded) -> Answer:
        asked = self._ask(question.content, loaded)
        scored = await loaded.batch.score(asked.pick(loaded.features))
        return (forms.write(given.forms.wanted, question, loaded, asked, scored), asked, loaded), scored

    def _predict_many(self, given: Given, loaded: Loaded) -> Answer:
        question = self._parse(given, loaded)
        asked = self._ask(question.content, loaded)
        scored = loaded.score(asked.pick(loaded.features))
        return (forms.write(given.forms.wanted, question, loaded, asked, scored), asked, loaded), scored

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
        await (self._requests if is_asked(scope) else self._app)(scope, receive, send)


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

"""The routes of the interface, and what each of them needs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import anyio.to_thread
import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from elc.fields import ENERGY
from elc.service.api import arrow
from elc.service.api.card import build_card, build_plants
from elc.service.api.document import build_document
from elc.service.api.gap import MAX_ROWS, build_gap
from elc.service.api.predict import ask, build_prediction, describe, predict
from elc.service.capture import Capture
from elc.service.clients import check_plant, read_client
from elc.service.measures import Measures
from elc.service.problems import ProblemError
from elc.service.rows import Asked, parse_json
from elc.service.versions import Fleet, Lane, Loaded, ScoreError
from elc.service.versions.loaded import Inputs
from elc.settings import Settings

JSON = "application/json"
INLINE_BYTES = 20_000  # of a body that is answered without a thread: some 100 rows
SILENT = "The model gave no number for this row. It is looked into; ask again later."
NOT_READY = "This plant has no version that can be used now. /readyz says more, and elc swaps."
Answer = tuple[bytes, Loaded, Asked]


class Api:
    """The interface over a fleet: each request is answered by one version, and may be kept for monitoring."""

    def __init__(self, fleet: Fleet, settings: Settings, capture: Capture, measures: Measures) -> None:
        self._fleet, self._settings = fleet, settings
        self._capture, self._measures = capture, measures
        self._names = {plant: settings.plants[plant].name for plant in fleet.plants}
        self._max_rows = settings.serve.limits.max_rows

    def build_routes(self) -> list[Route]:
        """Build the routes."""
        return [
            Route("/plants/{plant}/predict", self.predict, methods=["POST"]),
            Route("/plants/{plant}/gap", self.gap, methods=["POST"]),
            Route("/plants/{plant}/card", self.card),
            Route("/plants", self.plants),
            Route("/healthz", self.health),
            Route("/readyz", self.ready),
            Route("/metrics", self.metrics),
            Route("/openapi.json", self.document),
        ]

    async def plants(self, request: Request) -> Response:
        """List the plants that the client may see."""
        client = read_client(request)
        return _write(build_plants(self._fleet, self._names, client.may_see))

    async def card(self, request: Request) -> Response:
        """Describe the version in use."""
        lane = self._find_lane(request)
        return _write(build_card(lane.current, self._names[lane.current.plant]))

    async def predict(self, request: Request) -> Response:
        """Predict rows, as JSON or Arrow, whichever was sent."""

        def answer(loaded: Loaded, content: Any, is_arrow: bool) -> tuple[bytes, Inputs, Asked]:
            asked = ask(loaded, content, needed=loaded.features, optional=loaded.setpoints, max_rows=self._max_rows)
            if is_arrow:
                table, inputs = predict(loaded, asked)
                return arrow.write_arrow(table, describe(loaded)), inputs, asked
            built, inputs = build_prediction(loaded, asked)
            return orjson.dumps(built), inputs, asked

        return await self._answer(request, "predict", answer, max_rows=self._max_rows)

    async def gap(self, request: Request) -> Response:
        """Judge rows with their actual energy, as JSON."""

        def answer(loaded: Loaded, content: Any, is_arrow: bool) -> tuple[bytes, Inputs, Asked]:
            if is_arrow:
                raise ProblemError(415, "A gap is asked for as JSON. Send application/json.")
            needed = (*loaded.features, *loaded.setpoints, ENERGY)
            asked = ask(loaded, content, needed=needed, optional=(), max_rows=MAX_ROWS)
            built, inputs = build_gap(loaded, asked)
            return orjson.dumps(built), inputs, asked

        return await self._answer(request, "gap", answer, max_rows=MAX_ROWS)

    async def _answer(
        self,
        request: Request,
        what: str,
        answer: Callable[[Loaded, Any, bool], tuple[bytes, Inputs, Asked]],
        *,
        max_rows: int,
    ) -> Response:
        lane = self._find_lane(request)
        is_arrow = _is_arrow(request)
        body = await request.body()
        start = time.perf_counter()

        def work() -> Answer:
            content = arrow.parse_arrow(body, max_rows=max_rows) if is_arrow else parse_json(body)

            def attempt(loaded: Loaded) -> tuple[Answer, Inputs]:
                written, inputs, asked = answer(loaded, content, is_arrow)
                return (written, loaded, asked), inputs

            return lane.answer(attempt)

        plant = request.path_params["plant"]
        try:
            is_quick = what == "predict" and len(body) <= INLINE_BYTES
            written, loaded, asked = work() if is_quick else await anyio.to_thread.run_sync(work)
        except ScoreError:
            self._measures.count(plant, what, "failed")
            raise ProblemError(500, SILENT) from None
        except ProblemError:
            self._measures.count(plant, what, "refused")
            raise
        self._measures.count(plant, what, "answered", version=loaded.version, seconds=time.perf_counter() - start)
        self._capture.offer(loaded, what, asked)
        return Response(written, media_type=arrow.MEDIA_TYPE if is_arrow else JSON)

    def _find_lane(self, request: Request) -> Lane:
        plant = request.path_params["plant"]
        check_plant(request, plant, self._names)
        lane = self._fleet.lanes.get(plant)
        if lane is None:
            raise ProblemError(503, NOT_READY, headers={"Retry-After": "10"})
        return lane

    async def health(self, _: Request) -> Response:
        """Say that the process is alive."""
        return _write({"status": "alive"})

    async def ready(self, _: Request) -> Response:
        """Say whether every plant has answered a warm prediction."""
        is_ready = self._fleet.is_ready
        content = {"status": "ready" if is_ready else "not ready", "plants": len(self._fleet.lanes)}
        return Response(orjson.dumps(content), 200 if is_ready else 503, media_type=JSON)

    async def metrics(self, _: Request) -> Response:
        """Give the counts as Prometheus reads them."""
        return Response(self._measures.render(), media_type=self._measures.media_type)

    async def document(self, _: Request) -> Response:
        """Give the OpenAPI document."""
        first = next(iter(self._fleet.lanes.values()), None)
        return _write(build_document(first.current if first else None, self._settings.serve.limits))


def build_routes(fleet: Fleet, settings: Settings, capture: Capture, measures: Measures) -> list[Route]:
    """Build the routes of the interface over a fleet."""
    return Api(fleet, settings, capture, measures).build_routes()


def _is_arrow(request: Request) -> bool:
    """Tell JSON from Arrow by the type that was sent.

    Raises:
        ProblemError: 415 for any other.
    """
    kind = request.headers.get("content-type", JSON).split(";")[0].strip().lower()
    if kind == arrow.MEDIA_TYPE:
        return True
    if kind == JSON:
        return False
    raise ProblemError(415, f"The body may be {JSON} or {arrow.MEDIA_TYPE}.")


def _write(content: object) -> Response:
    return Response(orjson.dumps(content), media_type=JSON)

"""The routes of the interface, and what each of them needs."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from elc.service.api.address import INVOCATIONS, KINDS
from elc.service.api.card import build_card, build_plants
from elc.service.api.document import build_document
from elc.service.api.media import JSON
from elc.service.api.requests import Requests, find_lane
from elc.service.clients import read_client
from elc.service.measures import Measures
from elc.service.problems import ProblemError
from elc.service.versions import Fleet
from elc.settings import Settings

LOADING = "The plants are being loaded: {count} of {plants} so far. Try again in a few seconds."
NONE_USABLE = (
    "No plant has a version that can be used: {count} of {plants} were loaded. See elc swaps and the log of the "
    "service."
)


class Api:
    """What the interface says of its plants and of itself."""

    def __init__(self, fleet: Fleet, settings: Settings, measures: Measures) -> None:
        self._fleet, self._settings, self._measures = fleet, settings, measures
        self._names = {plant: settings.plants[plant].name for plant in fleet.plants}

    def build_routes(self) -> list[Route]:
        """Build the routes."""
        return [
            Route("/plants/{plant}/card", self.card),
            Route("/plants", self.plants),
            Route("/healthz", self.health),
            Route("/readyz", self.ready),
            Route("/ping", self.ready),  # its name where SageMaker or MLflow asks
            Route("/metrics", self.metrics),
            Route("/openapi.json", self.document),
        ]

    async def plants(self, request: Request) -> Response:
        """List the plants that the client may see."""
        client = read_client(request)
        return _write(build_plants(self._fleet, self._names, client.may_see))

    async def card(self, request: Request) -> Response:
        """Describe the version in use."""
        lane = find_lane(self._fleet, request, request.path_params["plant"])
        return _write(build_card(lane.current, self._names[lane.current.plant]))

    async def health(self, _: Request) -> Response:
        """Tell that the process is alive."""
        return _write({"status": "alive"})

    async def ready(self, _: Request) -> Response:
        """Tell whether every plant that has a version has answered a warm prediction, and how many plants that is."""
        count, plants = len(self._fleet.lanes), len(self._fleet.plants)
        if self._fleet.is_ready:
            return _write({"status": "ready", "plants": count, "expected": plants})
        state, detail = ("loading", LOADING) if self._fleet.is_loading else ("unusable", NONE_USABLE)
        raise ProblemError(
            503,
            detail.format(count=count, plants=plants),
            headers={"Retry-After": "5"},
            more={"state": state, "plants": count, "expected": plants},
        )

    async def metrics(self, _: Request) -> Response:
        """Give the counts as Prometheus reads them."""
        return Response(self._measures.render(), media_type=self._measures.media_type)

    async def document(self, request: Request) -> Response:
        """Give the OpenAPI document."""
        first = next(iter(self._fleet.lanes.values()), None)
        prefix = request.scope.get("root_path", "")
        return _write(build_document(first.current if first else None, self._settings.serve.limits, prefix=prefix))


def build_routes(fleet: Fleet, settings: Settings, requests: Requests, measures: Measures) -> list[Route]:
    """Build the routes of the interface over a fleet; `requests` answers predictions and gaps."""
    paths = [*(f"/plants/{{plant}}/{kind}" for kind in KINDS), INVOCATIONS]
    asked = [Route(path, requests, methods=["POST"]) for path in paths]
    return [*asked, *Api(fleet, settings, measures).build_routes()]


def _write(content: object) -> Response:
    return Response(orjson.dumps(content), media_type=JSON)

"""The page's own routes on a project folder, with a stand-in for the plants, their cards and predictions.

Energy = 1000 + 10 load + air, 20 for each % of flue O2 above 2 and 30 for each unit of steam to carbon above 2.9.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from elc.paths import Project
from elc.service.clients import CLIENT, LOCAL, Client
from elc.service.page import build_routes
from elc.service.problems import ProblemError, answer_problem
from elc.settings import read_settings
from tests.unit.service.page.present import AIR, CARBON, FLUE, LOAD, PLANT

POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
FEATURES = [(LOAD, "t/h", 40.0, 65.0), (AIR, "°C", -10.0, 25.0)]
SETPOINTS = [(FLUE, "%", 1.2, 5.0, 1.0, 6.0), (CARBON, "", 2.7, 3.6, 2.6, 3.7)]


class Front:
    """What the guard does: says who asks, and how strict the browser shall be; without a key nothing is told."""

    def __init__(self, app: Starlette, client: Client) -> None:
        self.app, self.client, self.is_open = app, client, True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_strictly(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"content-security-policy", POLICY.encode()))
            await send(message)

        if scope["type"] == "http" and not self._is_allowed(scope["path"]):
            await JSONResponse({"detail": "No key."}, 401)(scope, receive, send_strictly)
            return
        await self.app({**scope, CLIENT: self.client}, receive, send_strictly)

    def _is_allowed(self, path: str) -> bool:
        return self.is_open or path in ("/", "/words.json", "/session") or path.startswith("/static/")


def predict(row: dict[str, float]) -> dict[str, Any]:
    """Predict by the formula; beyond 62 t/h nothing is known."""
    best = 1000 + 10 * row[LOAD] + row[AIR]
    found = {
        "best_gj_per_h": best,
        "typical_gj_per_h": best + 14,
        "high_gj_per_h": best + 40,
        "best_low_gj_per_h": best - 3,
        "best_high_gj_per_h": best + 3,
        "is_outside_envelope": row[LOAD] > 62,
    }
    if FLUE in row and CARBON in row:
        found["expected_gj_per_h"] = best + 20 * (row[FLUE] - 2) + 30 * (row[CARBON] - 2.9)
    return found


async def _list_plants(_: Request) -> JSONResponse:
    plant = {"plant": PLANT, "name": "Fjord", "version": "v1.2.0", "is_ready": True}
    return JSONResponse({"environment": "prod", "plants": [plant, {**plant, "plant": "delta", "name": "Delta"}]})


async def _show_card(_: Request) -> JSONResponse:
    names = ("column", "unit", "low", "high", "limit_low", "limit_high")
    features = [dict(zip(names, row, strict=False)) for row in FEATURES]
    setpoints = [dict(zip(names, row, strict=True)) for row in SETPOINTS]
    return JSONResponse({"version": "v1.2.0", "throughput": LOAD, "features": features, "setpoints": setpoints})


async def _predict(request: Request) -> JSONResponse:
    rows = (await request.json())["rows"]
    return JSONResponse({"plant": PLANT, "version": "v1.2.0", "rows": [predict(row) for row in rows]})


def build_app(project: Project, *, client: Client = LOCAL) -> Front:
    """Build the application: `is_open` false asks for the key `right`."""

    async def session(request: Request) -> JSONResponse:
        if request.method == "POST" and (await request.json())["key"] == "right":
            front.is_open = True
        if not front.is_open:
            return JSONResponse({"detail": "No key."}, 401)
        return JSONResponse({"client": client.name, "rights": list(client.rights), "keys_needed": False})

    page = build_routes(project, plants=lambda: {PLANT, "delta"}, environment="prod", settings=read_settings(project))
    stand_in = [
        Route("/session", session, methods=["GET", "POST"]),
        Route("/plants", _list_plants),
        Route("/plants/{plant}/card", _show_card),
        Route("/plants/{plant}/predict", _predict, methods=["POST"]),
    ]
    app = Starlette(routes=[*stand_in, *page], exception_handlers={ProblemError: answer_problem})
    app.state.closing = asyncio.Event()
    front = Front(app, client)
    return front


class _Server(uvicorn.Server):
    """Ends the streams of events before it waits for requests under way, as elc serve does."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.app.state.closing.set()  # type: ignore[union-attr]
        await super().shutdown(sockets)


@contextmanager
def serve(app: Front, *, port: int = 0) -> Iterator[str]:
    """Serve an application in a thread on a port of this machine, a free one unless told; yields its address."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=3, lifespan="off", loop="asyncio")
        server = _Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)

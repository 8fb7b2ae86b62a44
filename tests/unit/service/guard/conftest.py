"""A small application behind the guard, on a project folder of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from elc.paths import Project
from elc.service import guard
from elc.service.clients import check_plant, read_client
from elc.service.problems import ProblemError, answer_problem
from elc.settings import ServeSettings, read_settings

ROOT = Path(__file__).resolve().parents[4]
LOG = logging.getLogger("elc.service.test")
HOST = "http://127.0.0.1:8010"


async def show(request: Request) -> Response:
    client = read_client(request)
    return JSONResponse({"client": client.name, "rights": client.rights})


async def show_plant(request: Request) -> Response:
    check_plant(request, request.path_params["plant"], ("fjord", "delta"))
    return JSONResponse({"plant": request.path_params["plant"]})


async def take(request: Request) -> Response:
    return JSONResponse({"bytes": len(await request.body())})


async def fail(_: Request) -> Response:
    raise RuntimeError("secret /srv/elc/models/fjord")


async def dawdle(_: Request) -> Response:
    await asyncio.sleep(5)
    return PlainTextResponse("late")


async def answer_slowly(_: Request) -> Response:
    await asyncio.sleep(0.2)
    return PlainTextResponse("event: now")


ROUTES = [
    Route("/", show),
    Route("/plants", show),
    Route("/metrics", show),
    Route("/plants/{plant}/card", show_plant),
    Route("/plants/{plant}/predict", take, methods=["POST"]),
    Route("/plants/{plant}/answers", take, methods=["POST"]),
    Route("/fail", fail),
    Route("/dawdle", dawdle, methods=["GET", "POST"]),
    Route("/events", answer_slowly),
    Route("/static/page.css", lambda _: PlainTextResponse("a{}", headers={"Cache-Control": "max-age=600"})),
    Route("/healthz", show),
]


class Browser:
    """Asks the application from the address `peer`, one request after the other, and keeps cookies."""

    def __init__(self, app: guard.Guard, url: str) -> None:
        self.cookies = httpx.Cookies()
        self.peer = "127.0.0.1"
        self._app, self._url = app, url

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._request(method, path, options))

    async def _request(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self._app, client=(self.peer, 5))
        async with httpx.AsyncClient(transport=transport, base_url=self._url, cookies=self.cookies) as client:
            response = await client.request(method, path, **options)
            self.cookies = client.cookies
        return response

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def delete(self, path: str) -> httpx.Response:
        return self.request("DELETE", path)


@dataclass
class Door:
    """The application as a client sees it, and what it stands on."""

    client: Browser
    guarded: guard.Guard
    access: guard.Access
    project: Project
    refused: list[int]

    def audit(self) -> str:
        path = guard.find_audit(self.project)
        return path.read_text() if path.exists() else ""


Open = Callable[..., Door]


def build_settings(*, limits: dict[str, Any] | None = None, **changes: Any) -> ServeSettings:
    serve = read_settings(Project(ROOT)).serve.model_dump()
    return ServeSettings.model_validate(serve | changes | {"limits": serve["limits"] | (limits or {})})


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in ("ELC_KEYS", "ELC_CERTIFICATE", "ELC_PRIVATE_KEY"):
        monkeypatch.delenv(name, raising=False)
    return Project(tmp_path)


@pytest.fixture
def add_key(project: Project) -> Callable[..., str]:
    def add(name: str = "dcs", *, plants: Sequence[str] = ("fjord",), rights: Sequence[str] = ("read",)) -> str:
        path = guard.find_keys(project)
        return guard.add_client(path, name, plants=plants, rights=rights, now=datetime.now(UTC))

    return add


@pytest.fixture
def open_door(project: Project) -> Open:
    def build(url: str = HOST, **changes: Any) -> Door:
        access = guard.open_access(project, build_settings(**changes), log=LOG)
        routes = [*ROUTES, *guard.build_routes(access)]
        app = Starlette(routes=routes, exception_handlers={ProblemError: answer_problem})
        refused: list[int] = []
        guarded = guard.Guard(app, access=access, log=LOG, count=refused.append)
        return Door(Browser(guarded, url), guarded, access, project, refused)

    return build

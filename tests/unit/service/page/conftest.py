"""A project whose present hour is known, and the page's routes on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from elc.paths import Project
from elc.service.clients import CLIENT, LOCAL, Client
from elc.service.page import build_routes
from elc.service.problems import ProblemError, answer_problem
from elc.settings import read_settings
from tests.unit.service.page.present import PLANT, make_project


def build_app(project: Project, *, client: Client = LOCAL) -> ASGIApp:
    """Build the page's routes without the guard; `client` asks."""
    page = build_routes(project, plants=lambda: {PLANT, "delta"}, environment="prod", settings=read_settings(project))
    app = Starlette(routes=page, exception_handlers={ProblemError: answer_problem})

    async def admit(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, CLIENT: client}, receive, send)

    return admit


class Asker:
    """Asks an application in this process, one request after the other."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def get(self, address: str) -> httpx.Response:
        return self._ask("GET", address)

    def post(self, address: str, **content: Any) -> httpx.Response:
        return self._ask("POST", address, **content)

    def _ask(self, method: str, address: str, **content: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, address, **content)

        return asyncio.run(ask())


OpenPage = Callable[..., Asker]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The project with one judged hour of fjord."""
    return make_project(tmp_path / "project")


@pytest.fixture
def open_page(project: Project) -> OpenPage:
    """Open the page's routes as a client that may do what it is told."""

    def open_as(client: Client = LOCAL) -> Asker:
        return Asker(build_app(project, client=client))

    return open_as

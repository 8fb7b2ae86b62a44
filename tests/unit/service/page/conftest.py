"""A project whose present hour is known, and the page's routes on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from elc.paths import Project
from elc.service.clients import LOCAL, Client
from tests.browser.operator_app import Front, build_app
from tests.unit.service.page.present import make_project


class Asker:
    """Asks an application in this process, one request after the other."""

    def __init__(self, app: Front) -> None:
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

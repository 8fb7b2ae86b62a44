"""A project of two plants with small packages, served in this process."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from elc.paths import Project
from elc.service.app import build_app
from elc.service.clients import CLIENT, LOCAL, Client
from elc.service.versions import fleet
from elc.service.versions.assigned import find_assigned
from elc.settings import Settings, read_settings
from tests.conftest import ROOT
from tests.unit.service.packages import write_package

Serve = Callable[..., TestClient]


@pytest.fixture
def place(tmp_path: Path) -> Project:
    """A project whose candidates are small packages; plant steppe has none."""
    project = Project(tmp_path / "place")
    project.root.mkdir()
    content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    content["serve"]["watch_s"] = 0.05
    content["serve"]["capture"] |= {"share_frac": 1.0, "flush_s": 0.05}
    content["serve"]["swap"] |= {"policy": "all_at_once", "bake_s": 0, "replay_rows": 300}
    project.params.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    (project.root / "dvc.yaml").write_text("stages: {}\n")
    for plant in ("fjord", "delta"):
        project.tags(plant).parent.mkdir(parents=True)
        shutil.copyfile(ROOT / "data" / "plants" / plant / "tags.csv", project.tags(plant))
        write_package(project.model(plant), plant=plant)
    return project


@pytest.fixture
def settings(place: Project) -> Settings:
    return read_settings(place)


@pytest.fixture
def serve(place: Project) -> Iterator[Serve]:
    """Serve the project without its guard; `client` says who asks."""
    opened: list[TestClient] = []

    def start(client: Client = LOCAL, **changes: Any) -> TestClient:
        settings = read_settings(place)
        swap = settings.serve.swap.model_copy(update=changes)
        changed = settings.model_copy(update={"serve": settings.serve.model_copy(update={"swap": swap})})
        app = build_app(place, changed, environment="", others=[])

        async def admit(scope: Scope, receive: Receive, send: Send) -> None:
            scope[CLIENT] = client
            await app(scope, receive, send)

        found = TestClient(admit, raise_server_exceptions=False)
        found.__enter__()
        opened.append(found)
        wait(lambda: found.get("/readyz").status_code == 200)
        return found

    yield start
    for one in opened:
        one.__exit__(None, None, None)


@pytest.fixture
def look_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look versions up in this process; another one imports for seconds before it does the same."""
    monkeypatch.setattr(fleet, "find_apart", find_assigned)


def wait(is_so: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something is so; a look at what changed takes seconds, and more on a busy machine."""
    import time

    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not become so in time"
        time.sleep(0.01)

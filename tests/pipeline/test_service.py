"""The service on real versions: swapped by tags, started again on the last good one, alive while workers are killed."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from elc.paths import Project
from tests.pipeline import served
from tests.pipeline.registry_project import edit_environments, elc, make_project, retrain
from tests.pipeline.served import Running, find_workers, wait

SWAP = {"policy": "canary", "canary_frac": 0.5, "bake_s": 0.2, "replay_rows": 200}


@pytest.fixture(scope="module")
def base(demo_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two versions of plant fjord, the first of them deployed in dev. Tests may read it, not change it."""
    project = make_project(tmp_path_factory.mktemp("base") / "site", demo_project)
    for plant in ("fjord", "delta", "steppe"):
        project.tags(plant).parent.mkdir(parents=True, exist_ok=True)
        project.tags(plant).write_bytes(demo_project.tags(plant).read_bytes())
    edit_environments(project, dev={"plants": ["fjord"], "tests": ["golden"]})
    elc(project, "register", "fjord")
    retrain(project, "fjord", 1.01)
    elc(project, "register", "fjord")
    elc(project, "promote", "fjord", "v1.0.0", "--env", "dev")
    elc(project, "deploy", "--env", "dev")
    return project


@pytest.fixture
def site(base: Project, tmp_path: Path) -> Project:
    """A copy of the base that a test may change."""
    return Project(shutil.copytree(base.root, tmp_path / "site", symlinks=True))


@contextmanager
def serve(project: Project, *options: str) -> Iterator[Running]:
    """Serve dev with swaps that take no time."""
    text = project.params.read_text(encoding="utf-8")
    for key, value in {"watch_s": 0.2, **SWAP}.items():
        text = re.sub(rf"^( +{key}: )\S+", rf"\g<1>{value}", text, flags=re.MULTILINE)
    project.params.write_text(text, encoding="utf-8")
    with served.serve(project, "--env", "dev", *options) as running:
        yield running


def build_rows(client: httpx.Client) -> dict[str, Any]:
    card = client.get("/plants/fjord/card").json()
    return {"rows": [{one["column"]: one["median"] for one in card["features"]}]}


def find_version(client: httpx.Client) -> str:
    return str(client.get("/plants").json()["plants"][0]["version"])


def test_new_assignment_is_taken_in_while_requests_go_on(site: Project) -> None:
    with serve(site) as running:
        client = running.client
        body, versions, statuses, stop = build_rows(client), set(), [], threading.Event()

        def ask() -> None:
            with httpx.Client(base_url=client.base_url, trust_env=False) as other:
                while not stop.is_set():
                    answer = other.post("/plants/fjord/predict", json=body)
                    statuses.append(answer.status_code)
                    versions.add(answer.json().get("version"))
                    time.sleep(0.01)

        asking = threading.Thread(target=ask)
        asking.start()
        assert find_version(client) == "v1.0.0"
        # The tag alone is enough: the service itself puts what it assigns into its folder.
        elc(site, "promote", "fjord", "v1.1.0", "--env", "dev")
        wait(lambda: find_version(client) == "v1.1.0", 120)
        stop.set()
        asking.join()
        assert (set(statuses), versions) == ({200}, {"v1.0.0", "v1.1.0"})
        assert client.get("/plants", headers={"Host": "elsewhere.example"}).status_code == 421
        assert 'elc_refused_total{status="421"} 1.0' in client.get("/metrics").text
    events = [one["event"] for one in json.loads(elc(site, "swaps", "--json"))]
    assert events == ["started", "loaded", "shifted", "live"]
    assert "fjord in dev: live v1.1.0 from v1.0.0" in elc(site, "swaps")


@pytest.mark.long(reason="waits for two swaps and a start; `test_versions` damages packages too")
def test_damaged_version_leaves_the_last_good_one_after_a_start_too(site: Project) -> None:
    with serve(site) as running:
        client = running.client
        elc(site, "promote", "fjord", "v1.1.0", "--env", "dev")
        wait(lambda: find_version(client) == "v1.1.0", 120)
        body = build_rows(client)
        before = client.post("/plants/fjord/predict", json=body).json()
        network = site.deployed("dev", "fjord") / "model.onnx"
        network.chmod(0o644)
        network.write_bytes(network.read_bytes()[:-100])
        wait(lambda: client.get("/plants").json()["plants"][0]["has_doubt"], 60)
        assert client.post("/plants/fjord/predict", json=body).json() == before
    with serve(site) as running:
        client = running.client
        answer = client.post("/plants/fjord/predict", json=body).json()
        assert answer["rows"] == before["rows"]
        assert client.get("/plants").json()["plants"][0]["has_doubt"]
    (kept,) = [one for one in json.loads(elc(site, "swaps", "--json")) if one["event"] == "kept"][-1:]
    assert "its files are not those of v1.1.0" in kept["reason"]


def test_killed_worker_is_replaced_while_the_other_answers(site: Project) -> None:
    with serve(site, "--workers", "2") as running:
        client, process = running.client, running.process
        body = build_rows(client)
        workers = find_workers(process.pid)
        assert len(workers) == 2
        os.kill(workers[0], signal.SIGKILL)
        answered = 0
        for _ in range(50):
            try:  # a request that was with the killed worker has no answer; the next one has
                answered += client.post("/plants/fjord/predict", json=body).status_code == 200
            except httpx.TransportError:
                continue
        assert answered >= 48
        wait(lambda: len(set(find_workers(process.pid)) - {workers[0]}) == 2, 60)

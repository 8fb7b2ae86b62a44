"""JupyterLab as `make lab` starts it: every notebook runs from the top through its kernel, as a scientist would."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import websocket

from elc.paths import Project
from elc.runner import find_stages

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "test"
CELL_TIMEOUT_S = 180


@dataclass
class Lab:
    """A running JupyterLab and the folder it serves."""

    port: int
    project: Project

    def call(self, method: str, route: str, **content: Any) -> Any:
        """Call the server's HTTP interface."""
        url = f"http://127.0.0.1:{self.port}/api/{route}"
        answer = requests.request(method, url, params={"token": TOKEN}, json=content or None, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@pytest.fixture
def lab(copied_project: Project) -> Iterator[Lab]:
    """Start JupyterLab by the recipe of `make lab`, on a free port of this machine."""
    recipe = re.search(r"^lab:.*\n\t(.+)$", (ROOT / "project.mk").read_text(), re.MULTILINE)
    assert recipe is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--ip=127.0.0.1", f"--port={port}", f"--IdentityProvider.token={TOKEN}", "--allow-root"]
    command = [sys.executable, "-m", *recipe.group(1).split()]
    log = copied_project.root / "lab.log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            [*command, *options], cwd=copied_project.root, stdout=stream, stderr=stream, env={**os.environ}
        )
        try:
            started = Lab(port, copied_project)
            _wait(started, process, log)
            yield started
        finally:
            process.terminate()
            process.wait(timeout=30)


@pytest.mark.slow
def test_it_opens_on_the_notebooks_and_reaches_the_settings(lab: Lab) -> None:
    """A scientist changes params.yaml beside the notebooks that read it."""
    opened = requests.get(f"http://127.0.0.1:{lab.port}/", params={"token": TOKEN}, timeout=60)
    assert opened.url.partition("?")[0].endswith("/lab/tree/notebooks")
    assert lab.call("GET", "contents/params.yaml")["content"] == lab.project.params.read_text(encoding="utf-8")
    names = {entry["name"] for entry in lab.call("GET", "contents/notebooks")["content"]}
    assert {path.name for path in find_stages(lab.project).values()} <= names


def _wait(lab: Lab, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(120):
        assert process.poll() is None, log.read_text()
        try:
            lab.call("GET", "status")
            return
        except requests.ConnectionError:
            time.sleep(0.5)
    raise AssertionError(log.read_text())


def _execute(channel: websocket.WebSocket, source: str) -> list[dict[str, Any]]:
    """Run one cell in the kernel and return its outputs, as the browser would store them."""
    identity = uuid.uuid4().hex
    header = {"msg_id": identity, "username": "", "session": "test", "msg_type": "execute_request", "version": "5.3"}
    content = {"code": source, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    channel.send(json.dumps(message))
    outputs: list[dict[str, Any]] = []
    while True:
        reply = json.loads(channel.recv())
        if reply["parent_header"].get("msg_id") != identity:
            continue
        kind, found = reply["msg_type"], reply["content"]
        if kind == "error":
            raise AssertionError("\n".join(found["traceback"]))
        if kind in ("execute_result", "display_data"):
            data = {"data": found["data"], "metadata": {}, "output_type": kind}
            outputs.append(data | ({"execution_count": found["execution_count"]} if kind == "execute_result" else {}))
        if kind == "status" and found["execution_state"] == "idle":
            return outputs


@pytest.mark.slow
@pytest.mark.long(reason="runs every notebook in a kernel of its own")
def test_every_notebook_runs_and_its_committed_bytes_come_back(lab: Lab) -> None:
    for path in find_stages(lab.project).values():
        committed = path.read_bytes()
        place = path.relative_to(lab.project.root).as_posix()
        model = lab.call("GET", f"contents/{place}")
        notebook = model["content"]
        kernel = lab.call("POST", "kernels", name=notebook["metadata"]["kernelspec"]["name"], path=place)
        address = f"ws://127.0.0.1:{lab.port}/api/kernels/{kernel['id']}/channels?token={TOKEN}"
        channel = websocket.create_connection(address, timeout=CELL_TIMEOUT_S)
        try:
            cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
            for number, cell in enumerate(cells, start=1):
                cell["outputs"] = _execute(channel, "".join(cell["source"]))
                cell["execution_count"] = number
        finally:
            channel.close()
            lab.call("DELETE", f"kernels/{kernel['id']}")
        lab.call("PUT", f"contents/{place}", type="notebook", format="json", content=notebook)
        saved = lab.project.notebooks / path.name
        assert saved.read_bytes() != committed
        strip = ["--keep-id", "--extra-keys", "metadata.language_info", str(saved)]
        subprocess.run([sys.executable, "-m", "nbstripout", *strip], check=True)
        assert saved.read_bytes() == committed, path.name

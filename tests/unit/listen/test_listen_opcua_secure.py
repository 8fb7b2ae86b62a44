"""`elc listen` against a real OPC UA server that asks for encryption and a password."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asyncua import Server, ua
from asyncua.crypto.permission_rules import User, UserRole

from elc.paths import Project
from tests.unit.listen.authority import write_application
from tests.unit.listen.broker import find_port, list_readings, make_project, read_files, wait_for
from tests.unit.listen.test_listen_opcua import Runner

TAG = "FJ1.FT101"
SERVER_URI, OWN_URI = "urn:example:server", "urn:example:elc"


class Door:
    """Lets one user in."""

    def get_user(
        self, iserver: Any, username: str | None = None, password: str | None = None, certificate: Any = None
    ) -> User | None:
        del iserver, certificate
        return User(role=UserRole.User, name=username) if (username, password) == ("elc", "right") else None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates: of the server and our own; an RSA key takes its time."""
    made = tmp_path_factory.mktemp("certificates")
    for name, uri in (("server", SERVER_URI), ("own", OWN_URI)):
        write_application(made, name, uri)
    shutil.copyfile(made / "own_key.pem", made / "own.key")
    return made


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    logging.getLogger("asyncua").setLevel(logging.CRITICAL + 1)
    address = f"opc.tcp://127.0.0.1:{find_port()}/plant"
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> Server:
        server = Server(user_manager=Door())
        await server.init()
        await server.set_application_uri(SERVER_URI)
        server.set_endpoint(address)
        server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
        server.set_identity_tokens([ua.UserNameIdentityToken])
        await server.load_certificate(str(folder / "server.pem"))
        await server.load_private_key(str(folder / "server_key.pem"))
        space = await server.register_namespace("urn:plant")
        await server.nodes.objects.add_variable(ua.NodeId(TAG, space), TAG, 1.5)
        await server.start()
        return server

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(20)
    yield address
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def runner() -> Iterator[Runner]:
    made = Runner()
    yield made
    made.stop()


def make(tmp_path: Path, url: str, security: str | None) -> Project:
    source = {"url": url, "plant": "fjord", "interval_s": 0.1, "nodes": {TAG: f"ns=2;s={TAG}"}, "security": security}
    return make_project(tmp_path / "project", opcua={"dcs": source})


@pytest.mark.parametrize("is_pinned", [True, False])
def test_encryption_and_a_password_open_the_server(
    tmp_path: Path, folder: Path, url: str, runner: Runner, monkeypatch: pytest.MonkeyPatch, *, is_pinned: bool
) -> None:
    monkeypatch.setenv("ELC_OPCUA_USER", "elc")
    monkeypatch.setenv("ELC_OPCUA_PASSWORD", "right")
    pin = f",{folder}/server.pem" if is_pinned else ""
    project = make(tmp_path, url, f"Basic256Sha256,SignAndEncrypt,{folder}/own.pem,{folder}/own_key.pem{pin}")
    runner.start(project)
    wait_for(lambda: read_files(project).num_rows >= 1, what="the value")
    runner.stop()
    assert [(tag, value, quality) for tag, _, value, quality in list_readings(project)] == [(TAG, 1.5, "GOOD")]


@pytest.mark.parametrize(
    ("password", "security", "words"),
    [
        (
            "wrong",
            "SignAndEncrypt,{0}/own.pem,{0}/own_key.pem",
            "refuses it (BadUserAccessDenied); set ELC_OPCUA_USER and",
        ),
        ("right", None, "the server does not offer this policy and mode; set security in params.yaml"),
        ("right", "Sign,{0}/own.pem,{0}/own_key.pem", "the server does not offer this policy and mode"),
        ("right", "SignAndEncrypt,{0}/x.pem,{0}/own_key.pem", "x.pem was not found; set the paths of the certificate"),
        ("right", "SignAndEncrypt,{0}/own.pem,{0}/no.key", "no.key was not found"),
        ("right", "SignAndEncrypt,{0}/own.pem,{0}/own.key", "cannot be read; a file in PEM form must be named *.pem"),
    ],
)
def test_what_is_wrong_is_told(
    tmp_path: Path,
    folder: Path,
    url: str,
    runner: Runner,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    password: str,
    security: str | None,
    words: str,
) -> None:
    monkeypatch.setenv("ELC_OPCUA_USER", "elc")
    monkeypatch.setenv("ELC_OPCUA_PASSWORD", password)
    project = make(tmp_path, url, security and f"Basic256Sha256,{security.format(folder)}")
    status = project.listen("fjord") / "status.json"
    runner.start(project)
    wait_for(lambda: status.exists() and json.loads(status.read_text())["sources"]["dcs"]["fault"], what="the fault")
    runner.stop()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (reason,) = [line["reason"] for line in lines if line["event"] == "not_connected"]
    assert words in reason
    assert password not in reason

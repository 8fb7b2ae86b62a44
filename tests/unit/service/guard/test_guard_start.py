"""Before the service listens, and what the server bounds before the application sees a request."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from elc.errors import ElcError
from elc.paths import Project
from elc.service import guard
from elc.service.guard import protocol
from tests.unit.service.guard.conftest import LOG, Door, Open, build_settings


def check(project: Project, **changes: Any) -> None:
    settings = build_settings(**changes)
    guard.check_start(settings, guard.KeyFile(guard.find_keys(project), LOG), project, log=LOG)


def test_this_machine_alone_needs_nothing(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    check(project)
    assert caplog.text == ""


def test_others_need_a_key(project: Project) -> None:
    with pytest.raises(ElcError, match=r"serve.host is 0.0.0.0, which others can reach, and no key.*elc keys add"):
        check(project, host="0.0.0.0")


def test_others_with_a_key_are_told_of_tls(
    project: Project, add_key: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    add_key()
    check(project, host="0.0.0.0")
    assert "Keys and data travel unencrypted" in caplog.text
    guard.remove_client(guard.find_keys(project), "dcs")
    check(project)
    assert "No key is valid, so every request will be refused" in caplog.text


def test_keys_that_cannot_be_read_stop_it(project: Project, add_key: Callable[..., str]) -> None:
    add_key()
    path = guard.find_keys(project)
    path.write_text(path.read_text().replace('"sha256": "', '"sha256": "x'))
    with pytest.raises(ElcError, match=r"these are no keys: clients.dcs.keys.0.sha256: .*Take the file back"):
        check(project)
    path.chmod(0o622)
    with pytest.raises(ElcError, match=r"others than its owner may write to the keys \(mode 622\). Run chmod 600"):
        check(project)


def test_half_of_tls(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELC_CERTIFICATE", "cert.pem")
    with pytest.raises(ElcError, match=r"TLS: ELC_PRIVATE_KEY is not set. A certificate and its private key belong"):
        check(project)
    monkeypatch.setenv("ELC_PRIVATE_KEY", "key.pem")
    with pytest.raises(ElcError, match=r"TLS: 2 faults\n.*cert.pem is no file. Name a PEM file"):
        check(project)
    for name in ("cert.pem", "key.pem"):
        (project.root / name).write_text("nothing")
    with pytest.raises(ElcError, match=r"cannot be used together \(.*\). Expected PEM files that belong together"):
        check(project)


def test_options_name_the_files_of_tls(project: Project) -> None:
    for name in ("cert.pem", "key.pem"):
        (project.root / name).touch()
    settings = build_settings(certificate="cert.pem", private_key="key.pem", drain_s=2.5)
    options = guard.build_uvicorn_options(settings, project)
    assert options["ssl_certfile"] == str(project.root / "cert.pem")
    assert options["timeout_graceful_shutdown"] == 3
    config = uvicorn.Config("elc:app", **options | {"log_config": None})
    assert (config.proxy_headers, config.server_header, config.access_log) == (False, False, False)


@pytest.fixture
def port(open_door: Open, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(protocol, "HEAD_S", 0.15)
    with serve(open_door(port=0)) as found:
        yield found


@contextmanager
def serve(door: Door) -> Iterator[int]:
    """Serve the guarded application on a port of its own, in a thread."""
    options = guard.build_uvicorn_options(door.access.settings, door.project) | {"log_config": None}
    server = uvicorn.Server(uvicorn.Config(door.guarded, **options))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(10)
    listener.close()
    assert not thread.is_alive()


def talk(port: int, *parts: bytes, pause_s: float = 0.02) -> bytes:
    """Send parts of a request, and read until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        for part in parts:
            try:
                connection.sendall(part)
            except OSError:
                break
            time.sleep(pause_s)
        found = b""
        try:
            while chunk := connection.recv(65536):
                found += chunk
        except ConnectionResetError:
            pass
    return found


REQUEST = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"


def test_a_probe_of_http_1_0_needs_no_name(port: int) -> None:
    assert talk(port, b"GET /healthz HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200 OK")
    assert talk(port, b"GET /plants HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 400 Bad Request")


def test_a_head_in_parts_is_taken(port: int) -> None:
    found = talk(port, REQUEST[:10], REQUEST[10:], b"Connection: close\r\n\r\n")
    assert found.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("parts", [1, 40])
def test_a_long_head_is_refused(port: int, parts: int) -> None:
    fill = b"".join(b"x-fill-%d: %s\r\n" % (number, b"a" * 1000) for number in range(40))
    step = len(fill) // parts
    found = talk(
        port, REQUEST, *(fill[start : start + step] for start in range(0, len(fill), step)), b"\r\n", pause_s=0
    )
    assert found.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/problem+json")
    assert b"may have 32768 bytes" in found


def test_a_head_without_end_is_refused(port: int) -> None:
    assert b" 431 " in talk(port, REQUEST + b"x-fill: ", *[b"a" * 4096] * 9, pause_s=0)


def test_what_is_no_request_is_a_problem(port: int) -> None:
    found = talk(port, b"\x16\x03\x01 hello\r\n\r\n")
    assert found.startswith(b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json")
    assert b"This is not an HTTP request." in found


@pytest.mark.parametrize("parts", [(), (REQUEST,), (REQUEST, b"x-a: b\r\n", b"x-b: c\r\n")])
def test_a_slow_head_is_cut(port: int, parts: tuple[bytes, ...]) -> None:
    started = time.monotonic()
    assert talk(port, *parts) == b""
    assert time.monotonic() - started < 2


def test_connections_are_kept_and_a_large_body_gets_its_answer(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        for _ in range(3):
            assert client.post("/plants/fjord/predict", content=b"a" * 100_000).json() == {"bytes": 100_000}
        time.sleep(0.3)  # longer than a head may take
        assert client.get("/plants").json()["client"] == "local"
        refused = client.post("/plants/fjord/predict", content=b"a" * 10_000_000)
        assert refused.status_code == 413
        assert "may have 8 MiB" in refused.json()["detail"]
        assert client.get("/plants").status_code == 200


CHUNKED = b"POST /plants/fjord/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"


@pytest.mark.parametrize("pause_s", [0.0, 0.05])
def test_what_follows_a_body_is_no_header(open_door: Open, add_key: Callable[..., str], pause_s: float) -> None:
    """A key after the body opens nothing, in the packet of the head or later; nor does a proxy's header count there."""
    key = add_key().encode()
    trailer = b"4\r\n{   \r\n0\r\nAuthorization: Bearer " + key + b"\r\n\r\n"
    with serve(open_door(port=0)) as port:
        closing = CHUNKED + b"Connection: close\r\n\r\n"
        parts = [closing + trailer] if pause_s == 0 else [closing, trailer]
        assert talk(port, *parts, pause_s=pause_s).startswith(b"HTTP/1.1 401 ")
        held = CHUNKED + b"Connection: close\r\nAuthorization: Bearer " + key + b"\r\n\r\n"
        assert talk(port, held + b"4\r\n{   \r\n0\r\nAuthorization: Bearer other\r\nHost: evil\r\n\r\n").startswith(
            b"HTTP/1.1 200 "
        )


@pytest.mark.parametrize("start", [b"0\r\nX-Fill: ", b"4;fill=", b"4\r\n{   \r\n0\r\nX-Fill: "])
def test_trailers_and_extensions_without_end_are_cut(port: int, start: bytes) -> None:
    found = talk(port, CHUNKED + b"\r\n" + start, *[b"a" * 4096] * 20, pause_s=0.02)
    assert b" 431 " in found or found == b""


def write_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Write a certificate of 127.0.0.1, signed by itself, and its private key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


def test_tls_by_files(project: Project, open_door: Open, add_key: Callable[..., str]) -> None:
    key = add_key()
    certificate, private_key = write_certificate(project.root, "site")
    files = {"certificate": str(certificate), "private_key": str(private_key)}
    check(project, **files)
    trust = ssl.create_default_context(cafile=str(certificate))
    with (
        serve(open_door(port=0, **files)) as port,
        httpx.Client(base_url=f"https://127.0.0.1:{port}", trust_env=False, verify=trust) as client,
    ):
        response = client.post("/session", json={"key": key})
        assert response.headers["set-cookie"].startswith("__Host-elc_session=")
        assert response.headers["strict-transport-security"] == "max-age=31536000"
        assert client.get("/plants").json()["client"] == "dcs"


def test_a_key_of_another_certificate(project: Project) -> None:
    certificate, _ = write_certificate(project.root, "site")
    _, other = write_certificate(project.root, "other")
    with pytest.raises(ElcError, match=r"cannot be used together \(KEY_VALUES_MISMATCH\)"):
        check(project, certificate=str(certificate), private_key=str(other))


def test_one_address_leaves_connections_for_others(
    open_door: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(protocol, "MOST_OF_ADDRESS", 20)
    monkeypatch.setattr(protocol, "CROWD", protocol.Crowd())
    with serve(open_door(port=0)) as port:
        held = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(60)]
        time.sleep(0.3)
        assert protocol.CROWD.refused == 40
        for one in held:
            one.close()
        time.sleep(0.3)
        assert talk(port, REQUEST + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200 OK")
    assert len([one for one in caplog.records if "Connections were refused" in one.getMessage()]) == 1


def test_silent_ones_of_many_addresses_leave_connections_for_others(
    open_door: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The one that is idle the longest goes."""
    monkeypatch.setattr(protocol, "MOST_IDLE", 20)
    monkeypatch.setattr(protocol, "CROWD", protocol.Crowd())
    with serve(open_door(port=0)) as port:
        held = [
            socket.create_connection(("127.0.0.1", port), timeout=5, source_address=(f"127.0.0.{2 + place % 6}", 0))
            for place in range(60)
        ]
        time.sleep(0.3)
        assert protocol.CROWD.refused == 40
        assert talk(port, REQUEST + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200 OK")
        assert held[-1].send(REQUEST + b"Connection: close\r\n\r\n") > 0
        assert held[-1].recv(100).startswith(b"HTTP/1.1 200 OK")
        for one in held:
            one.close()
    assert len([one for one in caplog.records if "Connections were refused" in one.getMessage()]) == 1

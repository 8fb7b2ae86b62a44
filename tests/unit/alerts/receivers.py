"""Receivers of alerts on this machine: real servers on 127.0.0.1, well-behaved ones and others."""

from __future__ import annotations

import base64
import contextlib
import datetime
import ipaddress
import json
import socket
import socketserver
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO

from tests.builders.servers import serving


@dataclass
class Hook:
    """A web server that keeps what is posted and answers each post with the next of `answers`, the last for ever."""

    answers: list[int] = field(default_factory=lambda: [200])
    posts: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    location: str = ""
    url: str = ""

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        self.posts.append(json.loads(body))
        self.headers.append(dict(handler.headers))
        self.paths.append(handler.path)
        self.answer(handler)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        handler.send_response(answer)
        if self.location:
            handler.send_header("Location", self.location)
        handler.send_header("Content-Length", "0")
        handler.end_headers()


@contextlib.contextmanager
def serve_hook(hook: Hook, tls: ssl.SSLContext | None = None) -> Iterator[Hook]:
    """Serve a hook; its `url` is filled in."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.handle(self)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that goes is no fault."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        hook.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}/secret-path"
        with serving(server):
            yield hook


@contextlib.contextmanager
def serve_bytes(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve connections by a function of one's own, such as one that never answers; give the port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                answer(self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = False

    with Server(("127.0.0.1", 0), Handler) as server, serving(server):
        yield server.server_address[1]


def hang(connection: socket.socket) -> None:
    """Take everything and answer nothing, until the other side goes."""
    while connection.recv(65536):
        pass


def drip(start: bytes) -> Callable[[socket.socket], None]:
    """Answer one byte after the other, which no time-out between two bytes would end."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(b"x")
            time.sleep(0.02)

    return answer


@dataclass
class Post:
    """A mail server that keeps mails; it may ask for TLS and a login, and refuse recipients."""

    tls: ssl.SSLContext | None = None
    is_tls_first: bool = False
    login: tuple[str, str] | None = None
    refused: tuple[str, ...] = ()
    mails: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0

    def talk(self, connection: socket.socket) -> None:
        if self.tls and self.is_tls_first:
            connection = self.tls.wrap_socket(connection, server_side=True)
        with contextlib.ExitStack() as stack:
            self._talk(stack.enter_context(connection), stack)

    def _talk(self, connection: socket.socket, stack: contextlib.ExitStack) -> None:
        stream = stack.enter_context(connection.makefile("rwb"))

        def say(text: str) -> None:
            stream.write(text.encode() + b"\r\n")
            stream.flush()

        say("220 ready")
        while line := stream.readline().decode().strip():
            word, _, rest = line.partition(" ")
            word = word.upper()
            if word == "EHLO":
                offers = ["8BITMIME", *(["STARTTLS"] if self._can_start(connection) else [])]
                say("\r\n".join(["250-hello", *(f"250-{offer}" for offer in offers), "250 AUTH PLAIN"]))
            elif word == "STARTTLS" and self.tls:
                say("220 go on")
                stream.close()
                connection = stack.enter_context(self.tls.wrap_socket(connection, server_side=True))
                stream = stack.enter_context(connection.makefile("rwb"))
            elif word == "AUTH":
                _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
                self.logins.append((user, password))
                say("235 welcome" if (user, password) == self.login else f"535 no: {password}")
            elif word == "RCPT":
                address = rest.partition("<")[2].partition(">")[0]
                is_refused = address in self.refused
                self.recipients += [] if is_refused else [address]
                say("550 nobody" if is_refused else "250 fine")
            elif word == "DATA":
                say("354 go on")
                self.mails.append(_read_mail(stream))
                say("250 taken")
            else:
                say("221 bye" if word == "QUIT" else "250 fine")
                if word == "QUIT":
                    break

    def _can_start(self, connection: socket.socket) -> bool:
        return self.tls is not None and not isinstance(connection, ssl.SSLSocket)


def _read_mail(stream: BinaryIO) -> str:
    lines = []
    while (line := stream.readline().decode().rstrip("\r\n")) != ".":
        lines.append(line)
    return "\n".join(lines)


@contextlib.contextmanager
def serve_post(post: Post) -> Iterator[Post]:
    """Serve a mail server; its `port` is filled in."""
    with serve_bytes(post.talk) as port:
        post.port = port
        yield post


def write_certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Make a certificate of 127.0.0.1; give the context of a server that has it, and its file, to be trusted."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    path, secret = folder / "certificate.pem", folder / "key.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, secret)
    return context, path

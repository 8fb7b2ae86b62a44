"""Before the service listens: is it safe to, and how is the server set."""

from __future__ import annotations

import logging
import math
import os
import ssl
from pathlib import Path
from typing import Any

from elc.errors import ElcError, check_faults
from elc.paths import Project
from elc.service.guard.keys import KeyFile
from elc.service.guard.protocol import HEAD_BYTES, BoundedProtocol
from elc.service.logs import CONFIG
from elc.settings.serve import ServeSettings

CERTIFICATE, PRIVATE_KEY = "ELC_CERTIFICATE", "ELC_PRIVATE_KEY"
IDLE_S = 15  # ASSUME: a connection without a request is kept; pages and clients that ask every few seconds keep theirs
CONNECTIONS = 1000  # ASSUME: of one worker, open pages included; a further one gets 503


def check_start(settings: ServeSettings, keys: KeyFile, project: Project, *, log: logging.Logger) -> None:
    """Check that the service may listen where it is told to, and warn where it does so without TLS.

    Raises:
        ElcError: others can reach it and there is no key, or the certificate cannot be used.
    """
    if not settings.is_local and not keys.count:
        others, cure = f"serve.host is {settings.host}, which others can reach", "set serve.host to 127.0.0.1"
        if settings.is_loopback:
            others, cure = "serve.proxies names proxies, through which others can ask", "name none"
        raise ElcError(
            f"{others}, and no key in {keys.path} is valid. "
            f"Create one with elc keys add NAME --all-plants --right read, or {cure}."
        )
    if keys.is_needed and not keys.count:
        log.warning("No key is valid, so every request will be refused. Create one with elc keys add.")
    pair = find_certificate(settings, project)
    if pair is not None:
        _check_certificate(*pair)
    elif not settings.is_loopback:
        log.warning("Keys and data travel unencrypted: set serve.certificate and serve.private_key.")


def find_certificate(settings: ServeSettings, project: Project) -> tuple[Path, Path] | None:
    """Find the files of the certificate and its key, of the environment or of params.yaml; None without TLS.

    Raises:
        ElcError: one is named without the other, or a file is not there.
    """
    certificate = os.environ.get(CERTIFICATE) or settings.certificate
    private_key = os.environ.get(PRIVATE_KEY) or settings.private_key
    if not certificate and not private_key:
        return None
    if not certificate or not private_key:
        missing = CERTIFICATE if private_key else PRIVATE_KEY
        raise ElcError(f"TLS: {missing} is not set. A certificate and its private key belong together; name both.")
    pair = project.root / certificate, project.root / private_key
    missing_files = [f"{path} is no file. Name a PEM file, or none for both." for path in pair if not path.is_file()]
    check_faults("TLS", missing_files)
    return pair


def _check_certificate(certificate: Path, private_key: Path) -> None:
    try:
        # An empty answer keeps a key with a passphrase from asking at a terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, private_key, password="")
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        raise ElcError(
            f"TLS: {certificate} and {private_key} cannot be used together ({reason}). "
            "Expected PEM files that belong together, the key without passphrase, readable by this user."
        ) from None


def build_uvicorn_options(settings: ServeSettings, project: Project) -> dict[str, Any]:
    """Build the arguments of uvicorn.Config besides the application, the workers and the loop.

    Raises:
        ElcError: the files of TLS are not there.
    """
    pair = find_certificate(settings, project)
    return {
        "host": settings.host,
        "port": settings.port,
        "ssl_certfile": None if pair is None else str(pair[0]),
        "ssl_keyfile": None if pair is None else str(pair[1]),
        "http": BoundedProtocol,
        "h11_max_incomplete_event_size": HEAD_BYTES,
        "ws": "none",
        "interface": "asgi3",
        "lifespan": "on",
        "proxy_headers": False,  # who asks is who connects; a header that anybody can send says nothing
        "server_header": False,
        "access_log": False,
        "log_config": CONFIG,
        "limit_concurrency": CONNECTIONS,
        "timeout_keep_alive": IDLE_S,
        "timeout_graceful_shutdown": math.ceil(settings.drain_s),
    }

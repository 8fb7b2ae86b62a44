"""A client of an OPC UA server, with the user and the security that the environment and params.yaml give."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

TIMEOUT_S = 10
# Faults of the connection, not of a node: it is made again.
GONE = {"BadConnectionClosed", "BadSecureChannelClosed", "BadServerHalted", "BadSessionClosed", "BadSessionIdInvalid"}
GONE |= {"BadShutdown", "BadTimeout", "BadServerNotConnected", "BadCommunicationError"}
# The top two of 32 bits. Source: OPC 10000-4, 7.39 StatusCode.
QUALITIES = {0: "GOOD", 1: "UNCERTAIN", 2: "BAD", 3: "BAD"}


def read_quality(status: Any) -> str:
    """Read what a status code of OPC UA, or none, says of a value: GOOD, UNCERTAIN or BAD."""
    return QUALITIES[status.value >> 30 if status is not None else 0]


async def build_client(url: str, security: str | None, *, timeout_s: float = TIMEOUT_S) -> Any:
    """Build a client of asyncua; user and password are `ELC_OPCUA_USER` and `ELC_OPCUA_PASSWORD`.

    Args:
        url: of the server.
        security: `policy,mode,certificate,key` and, where one is pinned, the server's certificate; None for none.
        timeout_s: of a request.

    Raises:
        OSError: the certificate or the key cannot be read.
        ValueError: it is not one.
    """
    from asyncua.client.client import Client

    client = Client(url, timeout=timeout_s)
    user = os.environ.get("ELC_OPCUA_USER")
    if user:
        client.set_user(user)
        client.set_password(os.environ.get("ELC_OPCUA_PASSWORD", ""))
    if security is not None:
        await client.set_security_string(security)
        client.application_uri = read_uri(security) or client.application_uri
    return client


def read_uri(security: str) -> str:
    """Read the URI of our certificate, which a server holds against the one that we name; empty where it has none."""
    from cryptography import x509

    content = Path(security.split(",")[2]).read_bytes()
    is_pem = content.startswith(b"-----")
    certificate = x509.load_pem_x509_certificate(content) if is_pem else x509.load_der_x509_certificate(content)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    return next(iter(names.get_values_for_type(x509.UniformResourceIdentifier)), "")

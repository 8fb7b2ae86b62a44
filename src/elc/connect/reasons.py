"""Why a connection to a server of the plant failed, and what to do."""

from __future__ import annotations

import socket
import ssl

# Source: OpenSSL, x509_vfy.h, X509_V_ERR_*.
NOT_YET, EXPIRED = 9, 10
UNTRUSTED = {18, 19, 20, 21}
OTHER_NAME = {62, 64}
CLOSED = "it was closed without an answer; does this port use TLS (is_tls: true), and may this client connect?"

# What a server answers when it refuses access, and what to do.
REFUSALS = (
    (
        {"BadUserAccessDenied", "BadIdentityTokenRejected", "BadIdentityTokenInvalid"},
        "set ELC_OPCUA_USER and ELC_OPCUA_PASSWORD to a user that may read, then {then}",
    ),
    (
        {"BadSecurityChecksFailed", "BadCertificateUntrusted", "BadCertificateInvalid", "BadCertificateUriInvalid"},
        "make the server trust the certificate that security in params.yaml names",
    ),
    ({"BadCertificateTimeInvalid"}, "the certificate in security has expired; create a new one"),
    (
        {"BadSecurityPolicyRejected", "BadSecurityModeRejected"},
        "set security in params.yaml to a policy and mode that it offers",
    ),
)


def explain_failure(error: BaseException, *, certificates: str, is_tls: bool) -> str:
    """Explain why a connection failed, and what to do.

    Args:
        error: what the attempt raised.
        certificates: the key of params.yaml that names the certificates that are trusted.
        is_tls: whether TLS was tried.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return _explain_certificate(error, certificates)
    if isinstance(error, ssl.SSLError):
        return f"TLS cannot be set up ({error.reason or error}); is this the port for TLS?"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there; is it running, and are host and port correct?"
    if isinstance(error, socket.gaierror):
        return "the host name cannot be resolved; check host in params.yaml, and the network"
    if isinstance(error, TimeoutError):
        return "it did not answer in time; is it running, and does a firewall allow this port?"
    if isinstance(error, ConnectionResetError) and is_tls:
        return "TLS cannot be set up (the connection was reset); is this the port for TLS?"
    return str(error) or type(error).__name__


def _explain_certificate(error: ssl.SSLCertVerificationError, certificates: str) -> str:
    if error.verify_code == EXPIRED:
        return "its certificate has expired; renew it there, or set this machine's clock"
    if error.verify_code == NOT_YET:
        return "its certificate is not valid yet; check the clocks there and on this machine"
    if error.verify_code in UNTRUSTED:
        return (
            f"its certificate is not signed by an authority trusted here; set {certificates} to the authority's "
            "PEM file"
        )
    if error.verify_code in OTHER_NAME:
        return f"its certificate is for another name ({error.verify_message}); use that name as host in params.yaml"
    return f"its certificate is not accepted ({error.verify_message})"


def explain_broker(reason: str) -> str:
    """Explain why a broker refuses a connection, and what to do."""
    if reason in ("Not authorized", "Bad user name or password"):
        return f"the broker refuses this user ({reason}); set ELC_MQTT_USER and ELC_MQTT_PASSWORD"
    if reason == "Client identifier not valid":
        return f"the broker refuses this client ({reason}); set another client_id in params.yaml"
    return f"the broker refuses the connection ({reason})"


def is_refused(error: BaseException) -> bool:
    """Whether an OPC UA server answered that it refuses access."""
    return any(type(error).__name__ in names for names, _ in REFUSALS)


def explain_server(error: BaseException, *, then: str) -> str:
    """Explain why a connection to an OPC UA server failed, and what to do; `then` is what makes another user count."""
    name = type(error).__name__
    for names, advice in REFUSALS:
        if name in names:
            return f"the server refuses it ({name}); {advice.format(then=then)}"
    if "No matching endpoints" in str(error):
        return "the server does not offer this policy and mode; set security in params.yaml to one that it offers"
    if isinstance(error, FileNotFoundError):
        return (
            f"{error.filename} was not found; set the paths of the certificate and its key under security in "
            "params.yaml"
        )
    if isinstance(error, ValueError):
        return "the certificate or the key in security cannot be read; a file in PEM form must be named *.pem"
    return explain_failure(error, certificates="security", is_tls=False)

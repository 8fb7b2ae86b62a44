"""Since when a source is gone, why, and what to do: each reason is said once, not at every attempt."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime

from elc.listen.log import write_log
from elc.records.listener import SourceStatus

# Source: OpenSSL, x509_vfy.h, X509_V_ERR_*.
NOT_YET, EXPIRED = 9, 10
UNTRUSTED = {18, 19, 20, 21}
OTHER_NAME = {62, 64}
CLOSED = "it was closed without an answer; does this port speak TLS (is_tls: true), and may this client connect?"

# What a server answers to whom it does not let in, and what to do.
REFUSALS = (
    (
        {"BadUserAccessDenied", "BadIdentityTokenRejected", "BadIdentityTokenInvalid"},
        "set ELC_OPCUA_USER and ELC_OPCUA_PASSWORD to a user that may read, then start this again",
    ),
    (
        {"BadSecurityChecksFailed", "BadCertificateUntrusted", "BadCertificateInvalid", "BadCertificateUriInvalid"},
        "let the server trust the certificate that security in params.yaml names",
    ),
    ({"BadCertificateTimeInvalid"}, "the certificate in security has expired; make another one"),
    (
        {"BadSecurityPolicyRejected", "BadSecurityModeRejected"},
        "write a policy and mode that it offers as security in params.yaml",
    ),
)


class Outage:
    """What is said of a source while it is gone. `since` is ISO 8601 in UTC; None while the source is there."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._event = "not_connected"
        self.since: str | None = _now()
        self.reason: str | None = None
        self._former: tuple[str | None, str] | None = None

    def begin(self, reason: str) -> None:
        """The connection is lost, or does not come about; the log says so where the reason is another one."""
        event = "not_connected" if self.since else "disconnected"
        if (event, reason) != (self._event, self.reason):
            write_log("warning" if event == "disconnected" else "error", event, source=self._source, reason=reason)
        self.since = self.since or _now()
        self._event, self.reason = event, reason

    def end(self) -> None:
        """The source is there again; the last outage stays in the status, for one that comes again and again."""
        if self.reason is not None:
            self._former = self.since, self.reason
        self.since = self.reason = None

    def build_status(self) -> SourceStatus:
        """Build what status.json says: the outage that lasts, and the last one that is over."""
        last_lost, last_fault = self._former or (None, None)
        return SourceStatus(lost_since=self.since, fault=self.reason, last_lost=last_lost, last_fault=last_fault)


def explain_failure(error: BaseException, *, certificates: str, is_tls: bool) -> str:
    """Say why a connection did not come about, and what to do.

    Args:
        error: what the attempt raised.
        certificates: the key of params.yaml that names the certificates that are trusted.
        is_tls: whether TLS was tried.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return _explain_certificate(error, certificates)
    if isinstance(error, ssl.SSLError):
        return f"TLS does not come about ({error.reason or error}); is this the port for TLS?"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there; is it running, and are host and port right?"
    if isinstance(error, socket.gaierror):
        return "the name of the host is not known; look at host in params.yaml, and at the network"
    if isinstance(error, TimeoutError):
        return "there is no answer in time; is it running, and does a firewall let this port through?"
    if isinstance(error, ConnectionResetError) and is_tls:
        return "TLS does not come about (the connection was reset); is this the port for TLS?"
    return str(error) or type(error).__name__


def _explain_certificate(error: ssl.SSLCertVerificationError, certificates: str) -> str:
    if error.verify_code == EXPIRED:
        return "its certificate has expired; renew it there, or set this machine's clock"
    if error.verify_code == NOT_YET:
        return "its certificate does not hold yet; look at the clocks, there and of this machine"
    if error.verify_code in UNTRUSTED:
        return f"its certificate is signed by nobody trusted here; name the authority's PEM file in {certificates}"
    if error.verify_code in OTHER_NAME:
        return f"its certificate is of another name ({error.verify_message}); write that name as host in params.yaml"
    return f"its certificate does not do ({error.verify_message})"


def explain_broker(reason: str) -> str:
    """Say why a broker refuses a connection, and what to do."""
    if reason in ("Not authorized", "Bad user name or password"):
        return f"the broker refuses this user ({reason}); set ELC_MQTT_USER and ELC_MQTT_PASSWORD"
    if reason == "Client identifier not valid":
        return f"the broker refuses this client ({reason}); write another client_id in params.yaml"
    return f"the broker refuses the connection ({reason})"


def explain_taken(identity: str, source: str) -> str:
    """Say that another client has taken the session, and what to do."""
    return (
        f"session taken over: another client connected as {identity}, and each takes messages from the other; leave "
        "client_id out of params.yaml, and where a project was copied, remove "
        f"data/listen/source.{source}.id in the copy"
    )


def explain_server(error: Exception) -> str:
    """Say why a connection to a server did not come about, and what to do."""
    name = type(error).__name__
    for names, advice in REFUSALS:
        if name in names:
            return f"the server refuses it ({name}); {advice}"
    if "No matching endpoints" in str(error):
        return "the server does not offer this policy and mode; write one that it offers as security in params.yaml"
    if isinstance(error, FileNotFoundError):
        return f"{error.filename} was not found; name the certificate and its key in security in params.yaml"
    if isinstance(error, ValueError):
        return "the certificate or the key in security cannot be read; a file in PEM form must be named *.pem"
    return explain_failure(error, certificates="security", is_tls=False)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

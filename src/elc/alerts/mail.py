"""Mail what is to be told: one mail for all that a run has to say of a plant, through SMTP, within its time."""

from __future__ import annotations

import functools
import hashlib
import smtplib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from elc.alerts.deadline import Watch, finish_within
from elc.alerts.undelivered import UndeliveredError, describe
from elc.records.alerts import Message
from elc.settings import EmailSettings

SUBJECT_LENGTH = 120


@dataclass(frozen=True)
class Mail:
    """Who is written to, and through which server; `login` is its user and password."""

    email: EmailSettings
    login: tuple[str, str] | None = field(repr=False)
    timeout_s: float
    name: str = "mail"
    batch: int = 1000

    @property
    def label(self) -> str:
        return f"the mail server {self.email.host}"

    @property
    def address(self) -> str:
        return f"{self.email.host}:{self.email.port}"

    def send(self, messages: Sequence[Message]) -> str:
        """Send one mail with all messages, and say to whom.

        Raises:
            UndeliveredError: the server cannot be reached, is late, or refuses login, sender or every recipient.
        """
        return self.post(build_mail(messages, self.email, at=datetime.now(UTC)), self.email.recipients)

    def post(self, mail: EmailMessage, recipients: Sequence[str]) -> str:
        """Send a mail to some recipients, and say who of them gets it; raises as `send`."""
        if self.login and self.email.security == "none":
            raise UndeliveredError(
                "user and password are not sent in the clear. Set alerts.email.security to starttls or tls, or remove "
                "ELC_SMTP_USER and ELC_SMTP_PASSWORD",
                is_down=True,
            )
        try:
            refused = finish_within(self.timeout_s, functools.partial(self._hand_over, mail, recipients))
        except (OSError, ValueError, smtplib.SMTPException) as error:
            raise UndeliveredError(_describe_mail(error), is_down=True) from None
        taken = [address for address in recipients if address not in refused]
        return f"it took the mail to {', '.join(taken)}" + (f", and refused {', '.join(refused)}" if refused else "")

    def _hand_over(self, mail: EmailMessage, recipients: Sequence[str], watch: Watch) -> list[str]:
        """Hand the mail to the server; give the recipients that it refused."""
        kind = _SecureServer if self.email.security == "tls" else _Server
        options: dict[str, Any] = {"timeout": self.timeout_s, "local_hostname": _find_name()}
        if self.email.security == "tls":
            options["context"] = ssl.create_default_context()
        watched = type(kind.__name__, (kind,), {"watch": watch})
        with watched(self.email.host, self.email.port, **options) as server:
            if self.email.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if self.login:
                server.login(*self.login)
            return list(server.send_message(mail, self.email.sender, list(recipients)))


def _find_name() -> str:
    """Name this machine to the server without asking a name server, which may be slow to have no answer."""
    name = socket.gethostname()
    return name if "." in name else "[127.0.0.1]"


def build_mail(messages: Sequence[Message], email: EmailSettings, *, at: datetime) -> EmailMessage:
    """Build one mail of some messages; its Message-ID is the same whenever it is built of the same messages."""
    mail = EmailMessage()
    mail["Subject"] = build_subject(messages)
    mail["From"] = email.sender
    mail["To"] = ", ".join(email.recipients)
    mail["Date"] = format_datetime(at)
    ids = "|".join(message.message for message in messages)
    mail["Message-ID"] = f"<{hashlib.sha256(ids.encode()).hexdigest()[:32]}@{email.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(build_text(messages), cte="quoted-printable")  # any server takes it
    return mail


def build_subject(messages: Sequence[Message]) -> str:
    """Build one line of a length that can be read: the first message, and how many more there are."""
    first = " ".join(messages[0].text.split())
    more = f" (+{len(messages) - 1})" if len(messages) > 1 else ""
    if len(first) + len(more) > SUBJECT_LENGTH:
        first = first[: SUBJECT_LENGTH - len(more) - 1].rstrip() + "…"
    return first + more


def build_text(messages: Sequence[Message]) -> str:
    """Build a text of all messages, each with its state and its id."""
    blocks = [f"{message.text}\n[{message.state}, {message.message}]" for message in messages]
    return "\n\n".join(blocks) + "\n"


class _Server(smtplib.SMTP):
    """A server whose connection is watched from its first byte on."""

    watch: Watch

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self.watch.add(connection)
        return connection


class _SecureServer(smtplib.SMTP_SSL, _Server):
    """The same with TLS from the first byte: what stands above is called before TLS is agreed on."""


def _describe_mail(error: Exception) -> str:
    """Describe what a mail server refused; its own words after a login could repeat the password."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"it refused user and password ({error.smtp_code})"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "it offers no STARTTLS, or no login"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({str(code) for code, _ in error.recipients.values()})
        return f"it refused every recipient ({', '.join(codes)})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answered {error.smtp_code}"
    return describe(error)

"""The ways to tell somebody that a plant has: a webhook, mail, services by Apprise, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from elc.alerts.apprise import Apprise
from elc.alerts.mail import Mail
from elc.alerts.undelivered import UndeliveredError
from elc.alerts.webhook import Webhook
from elc.records.alerts import Message
from elc.settings import AlertSettings

__all__ = ["Channel", "UndeliveredError", "build_channels", "build_mail_channel"]

WEBHOOK = "ELC_ALERT_WEBHOOK"
LOGIN = ("ELC_SMTP_USER", "ELC_SMTP_PASSWORD")


class Channel(Protocol):
    """One way to tell. `label` may be shown; `address` tells two channels apart and is never shown."""

    @property
    def name(self) -> str: ...
    @property
    def batch(self) -> int:
        """How many messages go in one."""

    @property
    def label(self) -> str: ...
    @property
    def address(self) -> str: ...
    def send(self, messages: Sequence[Message]) -> str:
        """Send messages and say what was answered, or raise `UndeliveredError`."""


def build_channels(settings: AlertSettings, environ: Mapping[str, str]) -> list[Channel]:
    """Build the channels of a plant; the secrets come from the environment's variables alone."""
    channels: list[Channel] = []
    given = environ.get(WEBHOOK, "").strip()
    if given:
        channels.append(Webhook(given, settings.timeout_s, WEBHOOK))
    elif settings.webhook:
        channels.append(Webhook(settings.webhook, settings.timeout_s, "alerts.webhook"))
    mail = build_mail_channel(settings, environ)
    channels += [mail] if mail else []
    channels += [Apprise(environ.get(name, "").strip(), settings.timeout_s, name) for name in settings.apprise]
    return channels


def build_mail_channel(settings: AlertSettings, environ: Mapping[str, str]) -> Mail | None:
    """Build the channel of mail; None where `alerts.email` is not set."""
    if settings.email is None:
        return None
    user, password = (environ.get(name, "") for name in LOGIN)
    return Mail(settings.email, (user, password) if user and password else None, settings.timeout_s)

"""Notify by Apprise, which knows the services that people read: Teams, Slack, Telegram, SMS and a hundred more."""

from __future__ import annotations

import functools
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from elc.alerts.deadline import finish_within
from elc.alerts.mail import build_subject, build_text
from elc.alerts.undelivered import UndeliveredError, describe
from elc.extras import say_missing
from elc.records.alerts import Message

WRITE = "Write it as in msteams://... or slack://..., by the list of Apprise"


@dataclass(frozen=True)
class Apprise:
    """A service that Apprise sends to. The URL is a secret: only the variable that holds it is ever named."""

    url: str = field(repr=False)
    timeout_s: float
    variable: str
    batch: int = 1000

    @property
    def name(self) -> str:
        return f"apprise {self.variable}"

    @property
    def label(self) -> str:
        return f"the service of {self.variable}"

    @property
    def address(self) -> str:
        return self.url or self.variable

    def send(self, messages: Sequence[Message]) -> str:
        """Send one notification with all messages.

        Raises:
            UndeliveredError: Apprise is not installed, the variable holds no URL that it knows, or the service did not
                take the notification in time.
        """
        if not self.url:
            raise UndeliveredError(f"{self.variable} is not set, expected a URL of Apprise. {WRITE}", is_down=True)
        try:
            import apprise
        except ModuleNotFoundError:
            raise UndeliveredError(say_missing("apprise"), is_down=True) from None
        logging.getLogger("apprise").disabled = True  # what it says may hold the URL
        service = apprise.Apprise.instantiate(self.url)
        if service is None:
            raise UndeliveredError(f"{self.variable} holds no URL that Apprise knows. {WRITE}", is_down=True)
        is_over = all(message.state == "recovered" for message in messages)
        notify = functools.partial(
            service.notify,
            build_text(messages),
            title=build_subject(messages),
            notify_type=apprise.NotifyType.SUCCESS if is_over else apprise.NotifyType.WARNING,
            body_format=apprise.NotifyFormat.TEXT,
        )
        try:
            is_taken = finish_within(self.timeout_s, lambda _: notify())
        except (OSError, ValueError) as error:
            raise UndeliveredError(describe(error), is_down=True) from None
        if not is_taken:
            raise UndeliveredError(
                "it did not take the notification. Check that its URL is still valid",
                is_down=True,
            )
        return "it took the notification"

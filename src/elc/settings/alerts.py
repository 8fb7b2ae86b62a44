"""The section alerts of params.yaml: what is told, when, and to whom. Secrets stand in the environment, not here."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from elc.settings.section import Frac, NotNegative, Positive, Section


def find_url_fault(url: str) -> str:
    """Describe what keeps a URL from being one to post to, without repeating it: it may be a secret; empty if
    nothing."""
    from urllib.parse import urlsplit

    if re.search(r"[^\x21-\x7e]", url):
        return "it contains a space or a character that a URL cannot contain"
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return "it is not a URL; write it as in https://hooks.example.org/elc"
    if parts.scheme not in ("https", "http") or not has_host:
        return "it is not an http or https URL with a host; write it as in https://hooks.example.org/elc"
    return "it contains a user name; write it without one" if "@" in parts.netloc else ""


def _check_url(url: str) -> str:
    fault = find_url_fault(url)
    if fault:
        raise ValueError(fault)
    return url


def _check_address(address: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]+@[A-Za-z0-9.-]+", address) or re.search(r'[<>(),;:"\\]', address):
        raise ValueError("it is not a mail address; write it as in shift@example.org")
    return address


def _check_variable(name: str) -> str:
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
        raise ValueError(
            "it is not the name of an environment variable that holds the URL; write one, such as ELC_ALERT_TEAMS"
        )
    return name


Address = Annotated[str, AfterValidator(_check_address)]
Url = Annotated[str, AfterValidator(_check_url)]
Variable = Annotated[str, AfterValidator(_check_variable)]


class EmailSettings(Section):
    """The mail server, and who is written to. User and password are ELC_SMTP_USER and ELC_SMTP_PASSWORD."""

    host: str = Field(pattern=r"^[A-Za-z0-9.:-]+$")
    port: int = Field(gt=0, le=65535)
    security: Literal["none", "starttls", "tls"]
    sender: Address
    recipients: list[Address] = Field(min_length=1)


class AlertSettings(Section):
    """When something is told. A `webhook` here is not used where ELC_ALERT_WEBHOOK is set.

    `apprise` names the environment variables that hold the URLs which Apprise sends to: these are secrets.
    """

    max_gap_frac: Frac = 0.02
    gap_h: Positive = 6.0
    violation_h: NotNegative = 6.0
    stale_h: Positive | None = 3.0
    repeat_h: NotNegative = 24.0
    webhook: Url | None = None
    email: EmailSettings | None = None
    apprise: list[Variable] = Field(default_factory=list)
    timeout_s: Positive = 20.0

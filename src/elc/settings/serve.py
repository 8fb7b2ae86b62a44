"""The section serve of params.yaml: the prediction service. Keys and secrets stand elsewhere."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from elc.settings.section import Frac, NotNegative, Positive, Section

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_PREFIX = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)+", re.ASCII)


def is_prefix(path: str) -> bool:
    """Whether a path can stand before those of the service: as in /energy/elc, without a slash at its end."""
    return _PREFIX.fullmatch(path) is not None


def _check_prefix(path: str) -> str:
    if path and not is_prefix(path):
        raise ValueError(f"{path} cannot stand before a path; write it as in /energy/elc, without a slash at the end")
    return path


def _check_network(text: str) -> str:
    from ipaddress import ip_network

    try:
        network = ip_network(text)
    except ValueError:
        raise ValueError(f"{text} is not a network or an address; write it as in 10.0.0.0/8 or 10.1.2.3") from None
    if network.prefixlen == 0:
        raise ValueError(f"{text} is every address, so anyone could claim another's; name those of the proxies")
    return text


Prefix = Annotated[str, AfterValidator(_check_prefix)]
Network = Annotated[str, AfterValidator(_check_network)]


class LimitSettings(Section):
    """What one request, and one client, may take."""

    max_body_mib: Positive
    max_rows: int = Field(gt=0)
    timeout_s: Positive
    requests_per_s: Positive
    burst: int = Field(gt=0)


class CaptureSettings(Section):
    """Which requests are kept, and how much disk they may take."""

    share_frac: Frac
    max_mib: Positive
    flush_s: Positive


class SwapSettings(Section):
    """How traffic moves from one version to the next, and what sends it back."""

    policy: Literal["all_at_once", "canary", "linear"]
    canary_frac: Frac
    steps: int = Field(gt=0)
    bake_s: NotNegative
    replay_rows: int = Field(ge=0)
    max_error_frac: Frac
    max_slower_ratio: Positive
    max_distance_frac: Positive


class ServeSettings(Section):
    """Where the service listens, whom it answers, and how it changes versions.

    `root_path` is the path under which a proxy offers it, `proxies` the networks whose X-Forwarded-* are believed.
    """

    host: str = Field(pattern=r"^[A-Za-z0-9.:-]+$")
    port: int = Field(ge=0, le=65535)
    workers: int = Field(gt=0)
    certificate: str | None
    private_key: str | None
    hosts: list[str]
    root_path: Prefix = ""
    proxies: list[Network] = Field(default_factory=list)
    watch_s: Positive
    drain_s: NotNegative
    limits: LimitSettings
    capture: CaptureSettings
    swap: SwapSettings

    @model_validator(mode="after")
    def _check_pair(self) -> Self:
        if (self.certificate is None) != (self.private_key is None):
            raise ValueError("certificate and private_key go together; give both files or neither")
        return self

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the service: no other address, and no proxy."""
        return self.is_loopback and not self.proxies

    @property
    def is_loopback(self) -> bool:
        """Whether the service listens at this machine alone."""
        return self.host in LOOPBACK

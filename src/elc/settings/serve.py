"""The section serve of params.yaml: the prediction service. Keys and secrets stand elsewhere."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from elc.settings.section import Frac, NotNegative, Positive, Section

LOOPBACK = ("127.0.0.1", "::1", "localhost")


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
    """Where the service listens, whom it answers, and how it changes versions."""

    host: str = Field(pattern=r"^[A-Za-z0-9.:-]+$")
    port: int = Field(ge=0, le=65535)
    workers: int = Field(gt=0)
    certificate: str | None
    private_key: str | None
    hosts: list[str]
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
        """Whether only this machine can reach the service."""
        return self.host in LOOPBACK

"""The section publish of params.yaml: where the results of each hour are written. Secrets stand elsewhere."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from elc.settings.alerts import Variable
from elc.settings.fetch import Url, WebServer
from elc.settings.listen import MqttBroker
from elc.settings.section import Positive, Section


def _check_topic(topic: str) -> str:
    if "{plant}" not in topic.split("/"):
        raise ValueError(
            "it has no level {plant}, so plants would overwrite each other; write it as in elc/{plant}/hour"
        )
    if any(sign in topic.replace("{plant}", "") for sign in "+#{}\0"):
        raise ValueError("it contains +, # or another place in braces; write it as in elc/{plant}/hour")
    return topic


class MqttTarget(MqttBroker):
    """A broker that gets a message for each hour, in JSON; the newest is retained."""

    topic: Annotated[str, AfterValidator(_check_topic)] = "elc/{plant}/hour"


class SqlTarget(Section):
    """A table of a database that Ibis writes: a row for each plant, hour and name. It is made where it is missing."""

    url: Url
    table: str = Field(default="elc_hours", pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$")
    secret: Variable | None = None


class PiTarget(WebServer):
    """A PI Data Archive: `tags` says for each plant which name is written to which tag, and nothing else is."""

    tags: dict[str, dict[str, str]] = Field(min_length=1)


class PublishSettings(Section):
    """Where hours are published; nothing is, unless a target is named.

    `environment` is whose hours; without it those of the highest. `days` is how far back a first run begins, and for
    how long corrections of an hour are written.
    """

    environment: str | None = None
    days: Positive = 7.0
    timeout_s: Positive = 20.0
    mqtt: dict[str, MqttTarget] = Field(default_factory=dict)
    sql: dict[str, SqlTarget] = Field(default_factory=dict)
    pi: dict[str, PiTarget] = Field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The targets, as `mqtt.site`."""
        return tuple(f"{kind}.{name}" for kind in ("mqtt", "sql", "pi") for name in getattr(self, kind))

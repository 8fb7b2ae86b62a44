"""The metrics of a message of Sparkplug B as readings: each is known by its alias or its name, or rejected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from elc.listen.model import BAD, Reading, Reject, Rejects
from elc.listen.sparkplug.births import NAME_CHARACTERS, Key, Metric
from elc.listen.sparkplug.message import Payload
from elc.listen.sparkplug.values import read_quality, read_value

Found = tuple[tuple[Reading, ...], tuple[Reject, ...], str]


def has_alias_alone(metric: Any) -> bool:
    """Tell whether a metric names itself by its alias only."""
    return bool(metric.HasField("alias") and not metric.name)


def read_metrics(
    device: str,
    message: Payload,
    by_name: Mapping[str, Metric],
    aliases: Mapping[Key, Metric],
    rejects: Rejects,
    why_unknown: str,
) -> Found:
    """Read the metrics of a message.

    Returns:
        readings, what could not be read, and "ask" where a birth could name what is unknown.
    """
    readings: list[Reading] = []
    is_unknown = False
    for reason, raw in message.broken:
        rejects.add(reason, raw)
    for metric in message.metrics:
        if has_alias_alone(metric):
            known, what = aliases.get((device, metric.alias)), f"alias {metric.alias}"
        else:
            known, what = by_name.get(f"{device}/{metric.name}"), f"metric {metric.name[:NAME_CHARACTERS]}"
        if known is None:
            is_unknown = True
            rejects.add(f"{what} is unknown: {why_unknown}", metric)
        elif known.tag:
            _read_metric(metric, known, message, readings, rejects)
    return tuple(readings), rejects.build(), "ask" if is_unknown else ""


def _read_metric(metric: Any, known: Metric, message: Payload, readings: list[Reading], rejects: Rejects) -> None:
    time_ms = metric.timestamp if metric.HasField("timestamp") else message.timestamp
    if time_ms is None:
        rejects.add("has no time", metric, tag=known.tag)
        return
    try:
        value = read_value(metric, metric.datatype or known.datatype)
    except ValueError as fault:
        rejects.add(str(fault), metric, tag=known.tag)
        return
    readings.append(Reading(known.tag, time_ms * 1000, value, BAD if value is None else read_quality(metric)))

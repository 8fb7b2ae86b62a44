"""What is told of what is open: the first time, again after a while, and its end; pure, with the clock passed in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from elc import language
from elc.alerts.model import Alert, build_record

MessageState = Literal["open", "still open", "recovered"]
# ASSUME: a timer of every hour may come this much early, and 24 hours are still meant.
EARLY = timedelta(minutes=10)


@dataclass(frozen=True)
class Told:
    """An alert that is open and was told: in how many messages, the last of them at `told`; in how many runs seen."""

    alert: Alert
    told: datetime
    messages: int
    runs: int


@dataclass(frozen=True)
class Folded:
    """What is open now by its key, what is to be told, and of what is over: how many messages each id had."""

    open: dict[str, Told]
    messages: list[dict[str, Any]]
    closed: dict[str, int]


def fold(
    told: Mapping[str, Told],
    alerts: Iterable[Alert],
    closed: Mapping[str, int],
    *,
    known: Collection[str],
    now: datetime,
    repeat_h: float,
) -> Folded:
    """Compare what is open with what was told of it.

    An alert whose kind is not `known`, since its source could not be read, stays as it was. One that began after what
    was told of its like had ended is another: the end of the former is told too.
    """
    found = {alert.key: alert for alert in alerts}
    folded = Folded({}, [], dict(closed))
    for key, former in told.items():
        alert = found.get(key)
        if alert is not None and not _is_other(alert, former.alert):
            continue
        if alert is None and former.alert.kind not in known:
            folded.open[key] = former
            continue
        folded.closed[former.alert.id] = former.messages + 1
        folded.messages.append(_build_message(replace(former, messages=former.messages + 1), "recovered"))
    for key, alert in found.items():
        same = told.get(key)
        _add(folded, alert, None if same is None or _is_other(alert, same.alert) else same, now, repeat_h)
    return folded


def _add(folded: Folded, alert: Alert, former: Told | None, now: datetime, repeat_h: float) -> None:
    """Add an alert that is open: told for the first time, once more, or only counted."""
    if former is None:
        entry = Told(alert, now, folded.closed.get(alert.id, 0) + 1, 1)
        folded.messages.append(_build_message(entry, "open"))
    else:
        starts = [time for time in (former.alert.since, alert.since) if time is not None]
        same = replace(alert, id=former.alert.id, since=min(starts, default=None))
        entry = replace(former, alert=same, runs=former.runs + 1)
        if repeat_h and now - former.told >= timedelta(hours=repeat_h) - EARLY:
            entry = replace(entry, told=now, messages=former.messages + 1)
            folded.messages.append(_build_message(entry, "still open"))
    folded.open[alert.key] = entry


def _is_other(alert: Alert, former: Alert) -> bool:
    return alert.since is not None and former.last is not None and alert.since > former.last


def _build_message(entry: Told, state: MessageState) -> dict[str, Any]:
    """Build what a receiver gets: `id` is the alert's, `message` this message's, the same however often it is sent."""
    alert = entry.alert
    record = build_record(alert)
    return {
        "id": alert.id,
        "message": f"{alert.id}-{entry.messages}",
        "plant": alert.plant,
        "kind": alert.kind,
        "subject": alert.subject,
        "state": state,
        "sentence": alert.sentence,
        "advice": alert.advice,
        "text": _write_text(alert, state),
        "since": record["since"],
        "until": record["last"] if state == "recovered" else None,
        "last": record["last"],
        "runs": entry.runs,
        "values": alert.values,
        "url": None,
    }


def _write_text(alert: Alert, state: MessageState) -> str:
    """Write what chat rooms and mails show; what is over needs no advice."""
    if state == "recovered":
        return language.say("Over: {sentence}", sentence=alert.sentence)
    text = f"{alert.sentence} {alert.advice}".rstrip()
    return language.say("Still so: {sentence}", sentence=text) if state == "still open" else text

"""What is told of what is open: the first time, again after a while, and its end; pure, with the clock passed in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from elc.pages import language
from elc.records.alerts import Alert, Message, Told

MessageState = Literal["open", "still open", "recovered"]
# ASSUME: a timer of every hour may come this much early, and 24 hours are still meant.
EARLY = timedelta(minutes=10)


@dataclass(frozen=True)
class Folded:
    """What is open now by its key, what is to be told, and of what is over: how many messages each id had."""

    open: dict[str, Told]
    messages: list[Message]
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
        folded.messages.append(_build_message(_change(former, messages=former.messages + 1), "recovered"))
    for key, alert in found.items():
        same = told.get(key)
        _add(folded, alert, None if same is None or _is_other(alert, same.alert) else same, now, repeat_h)
    return folded


def _add(folded: Folded, alert: Alert, former: Told | None, now: datetime, repeat_h: float) -> None:
    """Add an alert that is open: told for the first time, once more, or only counted."""
    if former is None:
        entry = Told(alert=alert, told=now, messages=folded.closed.get(alert.id, 0) + 1, runs=1)
        folded.messages.append(_build_message(entry, "open"))
    else:
        starts = [time for time in (former.alert.since, alert.since) if time is not None]
        same = alert.model_copy(update={"id": former.alert.id, "since": min(starts, default=None)})
        entry = _change(former, alert=same, runs=former.runs + 1)
        if repeat_h and now - former.told >= timedelta(hours=repeat_h) - EARLY:
            entry = _change(entry, told=now, messages=former.messages + 1)
            folded.messages.append(_build_message(entry, "still open"))
    folded.open[alert.key] = entry


def _change(entry: Told, **changes: object) -> Told:
    return entry.model_copy(update=changes)


def _is_other(alert: Alert, former: Alert) -> bool:
    return alert.since is not None and former.last is not None and alert.since > former.last


def _build_message(entry: Told, state: MessageState) -> Message:
    """Build what a receiver gets: `id` is the alert's, `message` this message's, the same however often it is sent."""
    alert = entry.alert
    return Message(
        id=alert.id,
        message=f"{alert.id}-{entry.messages}",
        plant=alert.plant,
        kind=alert.kind,
        subject=alert.subject,
        state=state,
        sentence=alert.sentence,
        advice=alert.advice,
        text=_write_text(alert, state),
        since=alert.since,
        until=alert.last if state == "recovered" else None,
        last=alert.last,
        runs=entry.runs,
        values=alert.values,
        url=None,
    )


def _write_text(alert: Alert, state: MessageState) -> str:
    """Write what chat rooms and mails show; what is over needs no advice."""
    if state == "recovered":
        return language.say("Over: {sentence}", sentence=alert.sentence)
    text = f"{alert.sentence} {alert.advice}".rstrip()
    return language.say("Still so: {sentence}", sentence=text) if state == "still open" else text

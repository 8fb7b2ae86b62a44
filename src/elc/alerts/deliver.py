"""Tell what is new, what is still so and what is over, at least once each.

What is to be sent is written down before it is sent, and struck out when a receiver has taken it. So a run that is
killed, or a receiver that is down, makes the next run send the same message again, by which the receiver knows it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextvars import copy_context
from datetime import datetime, timedelta
from pathlib import Path

from elc.alerts.channels import Channel, UndeliveredError, build_channels
from elc.alerts.fold import fold
from elc.alerts.sources import find_open
from elc.alerts.state import KEPT, append_log, find_told
from elc.errors import ElcError
from elc.files import hold_lock
from elc.pages import language
from elc.paths import Project
from elc.records.alerts import NOTHING_TOLD, AlertState, Message, Unsent, build_alert, write_state
from elc.settings import StageSettings, read_operation, read_settings

# ASSUME: who could not be reached for a week is not helped by a message from before it.
KEPT_UNSENT = timedelta(days=7)


def deliver(project: Project, plant: str, *, environment: str, now: datetime) -> list[str]:
    """Deliver what there is to tell of one plant; see `deliver_all`."""
    return deliver_all(project, [plant], environment=environment, now=now)


def deliver_all(project: Project, plants: Sequence[str], *, environment: str, now: datetime) -> list[str]:
    """Deliver what there is to tell of some plants at a moment (aware), and say in sentences what did not work.

    A receiver that is down is not asked again in this call, and one plant's fault stops no other's messages.

    Raises:
        ElcError: params.yaml has faults, or a plant or the environment is unknown.
    """
    chosen = [read_operation(project, plant, environment) for plant in plants]
    simulated = read_settings(project).simulate.plants
    down: set[str] = set()
    failed: list[str] = []
    for settings in chosen:
        channels = build_channels(settings.alerts, os.environ)
        is_simulated = settings.plant_id in simulated
        arguments = (project, settings, channels, now, is_simulated, down)
        try:
            sentences = copy_context().run(_deliver_plant, *arguments)
        except (ElcError, OSError) as error:
            sentences = [str(error)]
        failed += [f"plant {settings.plant_id}: alerts: {sentence}" for sentence in sentences]
    return failed


def _deliver_plant(
    project: Project,
    settings: StageSettings,
    channels: Sequence[Channel],
    now: datetime,
    is_simulated: bool,
    down: set[str],
) -> list[str]:
    language.choose(settings.site.language)
    folder = project.operation("alerts", settings.plant_id)
    with hold_lock(folder / ".lock"):
        found = find_open(project, settings, now=now, is_simulated=is_simulated)
        failed = list(found.faults)
        try:
            state = find_told(folder)
        except ElcError as error:
            failed.append(str(error))
            state = NOTHING_TOLD
        folded = fold(
            {told.alert.key: told for told in state.open},
            found.alerts,
            state.closed,
            known=found.known,
            now=now,
            repeat_h=settings.alerts.repeat_h,
        )
        append_log(folder, folded.messages, now=now)
        unsent, dropped = _queue(state.unsent, folded.messages, channels, now)
        closed = dict(list(folded.closed.items())[-KEPT:])
        state = AlertState(open=tuple(folded.open.values()), unsent=tuple(unsent), closed=closed)
        write_state(folder, state)
        return failed + dropped + _send_all(folder, state, channels, down)


def _queue(
    unsent: Sequence[Unsent], messages: Sequence[Message], channels: Sequence[Channel], now: datetime
) -> tuple[list[Unsent], list[str]]:
    """Add new messages for every channel; let go what nobody waits for, and say so.

    Of several messages that an alert is still open, the last is enough.
    """
    names = [channel.name for channel in channels]
    still = {message.id for message in messages if message.state == "still open"}
    kept = [item for item in unsent if item.channel in names and now - item.queued <= KEPT_UNSENT]
    dropped = []
    if len(kept) < len(unsent):
        dropped.append(
            f"{len(unsent) - len(kept)} unsent messages are let go: their channel is gone from params.yaml, or they "
            f"are older than {KEPT_UNSENT.days} days. They stand in alerts.jsonl."
        )
    kept = [item for item in kept if not (item.message.state == "still open" and item.message.id in still)]
    new = [Unsent(channel=name, message=message, queued=now) for name in names for message in messages]
    return kept + new, dropped


def _send_all(folder: Path, state: AlertState, channels: Sequence[Channel], down: set[str]) -> list[str]:
    """Send what each channel waits for, and strike out what it took, message by message."""
    failed = []
    for channel in channels:
        waiting = [item for item in state.unsent if item.channel == channel.name]
        reasons: list[str] = []
        left = 0
        for start in range(0, len(waiting), channel.batch):
            batch = waiting[start : start + channel.batch]
            reason = _send(channel, [item.message for item in batch], down)
            if reason is None:
                left_over = tuple(item for item in state.unsent if item not in batch)
                state = state.model_copy(update={"unsent": left_over})
                write_state(folder, state)
            else:
                left += len(batch)
                reasons += [reason] if reason not in reasons else []
        if left:
            failed.append(
                f"{channel.label} did not take {left} of {len(waiting)} messages: {'; '.join(reasons)}. "
                "They are sent again in the next run."
            )
    return failed


def _send(channel: Channel, messages: Sequence[Message], down: set[str]) -> str | None:
    """Send messages that go together; give the reason if they were not taken."""
    if channel.address in down:
        return "it failed before in this run"
    try:
        channel.send(messages)
    except UndeliveredError as error:
        if error.is_down:
            down.add(channel.address)
        return str(error)
    return None


def send_test(settings: StageSettings, *, now: datetime) -> list[tuple[str, bool]]:
    """Send a test message through every channel of a plant; say in a sentence each whether it was taken."""
    context = copy_context()
    context.run(language.choose, settings.site.language)
    message = context.run(_build_test, settings, now)
    results = []
    for channel in build_channels(settings.alerts, os.environ):
        try:
            results.append((f"{channel.label}: {channel.send([message])}", True))
        except UndeliveredError as error:
            results.append((f"{channel.label} did not take it: {error}", False))
    return results


def _build_test(settings: StageSettings, now: datetime) -> Message:
    sentence = language.say("A test of the alerts of {plant}: nothing is wrong.", plant=settings.plant.name)
    alert = build_alert(settings.plant_id, "test", "alerts", sentence, since=now, last=now)
    return fold({}, [alert], {}, known=(), now=now, repeat_h=0).messages[0]

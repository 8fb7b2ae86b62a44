"""The part of the monitoring page about what the service was asked (Markdown); empty where it was asked nothing."""

from __future__ import annotations

from elc.monitor.requests.doubts import CHECKS
from elc.monitor.requests.read import Asked, Far
from elc.pages.amounts import write_site_time
from elc.pages.findings import say_findings
from elc.pages.labels import say_label, say_sign
from elc.pages.language import escape, format_number, format_share, say, say_list, say_version
from elc.settings import StageSettings

SHOWN_COLUMNS = 5


def write_asked(asked: Asked, settings: StageSettings) -> str:
    """Write what was asked, by which versions, how much of it lies outside, and what is lost of it."""
    parts = [*_write_rows(asked, settings), _write_outside(asked, settings), _write_far(asked)]
    lost = asked.findings[asked.findings["check"].isin(CHECKS[:2])]
    parts += [escape(sentence) for sentence in say_findings(lost)]
    if asked.losses.unread:
        parts.append(
            say(
                "Lines of data/capture/outages.jsonl that cannot be read: {count}.",
                count=format_number(asked.losses.unread, 0),
            )
        )
    if asked.ahead:
        parts.append(
            say(
                "Files dated in the future, left out: {count}. Check the clock of the service.",
                count=format_number(asked.ahead, 0),
            )
        )
    told = [part for part in parts if part]
    return f"**{say('What the service was asked')}:** " + "\n\n".join(told) if told else ""


def _write_rows(asked: Asked, settings: StageSettings) -> list[str]:
    if asked.start is None or asked.end is None:
        return []
    zone = settings.plant.time_zone
    start, end = (write_site_time(time, zone) for time in (asked.start, asked.end))
    total = sum(count for _, count in asked.rows)
    answers = say_list([f"{say_version(name)}: {format_number(count, 0)}" for name, count in asked.rows])
    found = [
        say(
            "Rows that the service kept of its requests from {start} to {end}: {total}. By version: {answers}.",
            start=start,
            end=end,
            total=format_number(total, 0),
            answers=answers,
        )
    ]
    if asked.others:
        share = format_share(asked.others / total, 0)
        found.append(say("Of them, {share} were answered by a version that is not the one in use now.", share=share))
    return found


def _write_outside(asked: Asked, settings: StageSettings) -> str:
    words = []
    if asked.outside_frac is not None:
        words.append(
            say(
                "Of {count} rows of the last day that were looked at, {share} lie outside what the model was trained "
                "on (limit {limit}).",
                count=format_number(asked.day_rows, 0),
                share=format_share(asked.outside_frac, 0),
                limit=format_share(settings.monitor.max_asked_outside_frac, 0),
            )
        )
    if asked.unjudged:
        words.append(
            say(
                "Rows of it that lack a column of the model in use, and are not judged: {count}.",
                count=format_number(asked.unjudged, 0),
            )
        )
    return " ".join(words)


def _write_far(asked: Asked) -> str:
    if not asked.far:
        return ""
    head = say("Asked under conditions unlike training, as what-if questions may be:")
    lines = [f"- {_write_column(one)}" for one in asked.far[:SHOWN_COLUMNS]]
    if len(asked.far) > SHOWN_COLUMNS:
        names = say_list([say_label(one.column) for one in asked.far[SHOWN_COLUMNS:]])
        lines.append(f"- {say('less so: {columns}', columns=names)}")
    return "\n".join([head, "", *lines])


def _write_column(far: Far) -> str:
    now, low, high = (
        format_number(value, 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0)
        for value in (far.median, far.low, far.high)
    )
    sign = say_sign(far.column)
    return say(
        "{column}: median {now}, in training mostly {low} to {high} (distance {distance})",
        column=say_label(far.column),
        now=f"{now} {sign}".rstrip(),
        low=low,
        high=f"{high} {sign}".rstrip(),
        distance=format_number(far.distance, 2),
    )

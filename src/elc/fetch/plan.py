"""What is asked for: which tags, over which periods, so that no request is large and a run that was killed goes on.

Of each tag is kept for which period it was asked without a hole. A run asks for what came since its newest reading,
with an overlap for what comes late; and for what lies before that period, where an earlier day is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from elc.records.fetch import AskedTag
from elc.settings.fetch import SourceSection

# ASSUME: a tag that is silent for a week while others speak is dead: what it says later is asked for a week back.
BACK = timedelta(days=7)
# How far beyond the present is asked for, so that a clock that runs ahead shows.
AHEAD = timedelta(hours=1)


@dataclass(frozen=True)
class Window:
    """One period of some tags, from `start` to before `end` (UTC)."""

    tags: tuple[str, ...]
    start: datetime
    end: datetime


def plan_windows(
    tags: Sequence[str],
    asked: Mapping[str, AskedTag],
    settings: SourceSection,
    *,
    first: datetime,
    now: datetime,
    is_again: bool,
) -> Iterator[Window]:
    """Plan what to ask a source for, in the order in which it is asked: the newest first, then long histories.

    Args:
        tags: of the source, by their names in the tag list.
        asked: for which period each was asked before.
        settings: of the source.
        first: the first moment that is wanted.
        now: the present moment.
        is_again: whether all since `first` is asked for again.
    """
    chunk = timedelta(hours=settings.chunk_h)
    heard = max(filter(None, (asked[tag].last for tag in tags if tag in asked)), default=None)
    starts = {tag: first if is_again else _find_start(asked.get(tag), settings, first, heard) for tag in tags}
    for batch in reversed(list(_group(starts, settings))):
        start = starts[batch[0]]
        while start < now:
            end = min(start + chunk, now)
            yield Window(batch, start, end + AHEAD if end == now else end)
            start = end
    ends = {tag: asked[tag].asked_from for tag in tags if tag in asked and asked[tag].asked_from > first}
    for batch in _group({} if is_again else ends, settings):
        end = ends[batch[-1]]
        while end > first:
            start = max(end - chunk, first)
            yield Window(batch, start, end)
            end = start


def note_window(asked: AskedTag | None, window: Window, *, now: datetime, last: datetime | None) -> AskedTag:
    """Note that a tag was asked for a window, and the newest reading that came; a window apart from the rest is not."""
    end = min(window.end, now)
    if asked is None:
        return AskedTag(asked_from=window.start, asked_until=end, last=last)
    newest = max(filter(None, (asked.last, last)), default=None)
    if window.start > asked.asked_until or end < asked.asked_from:
        return asked.model_copy(update={"last": newest})
    start, end = min(asked.asked_from, window.start), max(asked.asked_until, end)
    return AskedTag(asked_from=start, asked_until=end, last=newest)


def _find_start(asked: AskedTag | None, settings: SourceSection, first: datetime, heard: datetime | None) -> datetime:
    """Find from when on a tag is asked for what is new.

    That is since its newest reading; of a tag that is dead, since a week before the newest of any tag (`heard`), so
    that what all held back comes however long they did.
    """
    if asked is None:
        return first
    newest = asked.asked_from if asked.last is None else min(asked.last, asked.asked_until)
    present = min(heard or asked.asked_until, asked.asked_until)
    start = max(newest, present - BACK) - timedelta(hours=settings.late_h)
    return max(start, asked.asked_from)


def _group(moments: Mapping[str, datetime], settings: SourceSection) -> Iterator[tuple[str, ...]]:
    """Put tags together whose moments are near, in the order of these, at most a batch."""
    near = timedelta(hours=settings.late_h)
    batch: list[str] = []
    for tag in sorted(moments, key=lambda tag: moments[tag]):
        if batch and (len(batch) >= settings.batch_tags or moments[tag] > moments[batch[0]] + near):
            yield tuple(batch)
            batch = []
        batch.append(tag)
    if batch:
        yield tuple(batch)

"""Readings that are the amount of an interval: how long that is, and whether it fits how they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace

import numpy as np
import pandas as pd

from elc.errors import check_faults
from elc.findings import Finding, Kind
from elc.ingest.engine import Engine
from elc.ingest.files import Source
from elc.ingest.grid import Grid
from elc.ingest.habits import HOUR_US
from elc.ingest.sources import Survey
from elc.settings import Tag, TagList
from elc.settings.tag_units import RHYTHM

UNLIKELY = Kind("amount", needs=("tag", "said_h", "read_h"))
DAY_NS = 86_400_000_000_000
ODD = 1.5  # ASSUME: amounts that are read so much more, or less, often than their interval are none


def settle_rhythms(
    take: Callable[[], AbstractContextManager[Engine]],
    survey: Survey,
    sources: Mapping[str, Source],
    *,
    train_until: str | None,
) -> TagList:
    """Find the interval of amounts whose readings tell it: the usual time between two, in the largest file.

    Files with readings before `train_until` come first, and of these only such readings tell it: a later file, or a
    file that grows, does not change what earlier amounts are.

    Args:
        take: gives an engine.
        train_until: the day up to which habits are learnt.

    Raises:
        ElcError: a tag has too few readings there.
    """
    tags = survey.tags
    open_tags = [tag for tag in tags if tag.amount_h == RHYTHM]
    if not open_tags or not sources:
        return tags
    with take() as engine:
        steps = _find_steps(engine, survey, sources, [tag.tag for tag in open_tags], train_until)
    check_faults(
        survey.where,
        [
            f"tag {tag.tag} is the amount of an interval, and there are too few readings to tell how long that is. "
            "Write it in the unit, as in kWh/15min."
            for tag in open_tags
            if tag.tag not in steps
        ],
    )
    return replace(tags, tags=tuple(_settle(tag, steps) for tag in tags.tags))


def _settle(tag: Tag, steps: Mapping[str, float]) -> Tag:
    if tag.amount_h != RHYTHM:
        return tag
    hours = steps[tag.tag]
    return replace(tag, factor=tag.factor / hours, amount_h=hours)


def _find_steps(
    engine: Engine, survey: Survey, sources: Mapping[str, Source], names: list[str], train_until: str | None
) -> dict[str, float]:
    """Find the usual time (h) between two readings of tags."""
    end = pd.Timestamp(train_until or pd.Timestamp.max).value // DAY_NS
    learnt = {name: source for name, source in sources.items() if source.days and source.days[-1] < end}
    name, source = max((learnt or sources).items(), key=lambda item: (item[1].rows, item[0]))
    days = [day for day in source.days if day < end] or list(source.days)
    if not days:
        return {}
    readings = survey.read(engine, {name: source}, range(days[0], days[-1] + 1))
    found = engine.execute(readings.filter(readings.tag.isin(names)).select("tag", "time").distinct())
    found = found.sort_values(["tag", "time"])
    step = found.groupby("tag", observed=True)["time"].diff().dt.total_seconds() / 3600
    usual = step.groupby(found["tag"].astype(str)).median().dropna()
    return {str(tag): float(hours) for tag, hours in usual.items()}


def find_odd_amounts(grid: Grid, tags: TagList) -> Iterator[Finding]:
    """Find amounts that are read more or less often than the interval that they are said to be the amount of."""
    rows = np.arange(len(grid.has))[:, None] * float(grid.width_us)
    for position, tag in enumerate(tags):
        if not tag.amount_h:
            continue
        own = grid.has[:, position]
        first, last, count = (grid.columns[name][own, position] for name in ("first_us", "last_us", "readings"))
        steps = np.where(count > 1, (last - first) / np.maximum(count - 1, 1), np.nan)
        between = np.diff(rows[:, 0][own] + first) if np.isnan(steps).all() else steps
        if not len(between):
            continue
        hours = float(np.nanmedian(between)) / HOUR_US
        if not 1 / ODD <= hours / tag.amount_h <= ODD:
            values = {"tag": tag.tag, "said_h": tag.amount_h, "read_h": hours}
            end = grid.index[-1] + pd.Timedelta(grid.width_us, "us")
            yield Finding(UNLIKELY, tags.plant, tag.column, grid.index[0], end, values)

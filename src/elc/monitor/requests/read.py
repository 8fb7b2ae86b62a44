"""Read what the service kept of a plant's requests, and measure it against the package in use.

A plant that was never asked costs two looks at the disk. What-if questions differ from history by nature, so the
distance from training is information, and only rows outside the envelope beyond a limit are a finding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from elc.captured import VERSION, Losses, find_days, read_losses
from elc.curve import Package, measure_distance, read_sketch
from elc.fields import AGE, ENERGY, TIME
from elc.findings import build_frame
from elc.monitor.requests.doubts import build_broken, build_lost, build_outside
from elc.paths import Project
from elc.settings import StageSettings

CANDIDATE = "candidate"  # how the service names a version that is not registered
DAY = pd.Timedelta(1, "D")
MOST_ROWS = 5000  # ASSUME: of a day, drawn evenly; they tell a share within two in a hundred
LEAST_ROWS = 24  # ASSUME: fewer make no distribution, as with running hours


@dataclass(frozen=True)
class Far:
    """A column that is asked for otherwise than in training: the distance, and medians; low and high hold 90 %."""

    column: str
    distance: float
    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Asked:
    """What the service was asked in the last days.

    `rows` by version, the most first; `others` of them were answered by a version that is not the one in use. `start`
    and `end` are those of the rows. `day_rows` of the last day were judged, of which `outside_frac` lie outside the
    envelope (None where there are too few); `unjudged` lack a feature of the package. `far` is ordered by distance.
    `ahead` counts files of days to come, which are left out, and `findings` tell what somebody must look at.
    """

    rows: tuple[tuple[str, int], ...] = ()
    others: int = 0
    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None
    day_rows: int = 0
    outside_frac: float | None = None
    unjudged: int = 0
    far: tuple[Far, ...] = ()
    losses: Losses = field(default_factory=lambda: Losses((), 0))
    ahead: int = 0
    findings: pd.DataFrame = field(default_factory=lambda: build_frame([]))


def read_asked(
    project: Project, scored: pd.DataFrame, package: Package, settings: StageSettings, *, version: str
) -> Asked:
    """Read what was asked in the `monitor.health_days` up to the last scored hour, or to the last request if later.

    Args:
        scored: hours (see `curve.score_hours`).
        version: that is in use, empty for the candidate.

    A day that cannot be read is a finding, not an error. Requests are of this machine, so of its operation alone.
    """
    if not project.environment:
        return Asked()
    days, losses = find_days(project, settings.plant_id), read_losses(project, settings.plant_id)
    if not days and not losses.found and not losses.unread:
        return Asked()
    latest = datetime.now(UTC).date() + timedelta(days=1)  # a clock may be a little ahead
    ahead = sum(day > latest for day in days)
    last = pd.Timestamp(scored[TIME].max()) + settings.plant.interval_length
    chosen = _choose({day: path for day, path in days.items() if day <= latest}, last, settings.monitor.health_days)
    counts, rows, broken = _read_rows(chosen, package)
    end = max([last, *rows[TIME].tail(1), *(pd.Timestamp(loss.end) for loss in losses.found)])
    losses = _keep_recent(losses, end - settings.monitor.health_days * DAY)
    judged = rows[rows[TIME] > end - DAY].dropna(subset=package.features)
    unjudged = int((rows[TIME] > end - DAY).sum()) - len(judged)
    share = _find_share(judged, package, settings)
    found = [*build_lost(losses, settings), *build_broken(losses, broken, settings)]
    found += build_outside(share, judged, settings)
    used = version or CANDIDATE
    return Asked(
        rows=tuple(counts.most_common()),
        others=sum(count for name, count in counts.items() if name != used),
        start=rows[TIME].iloc[0] if len(rows) else None,
        end=rows[TIME].iloc[-1] if len(rows) else None,
        day_rows=len(judged),
        outside_frac=share,
        unjudged=unjudged,
        far=_find_far(rows, package, settings),
        losses=losses,
        ahead=ahead,
        findings=build_frame(found),
    )


def _choose(days: Mapping[date, Path], last: pd.Timestamp, count: int) -> list[Path]:
    """Choose the files of the last days, up to the last hour of data or the last day that was asked, if later."""
    end = max([last.date(), *days])
    return [path for day, path in days.items() if day > end - timedelta(days=count)]


def _read_rows(paths: Sequence[Path], package: Package) -> tuple[Counter[str], pd.DataFrame, dict[date, str]]:
    """Count all rows by version, and read some of each day evenly: time and the columns of the package, by time.

    Days that cannot be read come last, each with the reason.
    """
    import pyarrow as pa

    columns = [TIME, *package.features, *package.setpoints]
    counts: Counter[str] = Counter()
    frames = [pd.DataFrame(columns=columns).astype({TIME: "datetime64[us, UTC]"} | dict.fromkeys(columns[1:], float))]
    broken = {}
    for path in paths:
        found: Counter[str] = Counter()
        try:
            frames.append(_read_day(path, columns, found))
        except (OSError, ValueError, pa.ArrowException) as error:
            broken[date.fromisoformat(path.stem)] = " ".join(str(error).split())
        else:
            counts += found
    rows = pd.concat([frame for frame in frames if len(frame)] or frames, ignore_index=True)
    return counts, rows.reindex(columns=columns).sort_values(TIME, kind="stable", ignore_index=True), broken


def _read_day(path: Path, columns: Sequence[str], counts: Counter[str]) -> pd.DataFrame:
    """Read a day by its row groups, so that a large one need not fit into memory."""
    import pyarrow.parquet as pq

    parts = []
    with pq.ParquetFile(path) as file:
        step, first = -(-file.metadata.num_rows // MOST_ROWS), 0
        known = [name for name in columns if name in file.schema_arrow.names]
        for place in range(file.num_row_groups):
            table = file.read_row_group(place, columns=[VERSION, *known])
            for item in table[VERSION].value_counts().to_pylist():
                counts[item["values"]] += item["counts"]
            parts.append(table.select(known).take(np.arange(first, len(table), step)).to_pandas())
            first = (first - len(table)) % step
    found: pd.DataFrame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=known)
    return found


def _keep_recent(losses: Losses, start: pd.Timestamp) -> Losses:
    return Losses(tuple(loss for loss in losses.found if pd.Timestamp(loss.end) > start), losses.unread)


def _find_share(judged: pd.DataFrame, package: Package, settings: StageSettings) -> float | None:
    if len(judged) < settings.monitor.min_asked_rows:
        return None
    return float(package.envelope.find_outside(judged).mean())


def _find_far(rows: pd.DataFrame, package: Package, settings: StageSettings) -> tuple[Far, ...]:
    """Find the columns that lie farther from the training hours than `monitor.max_drift`; the age only grows."""
    found = []
    for feature in package.baseline.statistics.get("features", []):
        column, sketch = feature["name"], read_sketch(feature)
        if sketch is None or column in (AGE, ENERGY) or column not in rows:
            continue
        values = rows[column].dropna().to_numpy(float)
        if len(values) < LEAST_ROWS:
            continue
        distance = measure_distance(sketch, values)
        if distance > settings.monitor.max_drift:
            low, high = (sketch.find_quantile(share) for share in (0.05, 0.95))
            found.append(Far(column, distance, float(np.median(values)), low, high))
    return tuple(sorted(found, key=lambda one: (-one.distance, one.column)))

"""What a simulated historian sends after the committed export: read by moment, or written as day files that grow."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from elc.errors import ElcError, build_nearest
from elc.files import replace_file
from elc.paths import Project
from elc.simulate.cache import draw_rows, read_rows, select_moments
from elc.simulate.historian import SECONDS, split_days, write_day
from elc.simulate.operation import Order
from elc.simulate.physics import build_setpoints
from elc.simulate.simulation import Simulation, read_simulation

LONGEST_YEARS = 20  # that the life of a simulated plant is asked for; a later time is a slip of the pen


def find_end(project: Project, plant: str) -> datetime:
    """Find the end of a simulated plant's committed export (UTC): the first moment that is no longer in it.

    Raises:
        ElcError: the plant is not under `simulate.plants` in params.yaml.
    """
    return read_simulation(project, plant).end.to_pydatetime()


def read_readings(project: Project, plant: str, start: datetime, end: datetime) -> pd.DataFrame:
    """Read what a simulated historian has of the moments in [start, end), before or after the committed export.

    Returns:
        A row a reading in the order of the export: `time` in the export's time zone (naive where that is not UTC),
        `tag`, `value` in the tag's own unit, `quality`.

    Raises:
        ElcError: the plant is not under `simulate.plants` in params.yaml.
    """
    rows = read_rows(project, read_simulation(project, plant), pd.Timestamp(start), pd.Timestamp(end))
    readings: pd.DataFrame = rows.drop_columns(SECONDS).to_pandas()
    return readings


def read_until(text: str) -> datetime:
    """Read `now` or an ISO time, UTC where it names no zone.

    Raises:
        ElcError: it is neither.
    """
    if text == "now":
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ElcError(f"--until {text}: is not a time. Give now, or a time in UTC such as 2026-07-05T13:00.") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def write_live(project: Project, plant: str, until: datetime) -> list[Path]:
    """Write what a simulated historian sent from the committed export's end up to a time; return the files written.

    What was sent stays as it is: a day's file is written again only to grow.

    Raises:
        ElcError: the plant is not simulated, or the time lies before the end or decades after it.
    """
    simulation = read_simulation(project, plant)
    _check_until(simulation, until)
    return _write_days(project.live(plant), read_rows(project, simulation, simulation.end, pd.Timestamp(until)))


class Historian:
    """A simulated plant's historian that is played: its crews take orders, which change later readings only."""

    def __init__(self, project: Project, plant: str, end: datetime) -> None:
        """Draw what it will send from the committed export's end up to another."""
        self.folder = project.live(plant)
        self.end = pd.Timestamp(end)
        self.simulation = read_simulation(project, plant)
        self.rows = self._draw(self.simulation.end)

    def order(self, *orders: Order) -> None:
        """Tell the crews what to hold; the readings from the first order's start on are drawn anew.

        Raises:
            ElcError: the plant has no such set-point.
        """
        known = [point.column for point in build_setpoints(self.simulation.spec.flue_o2_gj_per_t_per_pct)]
        for order in orders:
            if order.setpoint not in known:
                valid = build_nearest(order.setpoint, known)
                raise ElcError(
                    f"plant {self.simulation.plant}: {order.setpoint} is not a set-point of its crews: {valid}"
                )
        self.simulation = replace(self.simulation, orders=(*self.simulation.orders, *orders))
        start = min(order.start for order in orders)
        former, later = self._select(self.simulation.end, start), self._draw(start)
        self.rows = pa.concat_tables([former, later]).unify_dictionaries()

    def send(self, until: datetime) -> list[Path]:
        """Write the readings up to a time; what was sent stays as it is. Return the files written."""
        return _write_days(self.folder, self._select(self.simulation.end, pd.Timestamp(until)))

    def _select(self, start: pd.Timestamp, end: pd.Timestamp) -> pa.Table:
        return select_moments(self.rows, start, end)

    def _draw(self, start: pd.Timestamp) -> pa.Table:
        return draw_rows(self.simulation, start, self.end)


def _write_days(folder: Path, rows: pa.Table) -> list[Path]:
    """Write rows as a file a day; a file that has as many is left alone."""
    written = []
    for day, table in split_days(rows):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{day}.parquet"
        if _count_rows(path) < len(table):
            with replace_file(path) as temporary:
                write_day(temporary, table)
            written.append(path)
    return written


def _check_until(simulation: Simulation, until: datetime) -> None:
    end = simulation.end
    last = simulation.start + pd.DateOffset(years=LONGEST_YEARS)
    if end <= until <= last:
        return
    found = "before" if until < end else "too long after"
    raise ElcError(
        f"plant {simulation.plant}: --until {until:%Y-%m-%dT%H:%M} is {found} {end:%Y-%m-%dT%H:%M} UTC, where the "
        "committed export ends (simulate.start and simulate.days in params.yaml). "
        f"Give now, or a time in UTC from then to {last:%Y-%m-%dT%H:%M}."
    )


def _count_rows(path: Path) -> int:
    """Count the rows of a day's file; one that is missing or cannot be read has none."""
    try:
        return int(pq.read_metadata(path).num_rows)
    except (FileNotFoundError, pa.ArrowInvalid):
        return 0

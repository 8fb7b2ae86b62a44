"""The rows of a simulated plant's whole export by moment, kept by block: to ask for one hour more costs no new draw."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from elc.files import hold_lock, replace_file
from elc.paths import Project
from elc.simulate.chance import BLOCK_DAYS
from elc.simulate.historian import SECONDS, build_export, split_days
from elc.simulate.simulation import Simulation


def read_rows(project: Project, simulation: Simulation, start: pd.Timestamp, end: pd.Timestamp) -> pa.Table:
    """Read the rows (see `historian.build_export`) whose moment is in [start, end)."""
    folder = project.simulated(simulation.plant)
    paths = [_open_block(folder, simulation, number) for number in _find_blocks(simulation, start, end)]
    span = [(SECONDS, ">=", int(start.timestamp())), (SECONDS, "<", int(end.timestamp()))]
    return pa.concat_tables([pq.read_table(path, filters=span) for path in paths]).combine_chunks()


def draw_rows(simulation: Simulation, start: pd.Timestamp, end: pd.Timestamp) -> pa.Table:
    """Draw the same rows anew, and keep nothing."""
    wanted = _find_blocks(simulation, start, end)
    blocks = islice(simulation.build_blocks(), wanted.start, wanted.stop)
    tables = [select_moments(build_export(block.readings, simulation.entry), start, end) for block in blocks]
    return pa.concat_tables(tables).unify_dictionaries()


def select_moments(rows: pa.Table, start: pd.Timestamp, end: pd.Timestamp) -> pa.Table:
    """Select the rows whose moment is in [start, end)."""
    seconds = pc.field(SECONDS)
    return rows.filter((seconds >= int(start.timestamp())) & (seconds < int(end.timestamp())))


def _find_blocks(simulation: Simulation, start: pd.Timestamp, end: pd.Timestamp) -> range:
    first = max(_find_block(simulation, start), 0)
    return range(first, max(_find_block(simulation, end - pd.Timedelta(1, "s")), first) + 1)


def _find_block(simulation: Simulation, moment: pd.Timestamp) -> int:
    return (moment - simulation.start) // pd.Timedelta(days=BLOCK_DAYS)


def _open_block(folder: Path, simulation: Simulation, number: int) -> Path:
    """Find the file of a block, which is made where it is missing; those of other settings or code are removed."""
    purpose = simulation.build_purpose()
    path = folder / f"{purpose}-{number}.parquet"
    with hold_lock(folder / "lock"):
        for other in folder.glob("*.parquet"):
            if not other.name.startswith(purpose):
                other.unlink()
        if not path.exists():
            _write_block(path, simulation, number)
    return path


def _write_block(path: Path, simulation: Simulation, number: int) -> None:
    """Write a block's rows, a row group a day of the export, so that a day is read alone."""
    block = next(islice(simulation.build_blocks(), number, None))
    table = build_export(block.readings, simulation.entry)
    with replace_file(path) as temporary, pq.ParquetWriter(temporary, table.schema, compression="zstd") as writer:
        for _day, rows in split_days(table):
            writer.write_table(rows)

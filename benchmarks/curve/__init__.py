"""How good the curve is and what it costs, beside plain models, the simulator's truth and published figures.

`python -m benchmarks curve` measures every part; `--only ccpp,escalante` some of them. `--table hours.csv --tags
tags.csv` compares on a table of your own, with the columns (or the tags) of the tag list and a time column.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.figures import Figure

PARTS = ("plants", "escalante", "ccpp", "shape", "cost")
TINY = {
    "plants.SEEDS": (0,),
    "plants.PLANTS": ("fjord",),
    "plants.STILL": (True,),
    "shape.PAIRS": 1_000,
    "cost.ONE_REPEATS": 2,
    "cost.YEAR_REPEATS": 1,
}


def measure(options: Sequence[str] = ()) -> Iterator[Figure]:
    """Measure the parts that the options name; all parts without any."""
    chosen = _read_options(options)
    if chosen.table:
        from benchmarks.curve import tables

        yield from tables.measure_table(chosen.table, chosen.tags, chosen.entry, chosen.time)
        return
    for part in chosen.only:
        module = importlib.import_module(f"benchmarks.curve.{'tables' if part == 'escalante' else part}")
        yield from module.measure()


def _read_options(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks curve", description=__doc__)
    parser.add_argument("--only", type=_read_parts, default=PARTS, help=f"some of {','.join(PARTS)}")
    parser.add_argument("--table", type=Path, help="CSV or Parquet; a row is an interval of steady running")
    parser.add_argument("--tags", type=Path, help="its tag list")
    parser.add_argument("--entry", type=Path, help="the plant's entry as in params.yaml, for a `train` of its own")
    parser.add_argument("--time", default="time_utc", help="the table's time column (default: %(default)s)")
    chosen = parser.parse_args(options)
    if bool(chosen.table) != bool(chosen.tags):
        parser.error("--table and --tags go together: the tag list says which column is what")
    return chosen


def _read_parts(text: str) -> list[str]:
    parts = text.split(",")
    if unknown := [part for part in parts if part not in PARTS]:
        raise argparse.ArgumentTypeError(f"{unknown[0]} is unknown: expected some of {', '.join(PARTS)}")
    return parts

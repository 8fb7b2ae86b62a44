"""How good the curve is and what it costs, beside plain models, the simulator's truth and published figures.

`python -m benchmarks curve` measures every part; `--only ccpp,escalante` some of them, `--seeds 1` with one seed of
each simulated plant in place of three. `--table hours.csv --tags tags.csv` compares on a table of your own, with the
columns (or the tags) of the tag list and a time column.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.curve import compare, overview, tables
from benchmarks.figures import Figure

PARTS = ("plants", "forms", "escalante", "ccpp", "shape", "cost")
SIMULATED = ("plants", "forms")
SEEDS = (0, 1000, 2000)  # added to the seed of params.yaml; others are used for choosing
TINY = {
    "SEEDS": (0,),
    "forms.CASES": ("electric compressors",),
    "plants.PLANTS": ("fjord",),
    "plants.STILL": (True,),
    "shape.PAIRS": 1_000,
    "cost.ONE_REPEATS": 2,
    "cost.YEAR_REPEATS": 1,
}


def measure(options: Sequence[str] = ()) -> Iterator[Figure]:
    """Measure the parts that the options name; all parts without any. The table of all comparisons comes last."""
    results = []
    for found in _measure_parts(_read_options(options)):
        if isinstance(found, Figure):
            yield found
        else:
            results.append(found)
            yield from compare.report(found)
    if results:
        yield from overview.summarise(results)


def _measure_parts(chosen: argparse.Namespace) -> Iterator[Figure | compare.Result]:
    if chosen.table:
        yield from tables.measure_table(chosen.table, chosen.tags, chosen.entry, chosen.time)
        return
    for part in chosen.only:
        module = importlib.import_module(f"benchmarks.curve.{'tables' if part == 'escalante' else part}")
        yield from module.measure(SEEDS[: chosen.seeds]) if part in SIMULATED else module.measure()


def _read_options(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks curve", description=__doc__)
    parser.add_argument("--only", type=_read_parts, default=PARTS, help=f"some of {','.join(PARTS)}")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="how many of each simulated plant")
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

"""What a project of many plants costs: the hour, both repros, the list of versions, the site, the service.

Options: --plants=3,10,30,100 names the numbers of plants; --workers=20 instead runs so many plants on four workers of
Dask that share no disk, once undisturbed and once with a worker killed every 30 s; --empty=100,1000,10000 runs
pipelines of so many plants whose stages do next to nothing, for what scheduling alone costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.figures import Figure
from benchmarks.fleet import costs, empty, machines

COUNTS = (3, 10, 30, 100)
EMPTY = (100, 1000, 10_000)
TINY = {"COUNTS": (1,), "costs.TRAIN": {"epochs": 1, "members": 3}}


def measure(options: Sequence[str] = ()) -> Iterator[Figure]:
    """Measure on copies of the demo plants under other names and seeds."""
    given = dict(option.removeprefix("--").partition("=")[::2] for option in options)
    if unknown := given.keys() - {"plants", "workers", "empty"}:
        raise SystemExit(
            f"fleet: option --{min(unknown)} is unknown: expected --plants=3,10, --workers=20 or --empty=100,1000"
        )
    if "workers" in given:
        yield from machines.measure(int(given["workers"] or 20))
    elif "empty" in given:
        for count in map(int, given["empty"].split(",")) if given["empty"] else EMPTY:
            yield from empty.measure(count)
    else:
        for count in map(int, given["plants"].split(",")) if given.get("plants") else COUNTS:
            yield from costs.measure(count)

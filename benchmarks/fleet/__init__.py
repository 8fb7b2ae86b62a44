"""What a project of many plants costs: the hour, both repros, the list of versions, the site, the service.

Options: --plants=3,10,30,100 names the numbers of plants; --workers=20 instead runs so many plants on four workers of
Dask that share no disk, once undisturbed and once with a worker killed every 30 s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.figures import Figure
from benchmarks.fleet import costs, machines

COUNTS = (3, 10, 30, 100)
TINY = {"COUNTS": (1,), "costs.TRAIN": {"epochs": 1, "members": 3}}


def measure(options: Sequence[str] = ()) -> Iterator[Figure]:
    """Measure on copies of the demo plants under other names and seeds."""
    given = dict(option.removeprefix("--").partition("=")[::2] for option in options)
    if unknown := given.keys() - {"plants", "workers"}:
        raise SystemExit(f"fleet: option --{min(unknown)} is unknown: expected --plants=3,10 or --workers=20")
    if "workers" in given:
        yield from machines.measure(int(given["workers"] or 20))
    else:
        for count in map(int, given["plants"].split(",")) if given.get("plants") else COUNTS:
            yield from costs.measure(count)

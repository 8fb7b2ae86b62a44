"""The prediction service: speed beside a bare echo and MLflow, swaps under load, bad versions, fifty plants.

Options: --speed, --swaps, --bad, --fleet name the parts (default: all); --mlflow=FOLDER holds a virtual environment
with MLflow, which is made there where it is missing (it cannot share ours: it asks for an older pandas).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.figures import Figure
from benchmarks.service import bad, fleet, speed, swaps

TINY = {
    "speed.ROUNDS": 1,
    "speed.REQUESTS": 50,
    "swaps.SWAPS": 1,
    "swaps.REQUESTS": 8_000,
    "bad.TRIALS": 1,
    "bad.POLICIES": ("all_at_once",),
    "fleet.COUNTS": (1, 2),
}
PARTS = {"--speed": speed.measure, "--swaps": swaps.measure, "--bad": bad.measure, "--fleet": fleet.measure}


def measure(options: Sequence[str] = ()) -> Iterator[Figure]:
    """Measure on loopback, with the load from other processes, on the trained packages of the demo plants."""
    named = [option for option in options if option in PARTS] or list(PARTS)
    for option in named:
        yield from PARTS[option]([one for one in options if one not in PARTS])

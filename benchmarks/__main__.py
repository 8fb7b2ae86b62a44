"""Run every benchmark of this folder, or those that are named: `make bench`, or `python -m benchmarks NAME ...`.

Each figure is merged into results.json as soon as it is measured. `--tiny` runs each on so little that it is over in
seconds: it tells that a benchmark works, measures nothing, and is not kept. Any other word after the name of a single
benchmark that starts with `--` is for that benchmark.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from benchmarks.results import merge_results

HERE = Path(__file__).parent
INFRASTRUCTURE = {"__init__", "__main__", "figures", "results"}
TINY = "--tiny"


def find_benchmarks() -> list[str]:
    """Find the names of all benchmarks."""
    modules = [*HERE.glob("*.py"), *(path.parent for path in HERE.glob("*/__init__.py"))]
    return sorted(path.stem for path in modules if path.stem not in INFRASTRUCTURE)


def main(words: Sequence[str]) -> None:
    """Run benchmarks; what was measured is kept when one fails or is stopped."""
    is_tiny = TINY in words
    words = [word for word in words if word != TINY]
    first = next((index for index, word in enumerate(words) if word.startswith("--")), len(words))
    names, options = words[:first], words[first:]
    found = find_benchmarks()
    if options and len(names) != 1:
        sys.exit(f"{options[0]} is an option of one benchmark: name that one first, of {', '.join(found)}")
    for name in names or found:
        if name not in found:
            sys.exit(f"benchmark {name} is unknown: expected one of {', '.join(found)}")
        module = importlib.import_module(f"benchmarks.{name}")
        if is_tiny:
            shrink(module)
        for figure in module.measure(options) if options else module.measure():
            sys.stdout.write(f"{figure}\n")
            sys.stdout.flush()
            if not is_tiny:
                merge_results([figure])


def shrink(module: ModuleType) -> None:
    """Set the constants of a benchmark, and of the modules inside it, to those of its `TINY`."""
    if not hasattr(module, "TINY"):
        sys.exit(f"{module.__name__}: there is no TINY, so it cannot be run on a tiny case")
    for name, value in module.TINY.items():
        inner, _, constant = name.rpartition(".")
        owner = importlib.import_module(f"{module.__name__}.{inner}") if inner else module
        if not hasattr(owner, constant):
            sys.exit(f"{module.__name__}: TINY names {name}, which is not there")
        setattr(owner, constant, value)


if __name__ == "__main__":
    main(sys.argv[1:])

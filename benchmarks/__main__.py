"""Run every benchmark of this folder and write results.json: `make bench`, or `python -m benchmarks NAME ...`.

What follows the name of a single benchmark and starts with `--` is for that benchmark.
"""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.figures import Figure

HERE = Path(__file__).parent
INFRASTRUCTURE = {"__init__", "__main__", "figures"}


def main(words: list[str]) -> None:
    first = next((index for index, word in enumerate(words) if word.startswith("--")), len(words))
    names, options = words[:first], words[first:]
    modules = [*HERE.glob("*.py"), *(path.parent for path in HERE.glob("*/__init__.py"))]
    found = sorted(path.stem for path in modules if path.stem not in INFRASTRUCTURE)
    if options and len(names) != 1:
        sys.exit(f"{options[0]} is an option of one benchmark: name that one first, of {', '.join(found)}")
    figures: list[Figure] = []
    for name in names or found:
        if name not in found:
            sys.exit(f"benchmark {name} is unknown: expected one of {', '.join(found)}")
        measure = importlib.import_module(f"benchmarks.{name}").measure
        for figure in measure(options) if options else measure():
            sys.stdout.write(f"{figure}\n")
            sys.stdout.flush()
            figures.append(figure)
    content = [asdict(figure) for figure in figures]
    (HERE / "results.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

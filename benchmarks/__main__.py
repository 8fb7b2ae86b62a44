"""Run every benchmark of this folder and write results.json: `make bench`, or `python -m benchmarks NAME ...`."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.figures import Figure

HERE = Path(__file__).parent
INFRASTRUCTURE = {"__init__", "__main__", "figures"}


def main(names: list[str]) -> None:
    found = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in INFRASTRUCTURE)
    figures: list[Figure] = []
    for name in names or found:
        if name not in found:
            sys.exit(f"benchmark {name} is unknown: expected one of {', '.join(found)}")
        for figure in importlib.import_module(f"benchmarks.{name}").measure():
            sys.stdout.write(f"{figure}\n")
            sys.stdout.flush()
            figures.append(figure)
    content = [asdict(figure) for figure in figures]
    (HERE / "results.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

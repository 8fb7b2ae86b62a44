"""What was measured, kept in `results.json`: each figure with the commit, the day and the cores of its machine."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from elc.files import replace_file

ROOT = Path(__file__).resolve().parents[1]
PATH = ROOT / "benchmarks" / "results.json"
KEY = ("benchmark", "case", "figure")


def merge_results(figures: Iterable[Figure], path: Path = PATH) -> None:
    """Merge figures into the file: each takes the place of the same one measured before, the others stay."""
    made_on = {"commit": _find_commit(), "date": f"{datetime.now(UTC):%Y-%m-%d}", "cores": os.cpu_count()}
    former = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    rows: dict[tuple[Any, ...], dict[str, Any]] = {_find_key(row): row for row in former}
    rows |= {_find_key(row): row for row in ({**asdict(figure), **made_on} for figure in figures)}
    ordered = sorted(rows.values(), key=lambda row: str(row["benchmark"]))  # in the order of measuring, each benchmark
    with replace_file(path) as temporary:
        temporary.write_text(json.dumps(ordered, indent=2) + "\n", encoding="utf-8")


def _find_key(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in KEY)


def _find_commit() -> str:
    """The last commit, with a plus where the workspace differs from it; empty outside a repository."""
    said = [_run_git("rev-parse", "--short=10", "HEAD"), _run_git("status", "--porcelain", "--untracked-files=no")]
    return f"{said[0]}{'+' if said[1] else ''}"


def _run_git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()

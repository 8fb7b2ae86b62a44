"""Fifty plants: from the start of the process until every plant answered a warm prediction, and the memory then."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from benchmarks.figures import Figure
from benchmarks.service.server import ROOT, build_place, serve
from elc import curve

COUNTS = (1, 50)


def measure(_: Sequence[str]) -> Iterator[Figure]:
    """Measure with copies of one trained package under fifty names."""
    for count in COUNTS:
        with tempfile.TemporaryDirectory() as name:
            folder = build_place(Path(name) / "place", {})
            _multiply(folder, count)
            with serve(folder) as service:
                case = f"{count} plant{'s' if count > 1 else ''}"
                yield Figure("service", case, "ready", service.ready_s, "s")
                status = Path(f"/proc/{service.process.pid}/status").read_text(encoding="utf-8")
                resident = re.search(r"VmRSS:\s+(\d+)", status)
                assert resident is not None
                yield Figure("service", case, "memory", int(resident[1]) / 1024, "MiB")


def _multiply(folder: Path, count: int) -> None:
    """Put the first plant there under other names, and nothing else."""
    for link in ("models", "data/plants"):
        (folder / link).unlink()
    params = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
    entry, names = params["plants"]["fjord"], [f"plant_{number:02d}" for number in range(count)]
    params["plants"] = dict.fromkeys(names, entry)
    params["simulate"]["plants"] = {}
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    for name in names:
        package = folder / "models" / name
        shutil.copytree(ROOT / "models" / "fjord", package)
        card = json.loads((package / "card.json").read_text(encoding="utf-8"))
        del card["sha256"]
        card["plant"] = name
        curve.write_json(package / "card.json", card | {"sha256": curve.hash_card(card)})
        tags = folder / "data" / "plants" / name / "tags.csv"
        tags.parent.mkdir(parents=True)
        shutil.copyfile(ROOT / "data" / "plants" / "fjord" / "tags.csv", tags)

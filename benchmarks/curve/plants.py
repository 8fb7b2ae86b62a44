"""Simulated plants through the product's own stages: the demo's, still and as they age.

A plant that stands still neither ages nor has a meter that drifts, and declares no turnarounds: its later hours are
like its earlier ones. Simulating and ingesting take longest, so their results stay in `data/cache/.bench`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from benchmarks.curve.compare import Result, compare
from benchmarks.curve.project import ROOT, call, open_project, read_params
from elc import curve, dataset, settings
from elc.code import Code, build_code
from elc.fields import AGE, TIME
from elc.files import replace_folder
from elc.paths import Project
from elc.simulate import read_truth

PLANTS, STILL = ("fjord", "delta", "steppe"), (True, False)
CACHE = ROOT / "data" / "cache" / ".bench"
TRUTH = "energy_q10_gj_per_h"
STAGES = ("ingest", "dataset")


@dataclass(frozen=True)
class Case:
    """One simulated plant: its settings (a whole params.yaml) and its tag list."""

    plant: str
    seed: int
    is_still: bool
    params: dict[str, Any]
    tags: str

    @property
    def group(self) -> str:
        return f"{self.plant}, {'still' if self.is_still else 'ageing'}"

    @property
    def key(self) -> str:
        """Hash of everything that its training hours depend on."""
        sections = {name: self.params[name] for name in ("simulate", "engine", "ingest", "dataset", "plants")}
        made = json.dumps([sections, self.tags, _read_code()], sort_keys=True)
        digest = hashlib.sha256(made.encode()).hexdigest()[:16]
        return f"{self.plant}_{self.seed}_{'still' if self.is_still else 'ageing'}_{digest}"


@cache
def _read_code() -> list[Code]:
    """Read what code simulates a plant and makes its training hours."""
    code = build_code(Project(ROOT))
    return [code[stage] for stage in ("simulate", *STAGES)]


def measure(seeds: Sequence[int]) -> Iterator[Result]:
    """Compare every plant with every seed, as many at once as there are processors."""
    cases = [build_case(plant, more, is_still) for plant in PLANTS for is_still in STILL for more in seeds]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from tqdm(pool.map(run_case, cases), desc="simulated plants", unit="case", total=len(cases))


def build_case(plant: str, more: int, is_still: bool) -> Case:
    """Build a case from params.yaml: the seed raised, and still where that is asked for."""
    params = read_params()
    spec, entry = params["simulate"]["plants"][plant], params["plants"][plant]
    spec["seed"] += more
    tags = (ROOT / "data" / "plants" / plant / "tags.csv").read_text(encoding="utf-8")
    if is_still:
        spec |= {"ageing_frac_per_year": 0.0, "faults": {**spec["faults"], "drift_frac_per_year": 0.0}}
        entry.pop("turnarounds", None)
        tags = "".join(line for line in tags.splitlines(keepends=True) if f",{AGE}," not in line)
    params["simulate"]["plants"], params["plants"] = {plant: spec}, {plant: entry}
    return Case(plant, spec["seed"], is_still, params, tags)


def run_case(case: Case) -> Result:
    """Run simulate to train in a project of its own, then compare on the test hours."""
    with open_project(case.plant, case.params, case.tags) as project:
        kept = CACHE / case.key
        if not kept.is_dir():
            _prepare(case, project, kept)
        shutil.copytree(kept / "processed", project.processed(case.plant), dirs_exist_ok=True)
        call(project.root, "elc", "run", "train", case.plant)
        split = dataset.read_split(project.processed(case.plant))
        truth = pd.read_parquet(kept / "truth.parquet")[TRUTH].reindex(split.test[TIME]).to_numpy(float)
        package = curve.read(project.model(case.plant))
        chosen = settings.read_plant(project, case.plant).evaluate
        return compare(f"{case.group}, {case.seed}", split, package, chosen, truth=truth, group=case.group)


def _prepare(case: Case, project: Project, kept: Path) -> None:
    """Simulate, ingest, and keep the training hours and the truth."""
    call(project.root, "elc", "simulate", case.plant)
    for stage in STAGES:
        call(project.root, "elc", "run", stage, case.plant)
    former = f"{case.key.rpartition('_')[0]}_*"
    for folder in CACHE.glob(former):
        shutil.rmtree(folder)
    with replace_folder(kept) as fresh:
        shutil.copytree(project.processed(case.plant), fresh / "processed")
        read_truth(project.truth(case.plant))[0][[TRUTH]].to_parquet(fresh / "truth.parquet")

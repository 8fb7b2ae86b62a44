"""What the checks find, and what they accuse wrongly, on simulated plants that none of them was tuned on.

Each demo plant is simulated for a year with seeds of its own, at the fault rates of params.yaml, save that unit
mix-ups, failed transmitters and clipped tags are more (`RATES`), or there would be too few to count. The export is
read by `ingest` and checked by `quality`.

The rules, so that every figure can be judged:
- An injected fault counts where it changed the column in an hour in which the plant ran: its hourly value, coverage,
  lowest or highest reading is not that of the same export without faults. So a valve that freezes shut at rest, or a
  spike in data that a gap then lost, is no fault; a spike as small as the tag's normal movement is one.
- It is found where a finding of its kind on its column overlaps it. A drift is a half year: any step in it counts.
- A finding is false where no hour of it differs from the export without faults. Masking kinds are those of
  `ingest.masks`.
- An hour is kept where the checked table has its energy and the plant ran; it is right within 0.2 % of the truth.
- Mix-ups of the feed pressure, 2 % of a value that wanders by 4 % and that nothing goes with, are counted like all.
"""

from __future__ import annotations

import copy
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.figures import Figure
from elc import ingest, quality, settings
from elc.fields import ENERGY, STATE, TIME, coverage
from elc.ingest import Traces
from elc.paths import Project
from elc.settings import PlantSettings, TagList
from elc.simulate.faults import FaultInjector
from elc.simulate.historian import Readings, build_readings, write_export
from elc.simulate.operation import build_history

PROJECT = Project(Path(__file__).resolve().parents[1])
SEEDS = {"fjord": (9401, 9402), "delta": (9501, 9502), "steppe": (9601, 9602)}
RATES = {"unit_mixups": 6, "failed_transmitters": 6, "clipped_tags": 2}
START, DAYS = "2025-06-20", 365
KINDS = ("frozen", "gap", "spike", "range", "unit", "clipped", "clock", "drift", "vanished")
NEAR_FRAC = 0.002
TINY = {"SEEDS": {"fjord": (9401,)}, "DAYS": 60}


@dataclass(frozen=True)
class Case:
    """One simulated year as ingest and quality see it, and what is true of it."""

    checked: pd.DataFrame
    findings: pd.DataFrame
    faults: pd.DataFrame
    spoilt: pd.DataFrame
    is_running: np.ndarray
    energy: np.ndarray
    seconds: float


def measure() -> Iterator[Figure]:
    """Measure all plants and seeds; shares in %, false findings per plant and month."""
    injected: Counter[str] = Counter()
    found: Counter[str] = Counter()
    false: Counter[str] = Counter()
    months, seconds = 0.0, []
    for plant, seeds in SEEDS.items():
        near = []
        for seed in seeds:
            case, still = _build_case(plant, seed, with_drift=True), _build_case(plant, seed, with_drift=False)
            _count(case, injected, found, false)
            months += DAYS / 30.4
            seconds.append(case.seconds)
            near.append((_score_energy(case), _score_energy(still)))
        for name, share in zip(("energy right", "so without drift"), np.mean(near, axis=0), strict=True):
            yield Figure("findings", plant, name, float(share), "% of kept hours")
    for kind in sorted(injected):
        yield Figure("findings", f"{kind}, of {injected[kind]}", "found", 100 * found[kind] / injected[kind], "%")
    masks = settings.read_plant(PROJECT, "fjord").ingest.masks
    yield Figure("findings", "masking kinds", "false", sum(false[kind] for kind in masks) / months, "a month")
    yield Figure("findings", "all kinds", "false", false.total() / months, "a month")
    yield Figure("findings", "a year, 22 columns", "check_hourly", 1000 * float(np.median(seconds)), "ms")


def _build_case(plant: str, seed: int, *, with_drift: bool) -> Case:
    whole = settings.read_settings(PROJECT)
    given = whole.simulate.plants[plant]
    rates = RATES if with_drift else {**RATES, "drift_frac_per_year": 0.0}
    spec = given.model_copy(update={"seed": seed, "faults": given.faults.model_copy(update=rates)})
    history = build_history(spec, START, DAYS)
    rng = np.random.default_rng([seed, 2])
    tags = settings.read_tags(PROJECT.tags(plant), plant)
    recorded = [tag for tag in tags.tags if not tag.is_computed]
    clean = [build_readings(history.hours, tag, whole.simulate.step_min, rng) for tag in recorded]
    readings = copy.deepcopy(clean)
    faults = FaultInjector(readings, spec.faults, rng).inject()
    sound, sound_traces = _read(clean, tags, whole.plants[plant])
    hourly, traces = _read(readings, tags, whole.plants[plant])
    start = time.perf_counter()
    checked, findings = quality.check_hourly(hourly, traces, tags, settings.read_plant(PROJECT, plant))
    seconds = time.perf_counter() - start
    truth = history.hours.set_index(TIME).reindex(checked[TIME])
    columns = {tag.tag: tag.column for tag in tags}
    return Case(
        checked=checked,
        findings=findings,
        faults=faults.assign(column=faults["tag"].map(columns)).dropna(subset=["column"]),
        spoilt=_find_spoilt(hourly, traces, sound, sound_traces, tags),
        is_running=(truth[STATE] == "run").to_numpy(),
        energy=truth[ENERGY].to_numpy(),
        seconds=seconds,
    )


def _read(readings: list[Readings], tags: TagList, plant: PlantSettings) -> tuple[pd.DataFrame, Traces]:
    """Export readings and read them back."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "raw"
        folder.mkdir()
        write_export(folder, readings, plant)
        chosen = settings.read_plant(PROJECT, tags.plant)
        hourly, traces, _ = ingest.read_export(folder, tags, chosen, cache=Path(name) / "cache")
    return hourly, traces


def _find_spoilt(
    hourly: pd.DataFrame, traces: Traces, sound: pd.DataFrame, sound_traces: Traces, tags: TagList
) -> pd.DataFrame:
    """Hours and columns that differ from the export without faults."""
    names = [tag.column for tag in tags]
    rows = sound.set_index(TIME).index.get_indexer(pd.Index(hourly[TIME]))
    pairs = [
        (hourly[names], sound[names]),
        (hourly[[coverage(name) for name in names]], sound[[coverage(name) for name in names]]),
        (traces.low[names], sound_traces.low[names]),
        (traces.high[names], sound_traces.high[names]),
        (traces.changes[names], sound_traces.changes[names]),
    ]
    same = [np.isclose(a, b.iloc[rows], rtol=1e-9, atol=1e-12, equal_nan=True) for a, b in pairs]
    return pd.DataFrame(~np.all(same, axis=0), columns=names, index=pd.Index(hourly[TIME]))


def _count(case: Case, injected: Counter[str], found: Counter[str], false: Counter[str]) -> None:
    for fault in case.faults[case.faults["kind"].isin(KINDS)].itertuples():
        start, end = fault.start.floor("h"), max(fault.end, fault.start + pd.Timedelta("1s"))
        inside = (case.spoilt.index >= start) & (case.spoilt.index < end)
        if not (case.spoilt[fault.column].to_numpy() & case.is_running)[inside].any():
            continue
        same = case.findings[(case.findings["check"] == fault.kind) & (case.findings["column"] == fault.column)]
        is_found = bool(((same["start"] < end) & (same["end"] > start)).any())
        names = [fault.kind, f"unit of {fault.column}"] if fault.kind == "unit" else [fault.kind]
        injected.update(names)
        found.update(names if is_found else [])
    for finding in case.findings.itertuples():
        inside = (case.spoilt.index >= finding.start) & (case.spoilt.index < finding.end)
        false[finding.check] += not case.spoilt[finding.column].to_numpy()[inside].any()


def _score_energy(case: Case) -> float:
    """Share (%) of the kept hours whose energy is right."""
    shown = case.checked[ENERGY].to_numpy()
    kept = ~np.isnan(shown) & case.is_running
    return 100 * float(np.mean(np.abs(shown[kept] / case.energy[kept] - 1) < NEAR_FRAC))

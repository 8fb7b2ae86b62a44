"""What monitoring finds, how soon, and what it accuses wrongly, on simulated plants that no threshold was chosen on.

Each demo plant is simulated for two years with seeds of its own. Its model learns from the first 15 months; what is
changed happens in the ten months after that, in 24 runs a kind: three plants, two seeds, four days. The rules:
- Monitoring is asked at the end of each of `ASKED` days after the change, as it would be on that day. A run counts as
  found on the first of them with a finding of the expected kind that was not there on the day of the change;
  as named where that finding's column is the one that was changed, or its suspect.
- Not everything can be found: 1 % of fuel gas is 0.3 % of energy, and 1 % of cooling water a sixth of a degree, inside
  what the models leave open. Both are run, and what is said of them is shown.
- Another feed inside the envelope is no fault. It is told where the inputs that moved hold it, and wrong where a change
  of the relation is claimed.
- False alarms: the unchanged months, asked every third day; a finding counts once for as long as it stands.
- Flicker: a finding that ends and begins again within two days, in the unchanged months, asked every hour
  from three days before an answer with other findings than the last to two days after it: the first of these days of
  each plant, `FLICKER_DAYS` at most.
- Forms are plants of another make (`curve.energies`), without set-points and with one meter of energy, from which a
  wrong load cannot be told: it is found, not named. Furnaces that foul change by themselves, so that a finding on their
  unchanged months need not be wrong; and a load regime is said of loads that did step.
- Frozen tags and changed units are those of `quality`, found in an export and read by `ingest`, one at a time.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from benchmarks.detection.exports import measure_exports
from benchmarks.detection.forms import FORMS, build_form
from benchmarks.detection.kinds import FORM_KINDS, KINDS, Kind
from benchmarks.detection.plants import Case, build_case
from benchmarks.figures import Figure
from elc import findings, monitor
from elc.fields import TIME

SEEDS = {"fjord": (9701, 9702), "delta": (9801, 9802), "steppe": (9901, 9902)}
TUNING = {"fjord": (8701,), "delta": (8801,), "steppe": (8901,)}
FORM_SEEDS, FORM_TUNING = (14701, 14702), (13701,)
PARTS = ("plants", "forms", "exports")
CHANGED_DAYS = (35, 70, 105, 140)  # after the last hour that was learnt from
ASKED = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 21, 28, 42, 56, 84, 112, 140, 180)
NOTHING = findings.build_frame([])
EVERY_DAYS = 3
FLICKER_DAYS = 21
TINY = {
    "SEEDS": {"fjord": (9701,)},
    "CHANGED_DAYS": (7,),
    "ASKED": (1, 7, 14),
    "KINDS": KINDS[2:3],
    "FORMS": ("electric compressors",),
    "FORM_SEEDS": (14701,),
    "FORM_KINDS": FORM_KINDS[1:2],
    "FLICKER_DAYS": 1,
    "EVERY_DAYS": 10,
    "plants.DAYS": 120,
    "plants.LEARNT_DAYS": 80,
    "exports.DAYS": 70,
}
LATER, AN_HOUR = pd.Timedelta(2, "D"), pd.Timedelta("1h")
Findings = set[tuple[str, str]]  # check and column
MORE = 3  # times that monitoring is asked again, once it has found something, for its name


def measure(options: Sequence[str] = ()) -> Iterator[Figure]:
    """Measure the parts that the options name; with `--tuning` on plants that thresholds may be chosen on."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks detection", description=__doc__)
    parser.add_argument("--tuning", action="store_true", help="the seeds that thresholds may be chosen on")
    parser.add_argument("--only", choices=PARTS, action="append", help="may be given several times")
    chosen = parser.parse_args(options)
    seeds, form_seeds = (TUNING, FORM_TUNING) if chosen.tuning else (SEEDS, FORM_SEEDS)
    parts = chosen.only or PARTS
    if "plants" in parts:
        cases = [build_case(plant, seed) for plant, several in seeds.items() for seed in several]
        for kind in KINDS:
            yield from _measure_kind(kind, cases)
        yield from _measure_false(cases, "clean")
    if "forms" in parts:
        for form in FORMS:
            cases = [build_form(form, seed) for seed in form_seeds]
            yield from _measure_false(cases, form)
            for kind in FORM_KINDS:
                yield from _measure_kind(kind, cases, f"{form}, ")
    if "exports" in parts:
        yield from measure_exports(seeds)


def _measure_kind(kind: Kind, cases: list[Case], of: str = "") -> Iterator[Figure]:
    found = [_run(kind, case, day, run) for run, (case, day) in enumerate((c, d) for c in cases for d in CHANGED_DAYS)]
    hours = [one[0] for one in found if one[0] is not None]
    case = f"{of}{kind.name}, of {len(found)}"
    yield Figure("detection", case, "found", 100 * len(hours) / len(found), "%")
    yield Figure("detection", case, "named", 100 * sum(one[1] for one in found) / len(found), "%")
    yield Figure("detection", case, "median until", float(np.median(hours)) if hours else float("nan"), "h")
    others = Counter(check for one in found for check in one[2])
    for check, count in sorted(others.items()):
        yield Figure("detection", case, f"as {check}"[:14], 100 * count / len(found), "%")


def _run(kind: Kind, case: Case, day: int, run: int) -> tuple[float | None, bool, set[str]]:
    """Change one thing, and ask monitoring: hours until it was found, whether it was named, and all that was said."""
    at = case.later + (day if kind.days <= 84 else day // 2) * 24
    hours = case.hours.iloc[: min(at + kind.days * 24, len(case.hours))].copy()
    column = kind.apply(case, hours, at, run)
    scored = case.score(hours.iloc[case.later - 24 :])
    before = _ask(scored, case, hours.loc[at, TIME])
    said: set[str] = set()
    until, is_named, more = None, False, MORE
    for days in [one for one in ASKED if one <= kind.days]:
        now = hours.loc[at, TIME] + pd.Timedelta(days, "D")
        if now > hours[TIME].iloc[-1] + pd.Timedelta("1h") or (until is not None and (is_named or more == 0)):
            break
        more -= until is not None
        fresh = {one: columns - before.get(one, set()) for one, columns in _ask(scored, case, now).items()}
        said |= {one for one, columns in fresh.items() if columns}
        if until is None and fresh.get(kind.expected):
            until = days * 24.0
        is_named = is_named or column in fresh.get(kind.expected, set())
    return until, is_named, said


def _ask(scored: pd.DataFrame, case: Case, now: pd.Timestamp) -> dict[str, set[str]]:
    """What monitoring says at a moment: columns by finding; inputs that moved stand beside as `inputs`."""
    known = scored[scored[TIME] < now]
    check = monitor.check_hours(known, NOTHING, case.package, case.chosen)
    said: dict[str, set[str]] = {}
    for name, column in zip(check.findings["check"], check.findings["column"], strict=True):
        said.setdefault(name, set()).add(column)
    if check.concept.kind in ("inputs", "none"):
        said["inputs"] = set(check.concept.inputs)
    return said


def _measure_false(cases: list[Case], name: str) -> Iterator[Figure]:
    """Findings on months in which nothing was changed, each counted when it begins, and how often one begins anew."""
    counts: Counter[str] = Counter()
    flickers: Counter[str] = Counter()
    months = 0.0
    for case in cases:
        scored = case.score(case.hours.iloc[case.later - 24 :])
        first, last = scored[TIME].iloc[0] + pd.Timedelta(14, "D"), scored[TIME].iloc[-1]
        asked = pd.date_range(first, last, freq=f"{EVERY_DAYS}D")
        standing: Findings = set()
        changed = []
        for now in asked:
            former, standing = standing, _list(scored, case, now)
            counts.update(check for check, _ in standing - former)
            changed += [now] if standing != former else []
        months += len(asked) * EVERY_DAYS / 30.4
        flickers += _count_flickers(scored, case, [now for now in changed if now + LATER < last])
    case_name = f"{name}, {months:.0f} plant-months"
    for check, count in sorted(counts.items()):
        yield Figure("detection", case_name, check[:14], count / months, "a month")
    yield Figure("detection", case_name, "false alarms", counts.total() / months, "a month")
    for check, count in sorted(flickers.items()):
        yield Figure("detection", case_name, f"flicker {check}"[:14], count, "times")
    yield Figure("detection", case_name, "flickers", flickers.total(), "times")


def _list(scored: pd.DataFrame, case: Case, now: pd.Timestamp) -> Findings:
    said = _ask(scored, case, now)
    return {(check, column) for check, columns in said.items() for column in columns if check != "inputs"}


def _count_flickers(scored: pd.DataFrame, case: Case, changed: list[pd.Timestamp]) -> Counter[str]:
    """Count by check the findings that begin again within two days of their end, asked hourly about some moments."""
    around = pd.timedelta_range(-pd.Timedelta(EVERY_DAYS, "D"), LATER, freq="h", closed="left")
    hours = sorted({now + step for now in changed for step in around})[: FLICKER_DAYS * 24]
    counts: Counter[str] = Counter()
    standing: Findings = set()
    ended: dict[tuple[str, str], pd.Timestamp] = {}
    for former, now in zip([pd.NaT, *hours], hours, strict=False):
        said = _list(scored, case, now)
        if now - former == AN_HOUR:
            counts.update(one[0] for one in said - standing if one in ended and now - ended[one] <= LATER)
            ended |= dict.fromkeys(standing - said, now)
        else:
            ended = {}
        standing = said
    return counts

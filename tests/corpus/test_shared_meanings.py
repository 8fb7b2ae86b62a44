"""Exports whose values mean something else than they seem to: the right table with its findings, or the right error."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from elc import ingest, quality
from elc.errors import ElcError
from elc.findings import join
from elc.paths import Project
from elc.settings import build_plant, check_entry, read_settings, read_tags, read_yaml
from tests.unit.ingest.exports import ROOT

CASES = Path(os.environ.get("ELC_SHARED", "")) / "cases" / "exports"
ENERGY = "energy_gj_per_h"
RIGHT = {  # by case: hours with energy, their mean, and checks that speak
    "09b-amount-as-rate": (144, 57.6, set()),
    "12-estimated-then-actual": (96, 57.6, {"conflict"}),
    "13-totaliser-zero-glitch": (144, 57.6, {"misread"}),
    "13b-totaliser-zero-on-hour": (143, 57.6, {"misread"}),
    "13c-totaliser-zero-15min-last": (144, 57.6, {"misread"}),
    "13e-totaliser-zero-twice-a-day": (144, 57.6, {"misread"}),
    "14-meter-replaced-higher": (143, 57.6, {"replaced"}),
    "14b-meter-replaced-lower": (143, 57.6, {"replaced"}),
    "14d-daily-reset": (138, 57.7, {"totaliser_reset"}),
    "15b-sparse-long": (144, 57.6, set()),
    "16-sentinels": (142, 57.6, {"marker"}),
    "16e-sentinel-01pct-60days": (1435, 57.3, {"marker"}),
    "45-missing-rows-3h": (1437, 57.3, {"gap"}),
    "46b-autumn-totaliser": (72, 54.72, set()),
    "53-seconds-jitter-totaliser": (144, 57.6, set()),
}
REFUSED = {
    "09-amount-unit-kwh": "tag P is read as a totaliser, .* but it falls .* Write kWh/15min or kWh/interval",
    "09e-amount-constant": "tag P is read as a totaliser, .* but the energy never rises: P. Write kWh/15min",
}
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="ELC_SHARED names no folder with cases/exports")


def read_case(name: str, cache: Path, unit: str = "") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a case as a plant would be read; `unit` stands in for the kWh of its tag list."""
    folder, known = CASES / name, read_settings(Project(ROOT))
    settings = build_plant(known, "case", check_entry(read_yaml(folder / "plant.yaml"), "case", "plant case", known))
    written = (folder / "tags.csv").read_text(encoding="utf-8")
    (cache / "tags.csv").write_text(written.replace(",kWh,", f",{unit},") if unit else written, encoding="utf-8")
    tags = read_tags(cache / "tags.csv", "case")
    hourly, traces, findings = ingest.read_export(folder / "export", tags, settings, cache=cache / "cache")
    checked, suspects = quality.check_hourly(hourly, traces, tags, settings)
    return checked, join(findings, suspects)


@pytest.mark.parametrize("name", RIGHT)
def test_case_is_right(name: str, tmp_path: Path) -> None:
    hours, mean, checks = RIGHT[name]
    hourly, findings = read_case(name, tmp_path)
    assert hourly[ENERGY].notna().sum() == hours
    assert hourly[ENERGY].mean() == pytest.approx(mean, abs=0.11)
    assert checks <= set(findings["check"])


@pytest.mark.parametrize("name", REFUSED)
def test_case_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ElcError, match=REFUSED[name]):
        read_case(name, tmp_path)


@pytest.mark.parametrize(("name", "mean"), [("09-amount-unit-kwh", 57.6), ("09e-amount-constant", 54.72)])
@pytest.mark.parametrize("unit", ["kWh/15min", "kWh/interval"])
def test_amounts_are_right_once_they_are_told(tmp_path: Path, name: str, mean: float, unit: str) -> None:
    hourly, _ = read_case(name, tmp_path, unit)
    assert hourly[ENERGY].notna().sum() == 144
    assert hourly[ENERGY].mean() == pytest.approx(mean, abs=0.05)

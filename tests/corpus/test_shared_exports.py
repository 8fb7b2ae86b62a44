"""Exports as plants really send them: each gives the right table with its findings, or the one right error."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from elc import ingest, quality
from elc.errors import ElcError
from elc.findings import join
from elc.paths import Project
from elc.settings import build_plant, check_entry, read_settings, read_tags, read_yaml
from tests.unit.ingest.exports import ROOT

SHARED = os.environ.get("ELC_SHARED", "")
CASES = Path(SHARED) / "cases" / "exports"
SHARED_ONLY = pytest.mark.skipif(not CASES.is_dir(), reason="ELC_SHARED names no folder with cases/exports")
ENERGY, LOAD, AIR = "energy_gj_per_h", "product_t_per_h", "air_temp_degc"


@dataclass(frozen=True)
class Right:
    """The right table: how many hours have energy, the means of energy, throughput and air, and what is found."""

    hours: int = 144
    energy: float | None = 57.6
    load: float | None = 50.5
    air: float | None = 18.0
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """The right error: words that it has."""

    words: str


PLAIN, BAD_DAY, PASSED = Right(), Right(120, 57.4), Right(findings=("passed_over",))
# How an export is read: kinds of files, layout, columns, times and qualities.
READ: dict[str, Right | Refused] = {
    "00-midnight-end": PLAIN,
    "00-plain": PLAIN,
    "01-dwd-hour-stamps": PLAIN,
    "02-epa-cems-date-hour": Refused("dates without a time of day in Date, and several values"),
    "03-niagara-edt": PLAIN,
    "03b-niagara-edt-no-format": PLAIN,
    "04-wide-quality-columns": BAD_DAY,
    "05-ignition-dataintegrity": BAD_DAY,
    "05b-aveva-qualitydetail": BAD_DAY,
    "05f-validity": BAD_DAY,
    "05h-proficy-100": BAD_DAY,
    "07-german-thousands-only": Refused(r"a\.csv: has numbers as in 1\.234 only, whose point .* Set export\.decimal"),
    "10-hour-ending": Right(143, findings=("stamps",)),
    "11-hour-24": PLAIN,
    "17-basic-iso-z": PLAIN,
    "18-standard-time-all-year": Right(335, 57.28, None, None, ("clock_change",)),
    "19-excel-rounded-stamps": Right(143),
    "19b-excel-rounded-chosen": Right(143),
    "20b-nul-tail-beyond-1mb": Refused("holds no files"),
    "21-mixed-line-ends": PLAIN,
    "21b-mixed-cr-crlf": PLAIN,
    "22-units-row": PASSED,
    "22c-title-line": PASSED,
    "22d-sep-line": PASSED,
    "22e-blank-first-line": PLAIN,
    "22g-rt-count": PASSED,
    "22i-trailing-delimiter": PLAIN,
    "23-influx-annotated": PLAIN,
    "23c-influx-line-protocol": Refused("is line protocol"),
    "23d-influx-name-tags": PLAIN,
    "24b-grafana-units": PLAIN,
    "25-home-assistant": PLAIN,
    "26-wincc-comfort": PASSED,
    "27-pi-web-api": PLAIN,
    "27b-pi-web-api-flat": PLAIN,
    "28-xlsx": PLAIN,
    "29-green-button": Refused("is Green Button"),
    "30-nem12": Refused("is NEM12"),
    "31-excel-serial": PLAIN,
    "33-two-formats": PLAIN,
    "34-date-time-columns": PLAIN,
    "35-quoted-newline": PLAIN,
    "35c-quoted-newline-last-header": PLAIN,
    "37-pandas-index": PLAIN,
    "37b-int96": PLAIN,
    "37c-decimal-float32-text": PLAIN,
    "37e-date32": Refused("dates without a time of day in date, and several values"),
    "38-timestream-9-digits": PLAIN,
    "38d-comma-millis": PLAIN,
    "38f-epoch-float": PLAIN,
    "38g-sql-server-offset": PLAIN,
    "38i-pi-format": PLAIN,
    "38j-pi-format-fraction-sometimes": PLAIN,
    "38m-14-digits": PLAIN,
    "38n-14-digits-no-format": PLAIN,
    "38q-us-24h": PLAIN,
    "38r-format-tz-offset": PLAIN,
    "38t-only-hm": Refused("several values of F"),
    "38v-pi-star": PLAIN,
    "38o-16-digits": PLAIN,
    "40-taglist-semicolon": PLAIN,
    "40b-taglist-cp1252": Refused("cannot be read as CSV in UTF-8"),
    "40c-taglist-degree-utf8": PLAIN,
    "41-tags-in-other-case": Refused("Did you mean p \\(P in the tag list\\)"),
    "42b-zip": Refused("ZIP archive"),
    "43-json-arrays": Refused("holds no record"),
    "43b-json-wide": PLAIN,
    "43c-json-wide-late-key": Right(1440, 57.28, 50.05, 18.0),
    "44-name-value-beside-tags": PLAIN,
    "44d-utc-header": Refused("header names another zone than export.time_zone Europe/Oslo"),
    "50-time-value-pairs": PLAIN,
    "56-tag-named-run-time": PLAIN,
    "57-name-and-description": Refused(r"quality codes 0 \(1,728 times\), .*export\.quality"),
    "61b-proficy-opc-ua": Refused(r"quality codes 100 .* not OPC UA .*percent \(per cent good\)"),
    "63b-index-column": PLAIN,
}
# What its values mean: conflicts, amounts, counters, markers, holes and units.
ENERGY_ONLY = {"load": None, "air": None}
MEANT: dict[str, Right | Refused] = {
    "06-unit-column": Refused("column UnitsAbbreviation says kW for 576 readings of tag P, the tag list says MW"),
    "09-amount-unit-kwh": Refused("tag P is read as a totaliser, .* but it falls .* Write kWh/15min or kWh/interval"),
    "09b-amount-as-rate": PLAIN,
    "09e-amount-constant": Refused("tag P is read as a totaliser, .* but the energy never rises: P. Write kWh/15min"),
    "12-estimated-then-actual": Right(96, 57.6, **ENERGY_ONLY, findings=("conflict",)),
    "13-totaliser-zero-glitch": Right(144, 57.6, **ENERGY_ONLY, findings=("misread",)),
    "13b-totaliser-zero-on-hour": Right(143, 57.6, **ENERGY_ONLY, findings=("misread",)),
    "13c-totaliser-zero-15min-last": Right(144, 57.6, **ENERGY_ONLY, findings=("misread",)),
    "13e-totaliser-zero-twice-a-day": Right(144, 57.6, **ENERGY_ONLY, findings=("misread",)),
    "14-meter-replaced-higher": Right(143, 57.6, **ENERGY_ONLY, findings=("replaced",)),
    "14b-meter-replaced-lower": Right(143, 57.6, **ENERGY_ONLY, findings=("replaced",)),
    "14d-daily-reset": Right(138, 57.7, **ENERGY_ONLY, findings=("totaliser_reset",)),
    "15-sparse-wide": Right(144, 57.6, None, None, ("empty_cell",)),
    "15b-sparse-long": Right(144, 57.6, **ENERGY_ONLY),
    "16-sentinels": Right(142, 57.6, **ENERGY_ONLY, findings=("marker",)),
    "16c-sentinel-minus-one": Right(132, 58.0, findings=("marker",)),
    "16e-sentinel-01pct-60days": Right(1435, 57.3, **ENERGY_ONLY, findings=("marker",)),
    "36-odd-cells": Right(127, 57.3, findings=("text_value", "spike")),
    "45-missing-rows-3h": Right(1437, 57.3, **ENERGY_ONLY, findings=("gap",)),
    "46-autumn-in-order": Right(72, 57.82, 50.8),
    "46b-autumn-totaliser": Right(72, 54.72, **ENERGY_ONLY),
    "47-daily-lab-value": Right(1440, 57.28, 50.05, 18.0, ("low_coverage",)),
    "53-seconds-jitter-totaliser": Right(144, 57.6, **ENERGY_ONLY),
    "60-null-texts": Right(139, 57.8, findings=("text_value",)),
    "61-proficy-real-shape": Right(120, 57.4, findings=("marker",)),
}
EXPECTED = READ | MEANT
# The number of a case is that of its kind, and a letter behind it marks a variant.
VARIANT = re.compile(r"\d\d[a-z]")
LATER = pytest.mark.long(reason="variants of exports, each of a kind that is read here")


def mark_cases() -> list[Any]:
    """Leave the variants of a kind of export for later, but for the first of a kind that has nothing else."""
    first = {name[:2]: name for name in sorted(EXPECTED, reverse=True)}
    is_late = {name: bool(VARIANT.match(name)) and name != first[name[:2]] for name in EXPECTED}
    return [pytest.param(name, EXPECTED[name], marks=LATER if is_late[name] else ()) for name in sorted(EXPECTED)]


def read_case(folder: Path, cache: Path, *, unit: str = "") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a case as a plant would be read: the hourly table without what checks take out, and every finding.

    `unit` stands in for the kWh of its tag list.
    """
    entry = check_entry(read_yaml(folder / "plant.yaml"), "case", "plant case", read_settings(Project(ROOT)))
    settings = build_plant(read_settings(Project(ROOT)), "case", entry)
    listed = folder / "tags.csv"
    if unit:
        listed = cache / "tags.csv"
        listed.write_text((folder / "tags.csv").read_text(encoding="utf-8").replace(",kWh,", f",{unit},"), "utf-8")
    tags = read_tags(listed, "case")
    hourly, traces, findings = ingest.read_export(folder / "export", tags, settings, cache=cache / "cache")
    checked, suspects = quality.check_hourly(hourly, traces, tags, settings)
    filled, gaps = ingest.fill_weather(checked, tags, settings)
    return filled, join(findings, suspects, gaps)


@SHARED_ONLY
@pytest.mark.parametrize(("name", "expected"), mark_cases())
def test_case_is_right(name: str, expected: Right | Refused, tmp_path: Path) -> None:
    if isinstance(expected, Refused):
        with pytest.raises(ElcError) as raised:
            read_case(CASES / name, tmp_path)
        assert re.search(expected.words, str(raised.value)), str(raised.value)
        return
    hourly, findings = read_case(CASES / name, tmp_path)
    assert hourly[ENERGY].notna().sum() == expected.hours
    for column, mean in ((ENERGY, expected.energy), (LOAD, expected.load), (AIR, expected.air)):
        if mean is not None:
            assert hourly[column].mean() == pytest.approx(mean, abs=0.11 if column == ENERGY else 0.3)
    assert set(expected.findings) <= set(findings["check"]), set(findings["check"])


@SHARED_ONLY
@pytest.mark.parametrize(("name", "mean"), [("09-amount-unit-kwh", 57.6), ("09e-amount-constant", 54.72)])
@pytest.mark.parametrize("unit", ["kWh/15min", "kWh/interval"])
def test_amounts_are_right_once_they_are_told(tmp_path: Path, name: str, mean: float, unit: str) -> None:
    hourly, _ = read_case(CASES / name, tmp_path, unit=unit)
    assert hourly[ENERGY].notna().sum() == 144
    assert hourly[ENERGY].mean() == pytest.approx(mean, abs=0.05)


@SHARED_ONLY
def test_every_case_has_its_expectation() -> None:
    assert EXPECTED.keys() == {path.name for path in CASES.iterdir() if path.is_dir()}

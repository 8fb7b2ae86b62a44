"""The small pictures of the page of all plants: what they draw, and what they say of it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc.fields import GAP_FRAC, TIME
from elc.pages import language
from elc.paths import Project
from elc.records.status import Status
from elc.render.index import build_index
from elc.render.index_table import FleetPages
from elc.render.sparks import HEIGHT, build_losses, build_spark, read_week
from tests.unit.records.examples import STATUS

ROOT = Path(__file__).resolve().parents[2]


def build_week(*shares: float) -> pd.Series:
    times = pd.date_range("2026-06-01", periods=len(shares), freq="h", tz="UTC")
    return pd.Series(shares, index=times, dtype=float)


def build_status(plant: str, money: float | None, frac: float | None) -> Status:
    changes = {"plant": plant, "name": plant.title(), "money_per_h": money, "gap_frac": frac, "hour": None}
    return Status.model_validate(STATUS | changes | {"condition_since": None})


def test_week_is_drawn_against_its_limit() -> None:
    text = build_spark(build_week(0.04, 0.01, np.nan, -0.01), 0.02)
    paths = dict(re.findall(r'<path class="(\w+)" d="([^"]*)"', text))
    assert {name: path.count("M") for name, path in paths.items()} == {"over": 1, "under": 1, "saved": 1, "limit": 1}
    zero = HEIGHT * 0.04 / 0.05
    assert paths["over"].startswith(f"M0.0 {zero:.1f}V0.0h")
    assert paths["limit"].startswith(f"M0 {HEIGHT * 0.02 / 0.05:.1f}H")
    assert "1.3\u00a0% of best on the mean, above 2\u00a0% in 1 of 3 intervals" in text


def test_nothing_judged_is_no_picture() -> None:
    assert build_spark(build_week(np.nan, np.nan), 0.02) == ""
    assert build_spark(None, 0.02) == ""
    assert build_losses([build_status("a", None, None)], {}, "€", 0.02) == ""


def test_what_plants_lose_is_of_one_scale() -> None:
    statuses = [build_status("a", 400.0, 0.04), build_status("b", 100.0, 0.01), build_status("c", -40.0, -0.01)]
    text = build_losses([*statuses, build_status("d", None, None)], {"a": build_week(0.03)}, "€", 0.02)
    bars = re.findall(r'<rect class="(\w+)" width="([\d.]+)%"', text)
    assert bars == [("over", "100.0"), ("under", "25.0"), ("saved", "10.0")]
    assert re.findall(r"<strong>([^<]*)</strong>", text) == [
        "400\u00a0€ an hour",
        "100\u00a0€ an hour",
        "−40\u00a0€ an hour",
        "",
    ]
    assert text.count('role="img"') == 1


@pytest.mark.parametrize(("code", "said"), [("en", "money lost an hour now"), ("nb", "tapte penger per time nå")])
def test_page_of_all_plants_shows_them_after_the_answer(code: str, said: str) -> None:
    language.choose(code)
    statuses = [build_status("a", 400.0, 0.04), build_status("b", 100.0, 0.01)]
    links = {"a": "a/50_monitor.ipynb", "b": "b/50_monitor.ipynb"}
    text = build_index(FleetPages(statuses, links, {}, "EUR", 0.02, weeks={"a": build_week(0.03, 0.01)}))
    assert text.index("{.answer}") < text.index('class="losses"') < text.index('class="plants"')
    assert said in text


def test_week_is_the_last_seven_days(tmp_path: Path) -> None:
    project = Project(tmp_path)
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert read_week(project, "fjord") is None
    times = pd.date_range("2026-06-01", periods=400, freq="h", tz="UTC")
    folder = project.operation("monitor", "fjord")
    folder.mkdir(parents=True)
    pd.DataFrame({TIME: times, GAP_FRAC: np.arange(400.0)}).to_parquet(folder / "hours.parquet")
    week = read_week(project, "fjord")
    assert week is not None
    assert week.tolist() == list(np.arange(232.0, 400.0))
    (folder / "hours.parquet").write_bytes(b"broken")
    assert read_week(project, "fjord") is None

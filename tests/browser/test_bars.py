"""Pictures with long values and long names, on a phone: no text runs into another one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page

from elc.fields import BEST, GAP, LEVEL, TIME
from elc.pages import figures, language
from tests.browser.conftest import IN_CHROMIUM

pytestmark = IN_CHROMIUM
OVERLAPS = """() => {
  const all = [...document.querySelectorAll('svg text')];
  const texts = all.map((one) => [one.textContent.trim(), one.getBoundingClientRect()]);
  const edge = document.querySelector('svg').getBoundingClientRect();
  const found = texts.filter(([, box]) => box.right > edge.right + 1 || box.left < edge.left - 1).map(([text]) => text);
  texts.forEach(([text, one], place) => texts.slice(place + 1).forEach(([other, two]) => {
    const across = Math.min(one.right, two.right) - Math.max(one.left, two.left);
    const down = Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top);
    if (across > 1 && down > 4) found.push(`${text} over ${other}`);
  }));
  return found;
}"""
NAMES = ["reformer_outlet_temp_degc", "steam_to_carbon_ratio", "converter_inlet_temp_degc", "unexplained", "good_hours"]
CASES = [
    [12.3, 4.5, -0.4, -8.8, -10.6],
    [1234.5, 98.7, -876.5, -987.6, -1234.5],
    [0.1, -1234.5, -1100.0, -1000.0, -900.0],
    [1234.5, 1200.0, 1100.0, 0.0, -0.1],
]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 900})
    yield context.new_page()
    context.close()


def list_overlaps(page: Page, svg: str) -> list[str]:
    font = "svg text { font-family: system-ui, 'DejaVu Sans', sans-serif !important }"
    page.set_content(f"<style>{font} svg {{ display: block; width: 358px; height: auto }}</style>{svg}")
    return [str(one) for one in page.evaluate(OVERLAPS)]


@pytest.mark.parametrize("code", ["en", "nb"])
@pytest.mark.parametrize("shares", CASES)
def test_values_of_bars_run_into_no_name(page: Page, shares: list[float], code: str) -> None:
    language.choose(code)
    table = pd.DataFrame({"setpoint": NAMES, "share_gj_per_h": shares})
    assert list_overlaps(page, figures.plot_shares(table, "setpoint", size=1500.0).narrow) == []
    ends = 20_000 + np.cumsum(shares)
    steps = pd.DataFrame(
        {
            "step": ["best", *NAMES, "actual"],
            "kind": [LEVEL, "setpoint", "setpoint", "setpoint", "unexplained", "good_hours", LEVEL],
            "change_gj_per_h": [np.nan, *shares, np.nan],
            "start_gj_per_h": [0.0, 20_000, *ends[:-1], 0.0],
            "end_gj_per_h": [20_000, *ends, ends[-1]],
        }
    )
    assert list_overlaps(page, figures.plot_waterfall(steps, size=1500.0).narrow) == []


@pytest.mark.parametrize("code", ["en", "nb"])
@pytest.mark.parametrize("days", [12, 31, 92, 365])
def test_calendar_and_panels_of_conditions_run_into_nothing(page: Page, days: int, code: str) -> None:
    language.choose(code)
    times = pd.date_range("2026-01-01", periods=24 * days, freq="h", tz="Europe/Oslo").tz_convert("UTC")
    swing = np.sin(np.arange(len(times)) / 50)
    hours = pd.DataFrame({TIME: times, BEST: 1000.0, GAP: 40 * swing})
    conditions = {"load_t_per_h": 1500 + 500 * swing, "cooling_water_temp_degc": -40 * swing}
    conditions |= {"since_turnaround_days": 12_345 + swing, "feed_c2plus_pct": 0.0015 * swing}
    hours = hours.assign(**conditions)
    assert list_overlaps(page, figures.plot_calendar(hours, "Europe/Oslo").narrow) == []
    assert list_overlaps(page, figures.plot_against(hours, list(conditions)).narrow) == []

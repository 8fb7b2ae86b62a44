"""What the condition of a plant makes of best on later hours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from elc import curve, pages
from elc.evaluate.condition import measure_condition
from elc.fields import BEST, BEST_HIGH, BEST_LOW, HIGH, TYPICAL
from elc.records.metrics import Condition, Metrics
from elc.records.quality import ConditionBaseline, Quality
from tests.unit.monitor.sound import FUEL, LOAD, Linear, build_later, build_package, build_settings, score


class Lines(Linear):
    """The sound plant's package with its curve: best 19.93 GJ/t, typical 20, and every hour inside."""

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        best = 19.93 * frame[LOAD]
        lines = {BEST: best, TYPICAL: 20 * frame[LOAD], HIGH: 20.4 * frame[LOAD]}
        return pd.DataFrame({**lines, BEST_LOW: best - 1, BEST_HIGH: best + 1})

    def find_outside(self, frame: pd.DataFrame) -> pd.Series:
        return pd.Series(False, index=frame.index)


@pytest.fixture(scope="module")
def package() -> curve.Package:
    made = build_package()
    found = Lines(**{name: getattr(made, name) for name in made.__dataclass_fields__})
    quality = found.baseline.quality.model_copy(
        update={"condition": ConditionBaseline(level=0.0, scatter=0.001, windows=17)}
    )
    return replace(found, baseline=replace(found.baseline, quality=quality))


def build_test(frac: float) -> pd.DataFrame:
    """Hours as a split holds them: neither states nor predictions, of a plant that takes more from day 30 on."""
    hours = build_later(120)
    fouled = score(hours.assign(**{FUEL: hours[FUEL] + (hours.index >= 30 * 24) * frac * 20 * hours[LOAD]}))
    return fouled[[name for name in fouled if "pred" not in name and not name.startswith(("gap", "is_"))]]


def say(condition: Condition | None) -> str:
    return pages.evaluate.write_condition(Metrics.model_construct(condition=condition))


def test_fouling_lowers_coverage_and_condition_gives_it_back(package: curve.Package) -> None:
    plain, fouled = (measure_condition(build_test(frac), package, build_settings()) for frac in (0.0, 0.03))
    assert plain is not None
    assert fouled is not None
    assert (plain.named_frac, plain.mean_frac) == (0.0, 0.0)
    assert plain.coverage_frac == plain.coverage_with_frac
    assert 0.5 < fouled.named_frac < 0.75
    assert fouled.mean_frac == pytest.approx(0.03 * fouled.named_frac, rel=0.1)
    assert fouled.coverage_frac < 0.4 * plain.coverage_frac
    assert fouled.coverage_with_frac == pytest.approx(plain.coverage_frac, abs=0.05)
    assert fouled.setpoints_frac == pytest.approx(0.0, abs=0.001)
    assert fouled.off_frac == pytest.approx(0.03 * 90 / 120, abs=0.002)
    assert "is named in" in say(fouled)
    assert "No condition of the plant is named" in say(plain)


def test_nothing_is_known_without_a_baseline_or_hours(package: curve.Package) -> None:
    bare: Any = replace(package, baseline=replace(package.baseline, quality=Quality()))
    assert measure_condition(build_test(0.0), bare, build_settings()) is None
    assert measure_condition(build_test(0.0).iloc[:0], package, build_settings()) is None
    assert "is not known" in say(None)

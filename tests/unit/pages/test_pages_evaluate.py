"""The sentences, word by word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from elc import pages
from elc.records.metrics import Metrics, Reference

OFF = {"rmse_gj_per_h": 1.0, "bias_gj_per_h": 0.1, "mae_gj_per_h": 0.8}
QUANTILE = {"pinball_gj_per_h": 1.7, "wanted_frac": 0.1, "coverage_frac": 0.128}
NOT_KNOWN = {"cv_rmse_daily_frac": None, "cv_rmse_low_frac": None, "nmbe_low_frac": None}


def build_metrics(
    best: dict[str, Any] | None = None, *, slope: float | None = None, findings: Sequence[str] = (), **typical: Any
) -> Metrics:
    content = {
        "plant": "fjord",
        "rows": 1234,
        "first": "2024-03-01T00:00:00+00:00",
        "last": "2024-06-30T23:00:00+00:00",
        "features": ["load_t_per_h", "air_temp_degc", "feed_c2plus_pct"],
        "parameters": 4,
        "typical": {
            **OFF,
            "cv_rmse_frac": 0.0079,
            "cv_rmse_low_frac": 0.0071,
            "cv_rmse_high_frac": 0.0088,
            "cv_rmse_daily_frac": 0.0055,
            "nmbe_frac": -0.00123,
            "nmbe_low_frac": -0.002,
            "nmbe_high_frac": 0.0005,
            **typical,
        },
        "line_on_load": {**OFF, "cv_rmse_frac": 0.0158, "nmbe_frac": 0.0},
        "quantiles": {
            "best": {**QUANTILE, "coverage_low_frac": 0.09, "coverage_high_frac": 0.17, **(best or {})},
            "typical": QUANTILE,
            "high": QUANTILE,
        },
        "drift": {
            "offset_frac": 0.001,
            "offset_low_frac": -0.001,
            "offset_high_frac": 0.002,
            "slope_frac_per_year": slope,
        },
        "findings": list(findings),
    }
    return Metrics.model_validate(content)


def write_statement(metrics: Metrics) -> str:
    """The statement with plain spaces in its shares."""
    return pages.evaluate.build_statement(metrics).replace("\N{NO-BREAK SPACE}", " ")


def write_drift(metrics: Metrics) -> str:
    return pages.evaluate.write_drift(metrics).replace("\N{NO-BREAK SPACE}", " ")


def test_statement_says_what_was_tested_and_found() -> None:
    assert write_statement(build_metrics()) == (
        "On 1,234 later intervals (2024-03-01 to 2024-06-30; p = 4), with load, air temperature and feed C2+ as the "
        "relevant variables (ISO 50006), typical energy has a CV(RMSE) of 0.79 % (0.71 % to 0.88 %), 50 % below that "
        "of a straight line on load alone (1.58 %), and of 0.55 % for daily means; the NMBE is −0.12 % (−0.20 % to "
        "+0.05 %). This meets the limits of ASHRAE Guideline 14 for hourly data (30 % and 10 %), which are wide; "
        "it meets the tighter 1.5 %, 0.7 % for daily means and 0.3 % as well. 13 % (9 % to 17 %) of the intervals lie "
        "below best, where 10 % are meant to: the difference is within chance."
    )


@pytest.mark.parametrize(
    ("typical", "verdict"),
    [
        ({"cv_rmse_frac": 0.30, "nmbe_frac": 0.10}, "This meets the limits"),
        ({"cv_rmse_frac": 0.301}, "This does not meet the limits"),
        ({"nmbe_frac": 0.101}, "This does not meet the limits"),
        ({"nmbe_frac": -0.101}, "This does not meet the limits"),
        ({"nmbe_frac": -0.0031}, "0.3 % it misses NMBE."),
        ({"cv_rmse_frac": 0.016, "nmbe_frac": 0.004}, "0.3 % it misses CV(RMSE) and NMBE."),
        ({"cv_rmse_daily_frac": 0.008}, "0.3 % it misses CV(RMSE) of daily means."),
    ],
)
def test_statement_judges_by_every_limit(typical: dict[str, float], verdict: str) -> None:
    assert verdict in write_statement(build_metrics(**typical))


@pytest.mark.parametrize(
    ("best", "verdict"),
    [
        (
            {"coverage_frac": 0.02, "coverage_low_frac": 0.01, "coverage_high_frac": 0.03},
            "2 % (1 % to 3 %) of the intervals lie below best, where 10 % are meant to: best lies too low for these "
            "hours, beyond chance.",
        ),
        ({"coverage_frac": 0.3, "coverage_low_frac": 0.2, "coverage_high_frac": 0.4}, "best lies too high"),
    ],
)
def test_statement_says_whether_best_holds(best: dict[str, float], verdict: str) -> None:
    assert verdict in write_statement(build_metrics(best))


def test_statement_goes_without_what_is_not_known() -> None:
    statement = write_statement(
        build_metrics({"coverage_low_frac": None}, **NOT_KNOWN, cv_rmse_frac=0.02, nmbe_frac=0.001)
    )
    assert "a CV(RMSE) of 2.00 %, 27 % above that of a straight line on load alone (1.58 %); the NMBE" in statement
    assert "13 % of the intervals lie below best" in statement
    assert statement.endswith("there are too few days to say how sure that is.")


def test_statement_ends_with_the_findings() -> None:
    metrics = build_metrics(findings=["The plant has drifted."])
    assert write_statement(metrics).endswith("within chance. The plant has drifted.")
    assert write_drift(metrics) == "The plant has drifted."


def test_no_drift_is_said_with_its_figures() -> None:
    assert write_drift(build_metrics()) == (
        "No drift: actual energy is +0.10 % off typical (−0.10 % to +0.20 %), with a slope not known."
    )
    assert write_drift(build_metrics(slope=-0.004)).endswith("(−0.10 % to +0.20 %), with −0.40 % a year.")


def test_a_reference_that_is_closer_is_said_so() -> None:
    reference = Reference(pinball_best_gj_per_h=1.0, coverage_best_frac=0.1, rmse_gj_per_h=1.0, cv_rmse_frac=0.01)
    references = {
        name: reference.model_copy(update={"pinball_ratio": ratio})
        for name, ratio in (("boosted_energy", 0.9), ("boosted_sec", 1.2))
    }
    metrics = build_metrics()
    assert pages.evaluate.write_references(metrics.model_copy(update={"references": references})) == (
        "A reference comes closer to best than the curve: it has 0.90 times its loss."
    )
    without = metrics.model_copy(update={"references": {"boosted_sec": reference}})
    assert "no ratio can be given" in pages.evaluate.write_references(without)

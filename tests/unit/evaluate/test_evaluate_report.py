"""The metrics of a plant as a whole: what is in them, their tables and their files."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import curve, dataset, evaluate, pages, settings
from elc.fields import ENERGY, TIME
from elc.paths import Project
from elc.records import format_record
from elc.records.metrics import Metrics, parse_metrics

ROOT = Path(__file__).resolve().parents[3]
LOAD, AIR = "load_t_per_h", "air_temp_degc"


@pytest.fixture
def long_split() -> dataset.Split:
    random = np.random.default_rng(4)
    frame = pd.DataFrame({LOAD: random.uniform(40, 60, 3600), AIR: random.uniform(-5, 25, 3600)})
    frame[ENERGY] = 10 * frame[LOAD] - 2 + random.uniform(0, 20, 3600)
    frame.insert(0, TIME, pd.date_range("2024-01-01", periods=3600, freq="h", tz="UTC"))
    return dataset.Split(60.0, frame[:1000], frame[1000:1500], frame[1500:].reset_index(drop=True))


def build(split: dataset.Split, package: curve.Package, chosen: settings.StageSettings) -> Metrics:
    scored = evaluate.score_test(split, package)
    references = evaluate.score_references(split, scored, package, chosen.evaluate)
    return evaluate.build_metrics(scored, package, references=references, settings=chosen)


def walk(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for entry in value.values() for leaf in walk(entry)]
    return [leaf for entry in value for leaf in walk(entry)] if isinstance(value, list) else [value]


def test_metrics_hold_every_part(
    long_split: dataset.Split, package: curve.Package, chosen: settings.StageSettings
) -> None:
    metrics = build(long_split, package, chosen)
    assert metrics.model_fields_set == set(Metrics.model_fields) - {"condition"}  # of which the package has no baseline
    assert (metrics.rows, metrics.unscored_rows, metrics.parameters) == (2100, 0, 3)
    assert list(metrics.months) == ["2024-03", "2024-04", "2024-05"]
    numbers = [leaf for leaf in walk(metrics.model_dump()) if isinstance(leaf, float)]
    assert all(math.isfinite(number) and number == float(f"{number:.6g}") for number in numbers)
    best = metrics.quantiles.best
    assert best.coverage_low_frac < 0.1 < best.coverage_high_frac


def test_metrics_of_four_hours_go_without_intervals(
    split: dataset.Split, package: curve.Package, chosen: settings.StageSettings
) -> None:
    metrics = build(split, package, chosen)
    assert not {"nmbe_low_frac", "cv_rmse_daily_frac"} & metrics.typical.model_fields_set
    assert metrics.weeks == 1
    assert "it needs 12 weeks of running hours after training, and there are 1." in (
        pages.evaluate.build_statement(metrics)
    )
    assert metrics.line_on_load.bias_gj_per_h == pytest.approx(10.0)
    assert evaluate.build_calibration(metrics)["low_frac"].isna().all()


def test_hours_that_were_not_scored_are_counted(
    long_split: dataset.Split, package: curve.Package, chosen: settings.StageSettings
) -> None:
    long_split.test.loc[:9, AIR] = np.nan
    scored = evaluate.score_test(long_split, package)
    references = evaluate.score_references(long_split, scored.fillna({AIR: 0.0}), package, chosen.evaluate)
    metrics = evaluate.build_metrics(scored, package, references=references, settings=chosen)
    assert (metrics.rows, metrics.unscored_rows) == (2090, 10)


def test_tables_show_the_metrics(
    long_split: dataset.Split, package: curve.Package, chosen: settings.StageSettings
) -> None:
    metrics = build(long_split, package, chosen)
    calibration = evaluate.build_calibration(metrics)
    assert calibration.columns.tolist() == ["quantile", "band", "wanted_frac", "coverage_frac", "low_frac", "high_frac"]
    assert calibration["quantile"].tolist() == ["best"] * 3 + ["typical"] * 3 + ["high"] * 3
    assert calibration["band"].tolist()[0] == "all"
    bands = evaluate.build_bands(metrics)
    assert bands.columns.tolist() == ["load", "intervals", "bias_frac", "cv_rmse_frac", "below_best_frac"]
    assert bands["intervals"].tolist() == [1050, 1050]
    groups = evaluate.build_groups(metrics)
    assert groups["hours"].tolist()[-3:] == ["2024-03", "2024-04", "2024-05"]
    assert groups["bias_frac"].tolist()[:2] == bands["bias_frac"].tolist()
    shown = pages.evaluate.build_groups_table(metrics)
    assert shown["bias, %"].tolist()[:2] == pytest.approx([100 * share for share in bands["bias_frac"]])
    references = pages.evaluate.build_references_table(metrics)
    assert references["model"].tolist()[:2] == ["the curve", "straight line on load"]
    assert references["ratio to the curve"].tolist()[0] == 1.0


def test_residuals_are_by_site_day_and_their_sum_runs(
    split: dataset.Split, package: curve.Package, chosen: settings.StageSettings
) -> None:
    scored = evaluate.score_test(split, package)
    scored[TIME] += pd.Timedelta("22h")  # two hours of 1 March, two of 2 March
    table = evaluate.build_residuals(scored, chosen)
    assert table["date"].tolist() == ["2024-03-01", "2024-03-02"]
    # actual less typical: -10, 20, -6, -4
    assert table["cusum_gj"].tolist() == pytest.approx([10.0, 0.0])
    assert table["residual_frac"].tolist() == pytest.approx([(-10 / 410 + 20 / 510) / 2, (-6 / 610 - 4 / 510) / 2])


def test_files_come_back_as_they_were_written(
    tmp_path: Path, long_split: dataset.Split, package: curve.Package, chosen: settings.StageSettings
) -> None:
    metrics, project = build(long_split, package, chosen), Project(tmp_path)
    path, folder = project.metrics("fjord"), project.plots("fjord")
    scored = evaluate.score_test(long_split, package)
    contents = []
    for _ in range(2):
        evaluate.write_metrics(path, metrics)
        evaluate.write_plots(folder, metrics, scored, chosen)
        contents.append([file.read_bytes() for file in (path, *sorted(folder.iterdir()))])
    assert contents[0] == contents[1]
    assert parse_metrics(path.read_text(encoding="utf-8"), "fjord") == metrics
    assert [file.name for file in sorted(folder.iterdir())] == ["calibration.csv", "residuals.csv"]
    assert pd.read_csv(folder / "residuals.csv").columns.tolist() == ["date", "residual_frac", "cusum_gj"]


@pytest.mark.parametrize("plant", ["fjord", "delta", "steppe"])
def test_curves_of_the_demo_do_better_than_a_line_and_as_asked(plant: str) -> None:
    """The metrics in Git, of the full configuration; that they are current is tested with the pipeline."""
    text = Project(ROOT).metrics(plant).read_text(encoding="utf-8")
    metrics = parse_metrics(text, plant)
    assert format_record(metrics) == text
    typical = metrics.typical
    assert typical.cv_rmse_frac < metrics.line_on_load.cv_rmse_frac
    assert typical.cv_rmse_frac < 0.015
    assert typical.cv_rmse_daily_frac < 0.007
    assert abs(typical.nmbe_frac) < 0.003
    assert all(reference.pinball_ratio > 1 for reference in metrics.references.values())

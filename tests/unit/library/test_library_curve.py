"""A curve of one's own: what it learns is what the table holds, and it is a model package like any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import elc
from elc import curve
from elc.errors import ElcError
from elc.fields import BEST, GAP, GAP_HIGH, GAP_LOW

# Keras about NumPy
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
LOAD, AIR = "product_t_per_h", "air_temp_degc"
SETTINGS = {"train": {"epochs": 20, "patience": 5, "members": 4}, "dataset": {"settle_after_start_h": 6}}
ROWS = 24 * 150
FIT = {"energy": "power_mw", "load": LOAD, "drivers": [AIR], "rising": [AIR], "settings": SETTINGS}


def build_frame() -> pd.DataFrame:
    """Hours of a plant whose best is known: it loses up to 6 % by chance, and tripped once."""
    rng = np.random.default_rng(5)
    index = pd.date_range("2026-01-01", periods=ROWS, freq="h", tz="UTC")
    load = np.repeat(rng.uniform(60, 100, ROWS // 24), 24)
    load[1000:1006] = 0.0
    air = 12 + 8 * np.sin(np.arange(ROWS) / 24 / 150 * 6.28) + rng.normal(0, 1, ROWS)
    frame = pd.DataFrame({LOAD: load, AIR: air}, index=index)
    return frame.assign(power_mw=compute_best(frame) * (1 + rng.uniform(0, 0.06, ROWS)) + (load == 0) * 3)


def compute_best(frame: pd.DataFrame) -> pd.Series:
    return 20 + 1.2 * frame[LOAD] + 0.2 * frame[AIR]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return build_frame()


@pytest.fixture(scope="module")
def fitted(frame: pd.DataFrame) -> elc.Curve:
    return elc.Curve.fit(frame, **FIT)


def test_best_is_what_the_table_was_made_of(fitted: elc.Curve, frame: pd.DataFrame) -> None:
    later = frame.iloc[-600:]
    best = fitted.predict(later)[BEST] / 3.6
    wanted = compute_best(later) * 1.006  # the 10 % quantile of a loss of 0 to 6 %
    assert float((best / wanted - 1).abs().median()) < 0.01


def test_gap_is_given_in_steady_hours_alone(fitted: elc.Curve, frame: pd.DataFrame) -> None:
    gap = fitted.gap(frame)
    assert len(gap) == ROWS
    assert gap[GAP].iloc[1000:1012].isna().all()
    known = gap.dropna()
    assert len(known) > ROWS / 3
    np.testing.assert_allclose(known[GAP], frame.loc[known.index, "power_mw"] * 3.6 - known[BEST], rtol=1e-9)
    assert (known[GAP_LOW] <= known[GAP]).all()
    assert (known[GAP] <= known[GAP_HIGH]).all()


def test_shares_of_drivers_add_up_to_best_in_known_intervals(fitted: elc.Curve, frame: pd.DataFrame) -> None:
    found = fitted.explain(frame, most=50)
    assert found.feature_names == [LOAD, AIR]
    assert found.values.shape == (50, 2)
    best = fitted.predict(pd.DataFrame(found.data, columns=[LOAD, AIR]))[BEST].to_numpy()
    np.testing.assert_allclose(found.values.sum(axis=1) + found.base_values, best, rtol=0, atol=1e-8)
    load, air = np.abs(found.values).mean(axis=0)
    assert load > air
    assert fitted.explain(frame, what="setpoints").values.shape == (0, 0)
    with pytest.raises(ElcError, match="setpoint is nothing to explain by: did you mean setpoints"):
        fitted.explain(frame, what="setpoint")


def test_what_is_saved_is_a_model_package(fitted: elc.Curve, frame: pd.DataFrame, tmp_path: Path) -> None:
    folder = fitted.save(tmp_path / "mine")
    again = elc.Curve.load(folder, energy="power_mw", settings=SETTINGS)
    pd.testing.assert_frame_equal(again.gap(frame), fitted.gap(frame))
    assert curve.read(folder).features == [LOAD, AIR]
    assert "<svg" in again.plot(frame).data
    with pytest.raises(ElcError, match=r"loaded without its hours: give the hours to draw"):
        again.plot()
    (folder / "model.onnx").write_bytes(b"")
    with pytest.raises(ElcError, match=r"model\.onnx is not the file that was trained"):
        elc.Curve.load(folder)


@pytest.mark.long(reason="trains a curve; `test_train_fit` has the fixed part as well")
def test_fixed_part_is_in_the_package_as_in_the_curve(fitted: elc.Curve, frame: pd.DataFrame, tmp_path: Path) -> None:
    chosen = SETTINGS | {"base": {"fixed_gj_per_h": 72.0}}  # the 20 MW of `compute_best`
    made = elc.Curve.fit(frame, **{**FIT, "settings": chosen})
    low = pd.DataFrame({LOAD: np.linspace(25.0, 45.0, 9), AIR: 12.0})  # it was fitted to 60 t/h and more
    wanted = 3.6 * compute_best(low) * 1.006
    off = [float((one.predict(low)[BEST] / wanted - 1).abs().mean()) for one in (fitted, made)]
    assert off[1] < 0.015
    assert off[1] < off[0] / 2
    again = elc.Curve.load(made.save(tmp_path / "mine"), energy="power_mw", settings=chosen)
    pd.testing.assert_frame_equal(again.predict(low), made.predict(low))
    gap = again.gap(frame).dropna()
    best = again.predict(frame.loc[gap.index])[BEST]
    np.testing.assert_allclose(gap[BEST], best, rtol=1e-6)
    shares = again.explain(frame, most=20)
    total = again.predict(pd.DataFrame(shares.data, columns=[LOAD, AIR]))[BEST]
    np.testing.assert_allclose(shares.values.sum(axis=1) + shares.base_values, total, rtol=1e-9)


def test_what_is_no_package_is_never_written_over(fitted: elc.Curve, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(ElcError, match=r"it exists and is not a model package\. Choose another folder\."):
        fitted.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_notebooks_show_what_it_knows_and_what_it_lacks(fitted: elc.Curve) -> None:
    shown = fitted._repr_html_()
    assert "Curve of product_t_per_h and 1 drivers, trained on" in shown
    assert AIR in shown
    assert "Not enough to train on: " in shown  # five months are no year
    assert "best" in fitted.plot().data


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"rising": ["humidity_pct"]}, "humidity_pct is given a direction but is not a driver"),
        ({"falling": [AIR]}, "air_temp_degc is given in both directions"),
        ({"settings": {"trian": {}}}, "trian is unknown, expected train, dataset or base"),
        ({"settings": {"train": {"epoch": 3}}}, r"train\.epoch: unknown key: did you mean epochs\?"),
        ({"settings": {"train": {"epochs": 0}}}, r"train\.epochs: found 0: "),
        (
            {"settings": {"base": {"fixed_gj_per_h": -1.0}}},
            r"base\.fixed_gj_per_h: found -1\.0: write what the plant uses",
        ),
        ({"settings": {"base": {"fixed_gj_per_h": 9e3}}}, r"fixed_gj_per_h is 9000 GJ/h, expected less than \d+"),
        ({"settings": {"dataset": {"min_hours": 9999}}}, r"steady intervals are left, expected at least 9999"),
    ],
)
def test_what_cannot_be_fitted_is_refused(frame: pd.DataFrame, given: dict[str, object], words: str) -> None:
    with pytest.raises(ElcError, match=words):
        elc.Curve.fit(frame, **{**FIT, **given})


def test_only_what_is_asked_for_is_imported() -> None:
    with pytest.raises(AttributeError, match="no attribute Curv"):
        elc.Curv  # noqa: B018

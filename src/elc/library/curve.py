"""A curve from a table of one's own, by the steps of the pipeline and without a project."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from elc import curve, dataset, explain
from elc.errors import ElcError, check_faults
from elc.extras import build_missing
from elc.fields import ENERGY, GAP, GAP_FRAC, GAP_HIGH, GAP_LOW, IS_OUTSIDE, IS_STEADY, TIME
from elc.files import replace_folder
from elc.findings import build_frame, join, read_findings
from elc.library.table import build_hours, find_interval
from elc.pages import figures
from elc.pages.findings import say_findings
from elc.settings import ExplainSettings, StageSettings, Tag, TagList, build_default

if TYPE_CHECKING:
    import shap

OWN = "own"  # stands for a plant where there is none
SCORED = [ENERGY, *curve.OUTPUTS, GAP, GAP_LOW, GAP_HIGH, GAP_FRAC, IS_STEADY, IS_OUTSIDE]


class Curve:
    """The least energy that steady hours have shown at their load and drivers.

    Columns are named as everywhere: quantity and unit, as in `ammonia_t_per_h` and `air_temp_degc`. `package` is the
    model package behind it, which `save` writes and the pipeline reads; `findings` say what its history lacks.
    """

    def __init__(
        self,
        content: curve.Content,
        *,
        energy: str = ENERGY,
        is_continuous: bool = True,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.package = curve.open_package(content)
        weak = self.package.insufficiencies
        self.findings = read_findings(weak) if weak else build_frame([])
        self._content, self._energy = content, energy
        self._is_continuous, self._settings = is_continuous, dict(settings or {})
        self._learnt: pd.DataFrame | None = None

    @classmethod
    def fit(
        cls,
        frame: pd.DataFrame,
        *,
        energy: str,
        load: str,
        drivers: Sequence[str] = (),
        setpoints: Sequence[str] = (),
        rising: Sequence[str] = (),
        falling: Sequence[str] = (),
        is_continuous: bool = True,
        settings: Mapping[str, Any] | None = None,
    ) -> Self:
        """Fit a curve to the steady rows of a table, the last quarter of which is kept for tests.

        Args:
            frame: one row an interval; its times, aware, are the index or a column `time_utc`.
            energy: the quantity to minimize, in GJ/h or MW.
            load: the production that it is spent on.
            drivers: what else it depends on and nobody chooses, such as weather or the raw material.
            setpoints: what operators choose; never a part of the curve, but what `explain` and `advise` ask for.
            rising: drivers with which energy never falls.
            falling: drivers with which it never rises.
            is_continuous: false where each row is a steady state of its own, and nothing lies between.
            settings: keys of `train`, `dataset` and `base` that are other than the defaults, as in a plant's entry.

        Raises:
            ElcError: the table, or a name, is not as expected, or too few rows are steady.
        """
        tags = _build_tags(load, drivers, setpoints, rising, falling)
        hours = build_hours(frame, energy=energy, columns=[load, *drivers, *setpoints], is_continuous=is_continuous)
        content, learnt = _learn(hours, tags, _build_settings(hours, is_continuous=is_continuous, settings=settings))
        made = cls(content, energy=energy, is_continuous=is_continuous, settings=settings)
        made._learnt = learnt
        return made

    @classmethod
    def load(
        cls,
        folder: Path | str,
        *,
        energy: str = ENERGY,
        is_continuous: bool = True,
        settings: Mapping[str, Any] | None = None,
    ) -> Self:
        """Read a curve that was saved, or the model package of a plant, such as `models/fjord`.

        Raises:
            ElcError: a file is missing or is not as it was written.
        """
        content = curve.read_content(Path(folder), sha256="")
        return cls(content, energy=energy, is_continuous=is_continuous, settings=settings)

    def save(self, folder: Path | str) -> Path:
        """Write the model package to a folder, whole or not at all; one that is not a model package is left unchanged.

        Raises:
            ElcError: the folder is there and holds something else.
        """
        target = Path(folder)
        if target.exists() and not (target / curve.CARD).is_file():
            raise ElcError(f"{target}: it exists and is not a model package. Choose another folder.")
        with replace_folder(target) as fresh:
            for name, raw in self._content.files.items():
                (fresh / name).parent.mkdir(parents=True, exist_ok=True)
                (fresh / name).write_bytes(raw)
        return target

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Predict best, typical and high energy (GJ/h) of each row, and the interval of best; missing where unknown.

        Raises:
            ElcError: a column of the curve is not in the frame, or is not numeric.
        """
        return self.package.predict(frame)

    def gap(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Compare each interval with the curve: energy, best, the gap and its interval (GJ/h), by time (UTC).

        A gap is given in steady intervals inside the envelope of the curve alone.

        Raises:
            ElcError: the table is not as expected (see `fit`).
        """
        return self._score(frame).set_index(TIME)[SCORED]

    def explain(self, frame: pd.DataFrame, *, what: str = "drivers", most: int = 500) -> shap.Explanation:
        """Explain energy (GJ/h) as all plots of shap take it: `shap.plots.beeswarm(curve.explain(frame))`.

        Args:
            frame: the intervals.
            what: drivers, which share out best less its mean over conditions of training; or setpoints, which share out
                the step from best practice under similar conditions to the present ones.
            most: intervals, evenly spread over those inside the envelope of the curve.

        Raises:
            ElcError: the table is not as expected (see `fit`), or `what` is neither.
        """
        columns = self.package.setpoints if what == explain.SETPOINTS else []
        scored = self._score(frame, columns)
        return explain.build_explanation(self.package, scored, ExplainSettings(), what=what, days=None, most=most)

    def _score(self, frame: pd.DataFrame, more: Sequence[str] = ()) -> pd.DataFrame:
        columns = [*self.package.features, *more]
        hours = build_hours(frame, energy=self._energy, columns=columns, is_continuous=self._is_continuous)
        chosen = _build_settings(hours, is_continuous=self._is_continuous, settings=self._settings)
        marked = dataset.mark_states(hours, self.package.throughput, self.package.rated_load, chosen)
        return curve.score_hours(marked, self.package)

    def plot(self, frame: pd.DataFrame | None = None) -> figures.Chart:
        """Draw the curve at three values of the driver that moves it most, with hours moved there.

        Args:
            frame: the hours; those that the curve was fitted to without one.

        Raises:
            ElcError: the curve was loaded, so that it has no hours of its own.
        """
        hours = self._learnt if frame is None else self._score(frame).query(IS_STEADY)
        if hours is None:
            raise ElcError("the curve was loaded without its hours: give the hours to draw, as in curve.plot(frame).")
        return figures.plot_conditions(curve.build_conditions(self.package, hours))

    def describe(self) -> pd.DataFrame:
        """The columns that the curve knows, with unit and the range that it was trained on."""
        return self.package.describe()

    def __repr__(self) -> str:
        parts = self.package.card["trained_on"]
        rows = sum(part["rows"] for part in parts.values())
        first, last = parts["train"]["first"], parts["valid"]["last"]
        return (
            f"Curve of {self.package.throughput} and {len(self.package.features) - 1} drivers, trained on "
            f"{rows:,} steady intervals from {first[:10]} to {last[:10]}"
        )

    def _repr_html_(self) -> str:
        doubts = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in say_findings(self.findings))
        table: str = self.describe().to_html(index=False, float_format="{:.4g}".format)
        return f"<p>{html.escape(repr(self))}</p>{table}" + (f"<ul>{doubts}</ul>" if doubts else "")


def _learn(hours: pd.DataFrame, tags: TagList, settings: StageSettings) -> tuple[curve.Content, pd.DataFrame]:
    """Go through the stages dataset and train; return the model package, and the hours that it was trained on."""
    try:
        from elc import train  # seconds, for TensorFlow
    except ModuleNotFoundError as error:
        raise build_missing(error, where="elc.Curve.fit") from None

    rated_load = dataset.find_rated_load(hours, tags.throughput)
    marked = dataset.mark_states(hours, tags.throughput, rated_load, settings)
    split = dataset.build_split(dataset.drop_unsteady(marked, tags), rated_load, settings, marked)
    rules = dataset.check_sufficiency(marked, split, tags, settings)
    unsound = dataset.find_unsound(marked, split, tags, settings)
    weak = join(dataset.find_insufficient(rules, split, settings), unsound)
    fixed = settings.plant.base.fixed_gj_per_h
    fitted = train.fit_curve(split, tags, settings.train, fixed_gj_per_h=fixed)
    response = train.fit_response(split, tags, settings.train)
    with TemporaryDirectory() as folder:
        train.write_package(Path(folder) / OWN, fitted, response, split, tags, settings, weak=weak)
        return curve.read_content(Path(folder) / OWN, sha256=""), split.learnt


def _build_tags(
    load: str, drivers: Sequence[str], setpoints: Sequence[str], rising: Sequence[str], falling: Sequence[str]
) -> TagList:
    strange = [name for name in (*rising, *falling) if name not in drivers]
    faults = [f"{name} is given a direction but is not a driver. Add it to drivers." for name in strange]
    both = sorted(set(rising) & set(falling))
    check_faults("the curve", faults + [f"{name} is given in both directions. Keep one." for name in both])
    directions = dict.fromkeys(rising, "up") | dict.fromkeys(falling, "down")
    roles = {ENERGY: "energy", load: "throughput"}
    roles |= dict.fromkeys(drivers, "driver") | dict.fromkeys(setpoints, "setpoint")
    tags = (
        Tag(
            tag=name,
            column=name,
            role=role,
            carrier=OWN if role == "energy" else "",
            factor=1.0,
            offset=0.0,
            low=None,
            high=None,
            description="",
            monotone=directions.get(name, ""),
        )
        for name, role in roles.items()
    )
    return TagList(OWN, tuple(tags))


def _build_settings(hours: pd.DataFrame, *, is_continuous: bool, settings: Mapping[str, Any] | None) -> StageSettings:
    """Build what the stages are told: the defaults, with the keys that were given."""
    strange = sorted(set(settings or {}) - {"train", "dataset", "base"})
    check_faults("settings", [f"{name} is unknown, expected train, dataset or base." for name in strange])
    entry = {
        "name": OWN,
        "product": OWN,
        "time_zone": "UTC",
        "interval": find_interval(hours[TIME]) if is_continuous else "1h",
        "train_until": None,
        "battery_limit": "as in the table",
        "gap_carrier": OWN,
        "export": {"is_continuous": is_continuous},
        "carriers": {OWN: {"price_per_gj": None, "co2_kg_per_gj": None}},
        **(settings or {}),
    }
    return build_default(OWN, entry)

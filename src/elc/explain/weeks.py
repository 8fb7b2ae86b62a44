"""The last weeks as pictures show them: days that are over, so that a picture is drawn anew once a day."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from elc.curve import Package, find_last
from elc.explain.attribution import WHATS, Attribution, attribute
from elc.explain.explanation import wrap
from elc.explain.hours import choose_explained
from elc.fields import TIME
from elc.settings import ExplainSettings, StageSettings

if TYPE_CHECKING:
    import shap

# ASSUME: so many hours, evenly spread over four weeks, show what all of them would.
PICTURED_HOURS = 168


@dataclass(frozen=True)
class Weeks:
    """The hours to explain by drivers, and by set-points; nothing is explained before it is asked for."""

    package: Package
    hours: dict[str, pd.DataFrame]
    settings: ExplainSettings
    zone: str

    @property
    def key(self) -> str:
        """What stands for all that their explanations are made of."""
        digest = hashlib.sha256(f"{self.package.card.get('sha256')} {self.settings} {self.zone}".encode())
        for what, hours in self.hours.items():
            digest.update(what.encode() + pd.util.hash_pandas_object(hours, index=False).to_numpy().tobytes())
        return digest.hexdigest()

    def find_times(self, what: str) -> pd.Series:
        """The times (of the site) of the hours that drivers, or set-points, explain."""
        times: pd.Series = self.hours[what][TIME].dt.tz_convert(self.zone)
        return times

    @cached_property
    def attributions(self) -> dict[str, Attribution]:
        """What drivers, and set-points, make of the hours (see `attribute`)."""
        return {what: attribute(self.package, hours, self.settings, what=what) for what, hours in self.hours.items()}

    def explain(self, what: str) -> shap.Explanation:
        """Explain the hours by drivers or set-points, for shap's plots."""
        return wrap(self.attributions[what])


def choose_weeks(package: Package, scored: pd.DataFrame, settings: StageSettings) -> Weeks:
    """Choose hours of the last `drift_days` days that are over at the site, evenly spread."""
    zone, days = settings.plant.time_zone, settings.explain.drift_days
    end = find_last(scored)[TIME].tz_convert(zone).normalize()
    recent = scored[(scored[TIME] < end) & (scored[TIME] >= end - pd.Timedelta(days, "D"))]
    columns = [TIME, *package.features, *package.setpoints]
    hours = {
        what: choose_explained(package, recent, what=what, most=PICTURED_HOURS)[
            [name for name in columns if name in recent.columns]
        ]
        for what in WHATS
    }
    return Weeks(package, hours, settings.explain, zone)

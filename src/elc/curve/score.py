"""The gap: actual energy less best, for the hours in which the comparison means something."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from elc.curve.condition import PlantCondition
from elc.curve.hours import fit_hours
from elc.curve.package import OUTPUTS, Package
from elc.dataset import mark_states
from elc.errors import ElcError
from elc.fields import (
    ADJUSTMENT,
    BEST,
    BEST_HIGH,
    BEST_LOW,
    CONDITION_FRAC,
    CONDITION_SINCE,
    ENERGY,
    GAP,
    GAP_FRAC,
    GAP_HIGH,
    GAP_LOW,
    IS_OUTSIDE,
    IS_STEADY,
    OPERATORS_GAP,
    TIME,
)
from elc.settings import PlantSettings, StageSettings

CO2_KG_PER_T = 1000


@dataclass(frozen=True)
class Cost:
    """What an amount of energy costs, in the site's currency, and emits, in tonnes of CO2."""

    energy_gj: float
    money: float
    co2_t: float


@dataclass(frozen=True)
class _Asked:
    """A table to be scored, by its content; the package is that very object."""

    digest: str
    package_id: int
    settings_text: str
    hourly: pd.DataFrame = field(compare=False)
    package: Package = field(compare=False)
    settings: StageSettings = field(compare=False)


def score_table(hourly: pd.DataFrame, package: Package, settings: StageSettings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score an hourly table as ingest wrote it: fit its columns to the package, mark its states, and compare.

    The last table is remembered: the stages of an hour score the same one, each for itself.

    Returns:
        The hours as `score_hours` gives them, with the condition of the plant (see `add_condition`), and a finding for
        each column that could not be used (see `fit_hours`).
    """
    asked = _Asked(_hash(hourly), id(package), repr(settings), hourly, package, settings)
    scored, unfit = _score(asked)
    return scored.copy(deep=False), unfit.copy(deep=False)  # whoever writes to one has a copy of their own


@functools.lru_cache(maxsize=1)
def _score(asked: _Asked) -> tuple[pd.DataFrame, pd.DataFrame]:
    package, settings = asked.package, asked.settings
    fitted, unfit = fit_hours(asked.hourly, package)
    marked = mark_states(fitted, package.throughput, package.rated_load, settings)
    return add_condition(score_hours(marked, package), package, settings.plant), unfit


def _hash(table: pd.DataFrame) -> str:
    digest = hashlib.sha256(str(table.dtypes.to_dict()).encode())
    digest.update(pd.util.hash_pandas_object(table).to_numpy().tobytes())
    return digest.hexdigest()


def add_condition(scored: pd.DataFrame, package: Package, plant: PlantSettings) -> pd.DataFrame:
    """Add what was known of the plant's condition in each scored hour, and the gap without it.

    Adds `condition_frac` of best with its 80 % interval, `condition_since_utc` where it is named, and
    `operators_gap_gj_per_h`, the gap less a named condition. What declared events made of the plant is part of best,
    typical, high and the interval from then on.
    """
    found = PlantCondition(scored, package, plant.interval_h, plant.event_times).build_columns(scored[TIME])
    if plant.events:
        scored = _add_gap(scored.assign(**{name: scored[name] * (1 + found[ADJUSTMENT]) for name in OUTPUTS}))
    found = pd.concat([scored, found], axis=1)
    found[OPERATORS_GAP] = found[GAP] - find_named(found) * found[BEST]
    return found


def find_named(hours: pd.DataFrame) -> pd.Series:
    """Find the condition of each hour where it is named, as a share of best; 0 elsewhere."""
    if CONDITION_FRAC not in hours:
        return pd.Series(0.0, index=hours.index)
    return hours[CONDITION_FRAC].where(hours[CONDITION_SINCE].notna(), 0.0)


def score_hours(hourly: pd.DataFrame, package: Package) -> pd.DataFrame:
    """Add best, typical, high, `is_outside_envelope`, the gap and its interval to hours with their states.

    A gap is given for steady hours inside the envelope with known energy; elsewhere it is missing. Its interval
    (`gap_low_gj_per_h`, `gap_high_gj_per_h`) is that of best.
    """
    predicted = package.predict(hourly)
    scored = pd.concat([hourly, predicted], axis=1)
    scored[IS_OUTSIDE] = package.find_outside(hourly)
    return _add_gap(scored)


def _add_gap(scored: pd.DataFrame) -> pd.DataFrame:
    judged = scored[IS_STEADY] & ~scored[IS_OUTSIDE]
    gap = (scored[ENERGY] - scored[BEST]).where(judged)
    return scored.assign(
        **{
            GAP: gap,
            GAP_FRAC: gap / scored[BEST],
            GAP_LOW: (scored[ENERGY] - scored[BEST_HIGH]).where(judged),
            GAP_HIGH: (scored[ENERGY] - scored[BEST_LOW]).where(judged),
        }
    )


def build_cost(energy_gj: float, plant: PlantSettings, *, at: pd.Timestamp) -> Cost:
    """Price an amount of energy (GJ) as the plant's `gap_carrier`, at a moment (aware); NaN where no price is known."""
    return sum_costs(pd.Series([energy_gj]), pd.Series([at]), plant)


def sum_costs(energy_gj: pd.Series, times: pd.Series, plant: PlantSettings) -> Cost:
    """Price amounts of energy (GJ) as the plant's `gap_carrier`, each at its moment (aware), and add them up.

    Missing amounts count nothing; an amount on a day without a price makes the sum of money NaN, and likewise CO2.
    """
    carrier = plant.carriers[plant.gap_carrier]
    known = energy_gj.notna().to_numpy()
    days = times[known].dt.tz_convert(plant.time_zone)
    amounts = energy_gj.to_numpy(float)[known]
    rates = {day: (carrier.find_price(day), carrier.find_co2(day)) for day in set(days.dt.date)}
    chosen = np.array([rates[day] for day in days.dt.date]).reshape(len(amounts), 2)
    money, co2 = (chosen * amounts[:, None]).sum(axis=0)
    return Cost(float(amounts.sum()), float(money), float(co2) / CO2_KG_PER_T)


def find_last(scored: pd.DataFrame) -> pd.Series:
    """The last hour of the table.

    Raises:
        ElcError: it has none.
    """
    if scored.empty:
        raise ElcError("hourly table: it holds no interval, expected at least one. Check the export and its findings.")
    return scored.sort_values(TIME).iloc[-1]


def find_size(scored: pd.DataFrame) -> float:
    """Find what a plant usually takes (GJ/h), by which numbers get their digits: the median of its judged hours.

    Of a plant without a judged hour that of all hours; NaN where no energy is known.
    """
    judged = scored.loc[scored[GAP].notna(), ENERGY]
    return float((judged if judged.notna().any() else scored[ENERGY]).median())

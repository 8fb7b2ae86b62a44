"""What drives the gap: the step from best-practice set-points under similar conditions to the present ones, shared
out."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from elc.curve import Package, build_best_practice, find_last, find_named, predict_precedents, share_response
from elc.fields import BEST, CONDITION_PART, GAP, GOOD_HOURS, TIME, UNEXPLAINED
from elc.files import keep
from elc.settings import ExplainSettings

SHARES = ["setpoint", "now", "best_practice", "share_gj_per_h"]
TYPES = {TIME: "datetime64[us, UTC]", "setpoint": "str", **dict.fromkeys(SHARES[1:], "float64")}


def explain_hours(package: Package, hours: pd.DataFrame, settings: ExplainSettings) -> pd.DataFrame:
    """Explain the gap of each hour by its set-points against best practice under similar conditions.

    Best is what the best hours reached, and none of them had every set-point at its best. What they lost themselves is
    not part of the gap, so it is taken off again in a row of its own, below zero as a rule. A named condition of the
    plant (`curve.add_condition`) is a row as well; what then remains `unexplained` has no side of its own. Whatever
    shows parts of a gap shows these rows.

    Returns:
        time_utc, setpoint, now, best_practice, share_gj_per_h: hour by hour, the largest share of a set-point first;
        the last rows of each hour are `condition`, where one is named, `good_hours` and `unexplained`, so that the
        shares add up to the gap. A group of set-points is one row, by its name, without values. A set-point without a
        reading has a row without a share: what it costs is in `unexplained`. No rows for an hour without a gap, any
        set-point or precedents.
    """
    needed = [GAP, *package.features]
    if hours.empty or not package.setpoints or not {*needed, *package.setpoints} <= set(hours.columns):
        return _build_empty()
    is_set = np.isfinite(hours[package.setpoints].to_numpy(float)).any(axis=1)
    is_known = np.isfinite(hours[needed].to_numpy(float)).all(axis=1) & is_set
    condition = (find_named(hours) * hours.get(BEST, 0.0))[is_known].to_numpy(float)
    known: pd.DataFrame = hours[[TIME, *needed, *package.setpoints]][is_known].reset_index(drop=True)
    if known.empty or not len(package.precedents):
        return _build_empty()
    reference = build_best_practice(package, known, settings.like_hours)
    filled = _fill_unknown(package, known, reference)
    shares = share_response(package, filled, reference)
    taken = package.predict_response(filled[package.features + package.setpoints].astype(float)).mean(axis=1)
    lost = predict_precedents(package, known, settings.like_hours) - (taken - shares.sum(axis=1))
    rest = known[GAP].to_numpy(float) - shares.sum(axis=1) + lost - condition
    tables = []
    for index, (name, members) in enumerate(package.groups(package.setpoints).items()):
        now, best = (_read_alone(table, members) for table in (known, reference))
        share = np.where(known[members].notna().any(axis=1), shares[:, index], np.nan)
        tables.append(_build_rows(known[TIME], name, now, best, share))
    nothing = np.full(len(known), np.nan)
    tables += [
        _build_rows(known[TIME], name, nothing, nothing, part)
        for name, part in ((CONDITION_PART, condition), (GOOD_HOURS, -lost), (UNEXPLAINED, rest))
    ]
    joined = pd.concat(tables).reset_index(names="hour")
    joined = joined[joined["setpoint"].ne(CONDITION_PART) | joined["share_gj_per_h"].ne(0.0)]
    joined["place"] = joined["setpoint"].map({CONDITION_PART: 1, GOOD_HOURS: 2, UNEXPLAINED: 3}).fillna(0)
    order = ["hour", "place", "share_gj_per_h"]
    found = joined.sort_values(order, ascending=[True, True, False], kind="stable", ignore_index=True)
    return found[[TIME, *SHARES]]


def _fill_unknown(package: Package, hours: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Put set-points without a reading at best practice (rows as `hours`), so that the others can be explained."""
    # ASSUME: what the others cost hardly depends on it.
    return hours.assign(**{name: hours[name].astype(float).fillna(reference[name]) for name in package.setpoints})


def _build_empty() -> pd.DataFrame:
    return pd.DataFrame(columns=list(TYPES)).astype(TYPES)


def _read_alone(table: pd.DataFrame, members: list[str]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The values of a set-point; none for a group of several."""
    if len(members) > 1:
        return np.full(len(table), np.nan)
    return np.asarray(table[members[0]], np.float64)


def _build_rows(times: pd.Series, name: str, now: object, best: object, shares: object) -> pd.DataFrame:
    return pd.DataFrame({TIME: times, "setpoint": name, "now": now, "best_practice": best, "share_gj_per_h": shares})


def explain_gap(package: Package, hour: pd.Series, settings: ExplainSettings) -> pd.DataFrame:
    """Explain one hour's gap: the rows of `explain_hours`, none where there is nothing to explain."""
    return explain_hours(package, hour.to_frame().T, settings).astype(TYPES)


def explain_period(
    package: Package, scored: pd.DataFrame, settings: ExplainSettings, *, kept: Path | None = None
) -> pd.DataFrame:
    """Explain every judged hour of the last `explained_days`; the rows of `explain_hours`.

    Each day (UTC) is explained on its own, and what was made of it is read in the folder `kept`, which can be removed
    at any time.
    """
    judged = scored[scored[GAP].notna()]
    first = scored[TIME].max() - pd.Timedelta(settings.explained_days, "D")
    days = judged[TIME].dt.floor("D")
    shown = judged[days >= first.floor("D")]
    tables = [_explain_day(package, hours, settings, kept) for _, hours in shown.groupby(days)]
    found = pd.concat(tables, ignore_index=True) if tables else _build_empty()
    late: pd.DataFrame = found[found[TIME] > first].reset_index(drop=True)
    return late


def _explain_day(package: Package, hours: pd.DataFrame, settings: ExplainSettings, kept: Path | None) -> pd.DataFrame:
    if kept is None:
        return explain_hours(package, hours, settings)
    place = (hours[TIME].iloc[0] - pd.Timestamp(0, tz="UTC")).days % (settings.explained_days + 2)
    content = pd.util.hash_pandas_object(hours, index=False).to_numpy().tobytes()
    parts: list[str | bytes] = [str(package.card.get("sha256")), str(settings), " ".join(hours.columns), content]
    made = keep(kept / f"shares{place}.json", parts, lambda: _pack(explain_hours(package, hours, settings)))
    return pd.DataFrame(made | {TIME: pd.to_datetime(made[TIME], unit="us", utc=True)}).astype(TYPES)


def _pack(shares: pd.DataFrame) -> dict[Hashable, Any]:
    return shares.astype({TIME: "int64"}).to_dict("list")


def find_last_judged(scored: pd.DataFrame) -> pd.Series:
    """The last hour that has a gap; the last hour of all where none has."""
    judged = scored[scored[GAP].notna()]
    return find_last(judged if len(judged) else scored)


def rank_causes(shares: pd.DataFrame) -> pd.DataFrame:
    """Mean share of each row's name over a period (GJ/h), the largest first; they add up to the mean gap."""
    if shares.empty:
        return pd.DataFrame(columns=["setpoint", "share_gj_per_h"])
    mean = shares.groupby("setpoint")["share_gj_per_h"].mean().dropna()
    return mean.sort_values(ascending=False).reset_index()

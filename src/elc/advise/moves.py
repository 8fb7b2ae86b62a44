"""Which set-points to move, how far, and what it would save: from what the plant itself did in its best hours.

Where the model does not know, there is no advice, and a reason says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.advise.choice import Round, choose_moves, find_players
from elc.advise.precedents import Practice, find_practice
from elc.advise.standing import find_held, spread_held
from elc.advise.targets import Limits, build_limits, find_near_limits, find_targets
from elc.curve import Package
from elc.fields import ENERGY, GAP, GAP_LOW, TIME
from elc.settings import AdviseSettings, ExplainSettings, TagList

COLUMNS = [
    TIME,
    "setpoint",
    "group",
    "now",
    "to",
    "saving_gj_per_h",
    "low_gj_per_h",
    "high_gj_per_h",
    "total_gj_per_h",
    "total_low_gj_per_h",
    "total_high_gj_per_h",
    "precedents",
    "nearest",
    "near_limit",
]
TEXTS = ("setpoint", "group", "nearest")
REASON = "reason"
UNLIMITED = "unlimited"


@dataclass(frozen=True)
class Advice:
    """Moves of some hours, and why the other hours have none.

    `moves`: a row per hour and move (`COLUMNS`), those of an hour in the order in which they were chosen; `saving` is
    what a move adds to those above it, `total` what all moves of the hour save together, each with its interval.
    `reasons`: `time_utc`, `reason` and `unlimited` of every hour; the reason is empty where there are moves, else a key
    of `words.REASONS`; `unlimited` names, parted by spaces, the set-points that stay because a limit of theirs is a
    formula that has no value in the hour.
    """

    moves: pd.DataFrame
    reasons: pd.DataFrame


def build_advice(
    package: Package,
    hours: pd.DataFrame,
    tags: TagList,
    settings: AdviseSettings,
    like: ExplainSettings,
    *,
    notes: pd.DataFrame,
) -> Advice:
    """Build the moves of scored hours (see `curve.score_hours`), and the reason of those that get none.

    Only hours whose gap is real get moves: judged, and with the gap's interval above zero. Each set-point may move
    towards best practice (see `curve.build_best_practice`), by at most `max_step_frac` of its range in the tag list,
    inside its limits there and the range it was trained on. Moves are added one by one, each time the one that saves
    most of those that surely save, by at least `min_saving_frac` of energy; set-points of one group move together. At
    most `max_moves` set-points move. Where that saves less than `min_total_frac` of energy, the hour is at its best and
    gets none.

    A set-point that has no reading stays, and so does one with a limit that has no value, and one whose move an
    operator answered as not possible, for `answer_holds_h` after that hour (see `standing.find_held`), each with its
    group; `notes` are the answers.

    An hour whose columns are not those of the package gets the reason `missing`, not an error.
    """
    ordered = hours.sort_values(TIME, ignore_index=True)
    reasons, unlimited = _find_reasons(package, ordered), np.full(len(ordered), "", object)
    open_hours = ordered[reasons == ""]
    if len(open_hours):
        held = find_held(open_hours[TIME], notes, package.setpoints, settings)
        limits = build_limits(package, tags, open_hours, settings)
        unlimited[open_hours.index] = _name_unlimited(package, limits)
        advised = _build_moves(package, open_hours, settings, like, held, limits)
        energy = advised[TIME].map(open_hours.set_index(TIME)[ENERGY])
        is_worth = advised["total_gj_per_h"] >= settings.min_total_frac * energy
        moves = advised[is_worth].reset_index(drop=True)
        is_small = open_hours[TIME].isin(advised.loc[~is_worth, TIME])
        is_answered = held.any(axis=1)
        for name, is_so in (("unsure_saving", ~open_hours[TIME].isin(advised[TIME])), ("small_saving", is_small)):
            reasons[open_hours.index[is_so]] = name
            reasons[open_hours.index[is_so & is_answered]] = "answered"
    else:
        moves = _build_empty()
    told = {TIME: ordered[TIME], REASON: reasons.astype("str"), UNLIMITED: unlimited.astype("str")}
    return Advice(moves, pd.DataFrame(told))


def _name_unlimited(package: Package, limits: Limits) -> list[str]:
    """Name the set-points of each hour whose limit has no value, parted by spaces."""
    names = np.array(package.setpoints, dtype=object)
    return [" ".join(names[~is_known]) for is_known in limits.is_known]


def _find_reasons(package: Package, hours: pd.DataFrame) -> NDArray[np.object_]:
    """Find why hours call for nothing, the first of the reasons that hold; empty where moves may be looked for."""
    is_judged = hours[GAP].notna().to_numpy() if GAP in hours else np.zeros(len(hours), bool)
    is_known = np.zeros(len(hours), bool)
    if {*package.features, *package.setpoints} <= set(hours.columns):
        is_set = hours[package.setpoints].notna().any(axis=1)
        is_known = (hours[package.features].notna().all(axis=1) & is_set).to_numpy(bool)
    low = hours.get(GAP_LOW, hours.get(GAP))
    conditions = [
        ~is_judged,
        ~np.asarray(low > 0) if low is not None else np.ones(len(hours), bool),
        np.full(len(hours), not package.setpoints),
        ~is_known,
        np.full(len(hours), package.precedents.empty),
    ]
    names = ["no_gap", "at_best", "no_setpoints", "missing", "no_precedents"]
    return np.select(conditions, names, "").astype(object)


def _build_moves(
    package: Package,
    hours: pd.DataFrame,
    settings: AdviseSettings,
    like: ExplainSettings,
    held: NDArray[np.bool_],
    limits: Limits,
) -> pd.DataFrame:
    """Build the moves of hours that call for some; an hour without a move that surely saves has no rows.

    `held` (hours, set-points): what must stay.
    """
    practice = find_practice(package, hours, like.like_hours)
    is_unknown = hours[package.setpoints].isna().to_numpy()
    # ASSUME: a set-point without a reading is at best practice; what the others save hardly depends on it.
    now = np.where(is_unknown, practice.reference, hours[package.setpoints].to_numpy(float))
    hours = hours.assign(**dict(zip(package.setpoints, now.T, strict=True)))
    stays = spread_held(held | is_unknown | ~limits.is_known, list(find_players(package).values()))
    targets = np.where(stays, now, find_targets(now, practice.reference, limits))
    labels = list(find_players(package))
    rounds = choose_moves(package, hours, targets, limits, settings)
    found = [_list(number, chosen, labels) for number, chosen in enumerate(rounds)]
    if not found:
        return _build_empty()
    chosen = pd.concat(found, ignore_index=True).sort_values(["row", "round"], ignore_index=True)
    return _describe(chosen, package, hours, targets, practice, limits)[COLUMNS]


def _list(number: int, found: Round, labels: list[str]) -> pd.DataFrame:
    """List what one round chose, a row per hour that moves something."""
    rows = np.flatnonzero(found.player >= 0)
    values = {
        f"{name}_gj_per_h": getattr(part, end)[rows]
        for part, prefix in ((found.saving, ""), (found.total, "total_"))
        for name, end in ((prefix.strip("_") or "saving", "mean"), (f"{prefix}low", "low"), (f"{prefix}high", "high"))
    }
    return pd.DataFrame({"row": rows, "round": number, "group": np.array(labels)[found.player[rows]], **values})


def _describe(
    found: pd.DataFrame,
    package: Package,
    hours: pd.DataFrame,
    targets: NDArray[np.float64],
    practice: Practice,
    limits: Limits,
) -> pd.DataFrame:
    """Give each set-point of each move its row; the saving of a group stands with its first one."""
    totals = [column for column in COLUMNS if column.startswith("total_")]
    players = find_players(package)
    places = [players[label] for label in found["group"]]
    moves = found.loc[found.index.repeat([len(columns) for columns in places])]
    moves[totals] = moves.groupby("row")[totals].transform("last")
    row, place = moves["row"].to_numpy(int), np.concatenate(places)
    moves["setpoint"] = np.array(package.setpoints)[place]
    moves[TIME] = hours[TIME].iloc[row].to_numpy()
    moves["now"] = hours[package.setpoints].to_numpy(float)[row, place]
    moves["to"] = targets[row, place]
    moves["near_limit"] = find_near_limits(targets, limits)[row, place]
    moves["precedents"] = practice.count
    moves["nearest"] = np.array(practice.nearest, dtype=object)[row]
    moves = moves[moves["to"] != moves["now"]]
    moves.loc[moves.index.duplicated(), ["saving_gj_per_h", "low_gj_per_h", "high_gj_per_h"]] = 0.0
    moves = moves.reset_index(drop=True)
    return moves.astype(dict.fromkeys(TEXTS, "str"))


def build_nothing() -> Advice:
    """Advice of no hour."""
    texts = {name: pd.Series(dtype="str") for name in (REASON, UNLIMITED)}
    return Advice(_build_empty(), pd.DataFrame({TIME: _build_empty()[TIME], **texts}))


def choose_hour(advice: Advice, at: pd.Timestamp) -> pd.DataFrame:
    """The moves of one hour; none where what was advised last is of another."""
    moves: pd.DataFrame = advice.moves[advice.moves[TIME] == at]
    return moves


def find_unlimited(reasons: pd.DataFrame, at: pd.Timestamp) -> list[str]:
    """Find the set-points that stay in an hour because a limit has no value then; none in files from before."""
    rows = reasons.loc[reasons[TIME] == at, UNLIMITED] if UNLIMITED in reasons else reasons.iloc[:0]
    return str(rows.iloc[-1]).split() if len(rows) else []


def _build_empty() -> pd.DataFrame:
    types = dict.fromkeys(COLUMNS, "float64") | dict.fromkeys(TEXTS, "str")
    types |= {TIME: "datetime64[us, UTC]", "precedents": "int64"}
    return pd.DataFrame({column: pd.Series(dtype=kind) for column, kind in types.items()})


def find_reason(reasons: pd.DataFrame, at: pd.Timestamp) -> str:
    """Find why an hour has no moves; empty where it has some, `not_made` where nothing was advised for that hour."""
    rows = reasons.loc[reasons[TIME] == at, REASON]
    return str(rows.iloc[-1]) if len(rows) else "not_made"

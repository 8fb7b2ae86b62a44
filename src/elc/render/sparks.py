"""Small pictures of the page of all plants: the gap of each over the last seven days, and what all lose in money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape as escape_html

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elc.fields import GAP_FRAC, TIME
from elc.pages.language import NBSP, format_money, format_plain, format_share, say
from elc.paths import Project
from elc.records.status import Status
from elc.registry import find_place

DAYS = 7
WIDTH, HEIGHT = 150.0, 36.0
SMALL_HEIGHT, SMALL_H = 28, 3  # of a picture among many: its steps, and the hours of a line
HEADROOM = 1.3  # of the limit: what is shown at least, so that a plant at its best looks like one
Array = NDArray[np.float64]


def read_week(project: Project, plant: str) -> pd.Series | None:
    """Read the gap of a plant's last seven days, as shares of best by time; None where it cannot be read."""
    path = find_place(project, plant).operation("monitor", plant) / "hours.parquet"
    try:
        hours = pd.read_parquet(path, columns=[TIME, GAP_FRAC])
    except (OSError, ValueError, KeyError):
        return None  # `read_last_time` says so
    recent = hours[hours[TIME] > hours[TIME].max() - pd.Timedelta(DAYS, "D")]
    week: pd.Series = recent.set_index(TIME)[GAP_FRAC].sort_index()
    return week


def build_spark(week: pd.Series | None, limit: float) -> str:
    """Build the bars of a week as SVG, with the limit as a dashed line; empty where nothing was judged."""
    if week is None or not week.notna().any():
        return ""
    shares = week.to_numpy(float)
    low, high = min(0.0, float(np.nanmin(shares))), max(HEADROOM * limit, float(np.nanmax(shares)))
    scale, step = HEIGHT / (high - low), WIDTH / len(shares)
    groups = {"over": shares > limit, "under": (shares >= 0) & (shares <= limit), "saved": shares < 0}
    paths = [f'<path class="{name}" d="{_draw(shares, is_in, high, scale, step)}"/>' for name, is_in in groups.items()]
    line = f"{(high - limit) * scale:.1f}"
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="{WIDTH:g}" height="{HEIGHT:g}" role="img" '
        f'aria-label="{_describe(week, limit)}">{"".join(paths)}<path class="limit" d="M0 {line}H{WIDTH:g}"/></svg>'
    )


def _describe(week: pd.Series, limit: float) -> str:
    """Say what the picture of a week shows, for who cannot see it."""
    said = say(
        "Gap of the last seven days: {mean} of best on the mean, above {limit} in {count} of {judged} intervals.",
        mean=format_share(float(week.mean()), 1),
        limit=f"{format_plain(100 * limit)}{NBSP}%",
        count=int((week > limit).sum()),
        judged=int(week.notna().sum()),
    )
    return escape_html(said)


def _draw(shares: Array, is_in: NDArray[np.bool_], high: float, scale: float, step: float) -> str:
    """Draw the bars that are in a group as one path."""
    width, zero = f"{0.85 * step:.2f}", high * scale
    return "".join(
        f"M{place * step:.1f} {zero:.1f}V{(high - shares[place]) * scale:.1f}h{width}V{zero:.1f}z"
        for place in np.flatnonzero(is_in)
    )


def build_small_spark(week: pd.Series | None, limit: float) -> str:
    """Build the same in few bytes, for a row among many: a line for each few hours, in whole numbers."""
    if week is None or not week.notna().any():
        return ""
    shares = week.resample(f"{SMALL_H}h").mean().to_numpy(float)
    low, high = min(0.0, float(np.nanmin(shares))), max(HEADROOM * limit, float(np.nanmax(shares)))
    scale = SMALL_HEIGHT / (high - low)
    tops = np.round((high - np.nan_to_num(shares)) * scale).astype(int)
    zero = round(high * scale)
    groups = {"over": shares > limit, "under": (shares >= 0) & (shares <= limit), "saved": shares < 0}
    paths = [
        f'<path class="{name}" d="{"".join(f"M{at} {zero}V{tops[at]}" for at in np.flatnonzero(is_in))}"/>'
        for name, is_in in groups.items()
        if is_in.any()
    ]
    line = round((high - limit) * scale)
    return (
        f'<svg class="spark small-spark" viewBox="-.5 0 {len(shares)} {SMALL_HEIGHT}" preserveAspectRatio="none" '
        f'role="img" aria-label="{_describe(week, limit)}">{"".join(paths)}'
        f'<path class="limit" d="M-.5 {line}H{len(shares)}"/></svg>'
    )


def build_losses(
    statuses: Sequence[Status], weeks: Mapping[str, pd.Series | None], sign: str, max_gap_frac: float
) -> str:
    """Build a line for each plant: its week, and what it loses now as a bar, all of one scale; empty without either."""
    most = max((abs(status.money_per_h) for status in statuses if status.money_per_h is not None), default=0.0)
    sparks = [build_spark(weeks.get(status.plant), max_gap_frac) for status in statuses]
    if not most and not any(sparks):
        return ""
    lines = [
        build_line(escape_html(status.name), spark, _build_bar(status, most, max_gap_frac), _write_money(status, sign))
        for status, spark in zip(statuses, sparks, strict=True)
    ]
    label = escape_html(say("Gap of the last seven days, and money lost an hour now"))
    return f'<ul class="losses" aria-label="{label}">\n' + "\n".join(lines) + "\n</ul>"


def build_line(name: str, left: str, bars: Sequence[tuple[str, float]], amount: str) -> str:
    """Build a line of the list of losses from HTML; `bars` are the parts of its bar: kinds, and shares of its room."""
    drawn, start = "", 0.0
    for kind, share in bars:
        if share > 0:
            place = f' x="{100 * start:.1f}%"' if start else ""
            drawn += f'<rect class="{kind}"{place} width="{100 * share:.1f}%" height="18"/>'
            start += share
    return (
        f'<li><span>{name}</span><span class="week">{left}</span>'
        f'<svg class="spark bar" width="100%" height="18" aria-hidden="true">{drawn}</svg>'
        f"<strong>{amount}</strong></li>"
    )


def _build_bar(status: Status, most: float, max_gap_frac: float) -> list[tuple[str, float]]:
    money = status.money_per_h or 0.0
    kind = "saved" if money < 0 else "over" if (status.gap_frac or 0.0) > max_gap_frac else "under"
    return [(kind, abs(money) / most)] if money else []


def _write_money(status: Status, sign: str) -> str:
    if status.money_per_h is None:
        return ""
    return escape_html(say("{money} an hour", money=f"{format_money(status.money_per_h)}{NBSP}{sign}"))

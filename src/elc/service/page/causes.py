"""The parts of the gap of an hour, as explain left them."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from elc.fields import ENERGY, GAP, NO_SETPOINTS, TIME
from elc.pages.labels import say_name, say_sign
from elc.pages.language import say
from elc.paths import Project
from elc.service.page.files import read_table

Content = dict[str, Any]


def read_causes(project: Project, plant: str, hour: pd.Series, notes: list[str]) -> Content:
    """Read the parts of the gap of an hour: set-points, the largest first, then what is no set-point's.

    They are the record that the site's pages show.
    """
    nothing: Content = {"causes": [], **{f"{name}_gj_per_h": None for name in NO_SETPOINTS}}
    if pd.isna(hour[GAP]):
        return nothing
    shares = read_table(project.operation("explain", plant) / "last.parquet", columns=None, since=hour[TIME])
    if shares is None:
        notes.append(say("The causes of the gap cannot be read. Tell whoever runs the service."))
        return nothing
    if not _is_of_hour(shares, hour):
        notes.append(say("The causes come from later readings; they appear here once this hour is judged with them."))
        return nothing
    # What a set-point without a reading costs is unknown, and part of what is not explained.
    shares = shares[(shares[TIME] == hour[TIME]) & shares["share_gj_per_h"].notna()]
    parts = shares[shares["setpoint"].isin(NO_SETPOINTS)].set_index("setpoint")["share_gj_per_h"]
    # A group of several set-points is one cause, which has no value and no unit.
    causes = [
        {**row, "label": say_name(row["setpoint"]), "unit": "" if pd.isna(row["now"]) else say_sign(row["setpoint"])}
        for row in shares[~shares["setpoint"].isin(NO_SETPOINTS)].drop(columns=TIME).to_dict("records")
    ]
    found = {f"{name}_gj_per_h": float(parts[name]) if name in parts else None for name in NO_SETPOINTS}
    return {"causes": causes, **found}


def _is_of_hour(shares: pd.DataFrame, hour: pd.Series) -> bool:
    """Whether shares from an hour on were made with the readings that it was judged with: they add up to its gap."""
    own = shares[shares[TIME] == hour[TIME]]
    if own.empty:
        return shares.empty
    return math.isclose(own["share_gj_per_h"].sum(), hour[GAP], abs_tol=1e-6 * abs(hour[ENERGY]))

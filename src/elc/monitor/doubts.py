"""Recent doubtful data, folded so that a page shows what matters: which column, how long, why."""

from __future__ import annotations

import pandas as pd

from elc.fields import TIME
from elc.language import say
from elc.pages import say_findings

HARMLESS = ("negative_zero", "filled")  # findings that leave no doubt about the value that is used
SHOWN_FINDINGS = 10


def find_recent(findings: pd.DataFrame, scored: pd.DataFrame, days: int) -> pd.DataFrame:
    """The findings that touch the last days, folded by check and column: the longest, and the rest in one row.

    Each row is a kind of doubt about a column, with the sentence of its longest finding; at most `SHOWN_FINDINGS` rows
    are shown, and a last one counts what is shorter or harmless.
    """
    recent = findings[findings["end"] > scored[TIME].max() - pd.Timedelta(days, "D")].assign(sentence=say_findings)
    ordered = recent.sort_values(["hours", "sentence"], ascending=[False, True], kind="stable")
    table: pd.DataFrame = (
        ordered.groupby(["check", "column"], sort=True)
        .agg(sentence=("sentence", "first"), times=("hours", "size"), hours=("hours", "sum"), last=("end", "max"))
        .reset_index()
        .sort_values(["hours", "check", "column"], ascending=[False, True, True], ignore_index=True)
    )
    shown = table[~table["check"].isin(HARMLESS)].head(SHOWN_FINDINGS)
    rest = table.drop(index=shown.index)
    if rest.empty:
        return _say_columns(table)
    row = {
        "check": say("other"),
        "column": say("{count} columns", count=rest["column"].nunique()),
        "sentence": say("{count} shorter or harmless kinds of doubt; data/hourly holds all findings.", count=len(rest)),
        "times": int(rest["times"].sum()),
        "hours": float(rest["hours"].sum()),
        "last": rest["last"].max(),
    }
    return _say_columns(pd.concat([shown, pd.DataFrame([row])], ignore_index=True))


def _say_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Head the columns in the language of the page."""
    words = {
        "check": say("check"),
        "column": say("column"),
        "sentence": say("sentence"),
        "times": say("times"),
        "hours": say("hours"),
        "last": say("last"),
    }
    return table.rename(columns=words)

"""The doubtful data of late, folded so that a page shows what matters: which column, how long, why."""

from __future__ import annotations

import pandas as pd

from elc.fields import TIME
from elc.monitor.status import HARMLESS
from elc.pages.amounts import write_site_time
from elc.pages.findings import say_findings
from elc.pages.language import say
from elc.settings import StageSettings

SHOWN_FINDINGS = 10


def build_doubts_table(findings: pd.DataFrame, scored: pd.DataFrame, settings: StageSettings) -> pd.DataFrame:
    """Build the table of the doubts of the last `health_days` before the last scored hour.

    Each row is a kind of doubt about a column: the sentence of its longest finding, and the end of the last in site
    time. At most `SHOWN_FINDINGS` rows are shown, and a last one counts what is shorter or harmless.
    """
    folded, zone = fold_findings(findings, scored, days=settings.monitor.health_days), settings.plant.time_zone
    return pd.DataFrame(
        {
            say("doubt"): folded["sentence"].tolist(),
            say("check"): folded["check"].tolist(),
            say("times"): folded["times"].astype(int).tolist(),
            say("hours"): folded["hours"].astype(float).tolist(),
            say("until"): [write_site_time(end, zone) for end in folded["last"]],
        }
    )


def fold_findings(findings: pd.DataFrame, scored: pd.DataFrame, *, days: int) -> pd.DataFrame:
    """Fold the findings that touch the last days by check and column: the longest, and the rest in one row.

    Returns:
        check, column, sentence, times, hours, last.
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
    return table if rest.empty else pd.concat([shown, _build_rest(rest)], ignore_index=True)


def _build_rest(rest: pd.DataFrame) -> pd.DataFrame:
    row = {
        "check": say("other"),
        "column": say("{count} columns", count=rest["column"].nunique()),
        "sentence": say("{count} shorter or harmless kinds of doubt; data/hourly holds all findings.", count=len(rest)),
        "times": int(rest["times"].sum()),
        "hours": float(rest["hours"].sum()),
        "last": rest["last"].max(),
    }
    return pd.DataFrame([row])

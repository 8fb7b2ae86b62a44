"""The page of a check, for a terminal of 120 columns."""

from __future__ import annotations

import difflib
import itertools
import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from elc import dataset
from elc.cli.check import ExportCheck
from elc.fields import TIME, coverage, format_value, read_label, read_unit
from elc.pages.findings import say_findings
from elc.settings import Tag

WIDTH = 120
HEADER = ("tag", "column", "unit", "role", "readings", "covered", "range", "findings")
RIGHT = (4, 5)  # columns of numbers
WIDEST = (24, 32, 8, 10, 12, 7, 18)  # what is longer goes on in the next line; findings take the rest
GAP = "  "
SHOWN, MOST = 10, 4


def render_page(check: ExportCheck) -> str:
    """Render what was found: the tags, what is beside them in the export, and what is missing to build a curve."""
    lines = [*_render_head(check), "", *_render_table(check), ""]
    lines += [*_render_findings(check), *_render_others(check), *_render_states(check)]
    ready = check.readiness
    if ready.missing:
        lines += ["", "Missing to build a curve:", *_render_points(ready.missing)]
    if ready.weak:
        lines += ["", "What weakens it:", *_render_points(ready.weak)]
    if check.proposals:
        lines += ["", "Suggestions for the tag list, from the readings:", *_render_points(check.proposals)]
    return "\n".join([*lines, "", _render_verdict(check)])


def _render_head(check: ExportCheck) -> Iterator[str]:
    hourly, plant = check.hourly, check.settings.plant
    yield f"plant {check.tags.plant}: export {check.export}"
    if len(hourly):
        first, last = hourly[TIME].iloc[0], hourly[TIME].iloc[-1] + plant.interval_length
        days = (last - first) / pd.Timedelta("1D")
        note = "" if plant.export.is_continuous else f", {len(hourly):,} of them with readings (chosen intervals only)"
        yield f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC, {days:,.0f} days by {plant.interval}{note}"
    yield "Range: of 98% of the intervals, before any value is taken out. Findings: the longest, and how many others."


def _render_table(check: ExportCheck) -> Iterator[str]:
    rows = [HEADER, *(_build_row(check, tag) for tag in check.tags.used)]
    widths = [min(max(len(row[place]) for row in rows), widest) for place, widest in enumerate(WIDEST)]
    widths.append(WIDTH - sum(widths) - len(GAP) * len(widths))
    for number, row in enumerate(rows):
        cells = [textwrap.wrap(cell, width, break_on_hyphens=False) for cell, width in zip(row, widths, strict=True)]
        for line in itertools.zip_longest(*cells, fillvalue=""):
            yield GAP.join(_align(place, text, widths[place]) for place, text in enumerate(line)).rstrip()
        if number == 0:
            yield GAP.join("-" * width for width in widths)


def _align(place: int, text: str, width: int) -> str:
    return text.rjust(width) if place in RIGHT else text.ljust(width)


def _build_row(check: ExportCheck, tag: Tag) -> Sequence[str]:
    unit = read_unit(tag.column)
    fixed = (tag.tag, tag.column, unit.sign if unit.suffix != "raw" else "", tag.role)
    if tag not in check.inventory.tags.tags:
        return (*fixed, *_explain_absent(check, tag))
    values, own = check.hourly[tag.column], check.findings[check.findings["column"] == tag.column]
    low, high = (format_value(bound, tag.column, with_unit=False) for bound in values.quantile([0.01, 0.99]))
    return (
        *fixed,
        "" if tag.is_computed else f"{check.inventory.traces.readings[tag.column].sum():,.0f}",
        "" if tag.is_computed else f"{check.hourly[coverage(tag.column)].mean():.1%}",
        f"{low} to {high}" if values.notna().any() else "",
        _list([f"{_say(name)} {amount}" for name, amount in _sum_findings(own, "check")], 1, "{}, +{}"),
    )


def _explain_absent(check: ExportCheck, tag: Tag) -> Sequence[str]:
    if tag.is_computed:
        return [""] * 4
    if tag.formula:
        return ("", "", "", "a part is not in the export")
    return ("0", "", "", f"not in the export{_find_near(check, tag)}")


def _find_near(check: ExportCheck, tag: Tag) -> str:
    """Ask whether the nearest of the tags that are not listed is meant."""
    others = {name.casefold(): name for name in _find_others(check)}
    near = difflib.get_close_matches(tag.tag.casefold(), others, n=1, cutoff=0.5)
    return f": did you mean {others[near[0]]}?" if near else ""


def _find_others(check: ExportCheck) -> list[str]:
    listed = {tag.tag for tag in check.tags.tags}
    return [name for name in check.inventory.names if name not in listed]


def _sum_findings(findings: pd.DataFrame, by: str) -> Iterator[tuple[str, str]]:
    """Sum up findings by check or column, the longest first: in hours, or in readings where single ones are meant."""
    readings = findings["values"].map(lambda values: json.loads(values).get("readings", 0))
    sums = findings.assign(readings=readings).groupby(by)[["hours", "readings"]].sum()
    for name, row in sums.sort_values("hours", ascending=False, kind="stable").iterrows():
        hours = f"{row['hours']:.2g} h" if row["hours"] < 10 else f"{row['hours']:,.0f} h"
        yield str(name), f"{row['readings']:,.0f} readings" if row["readings"] else hours


def _render_findings(check: ExportCheck) -> Iterator[str]:
    """Name which tags each check found most in."""
    if not check.inventory.tags.columns("throughput"):
        yield "Without throughput, values were not checked: it is unknown when the plant runs."
    findings = check.findings[check.findings["column"] != ""]
    if len(findings):
        yield "Findings by check, in the tags with most:"
    for name, group in findings.groupby("check"):
        most = [f"{_name_tag(check, column)} {amount}" for column, amount in _sum_findings(group, "column")]
        yield from _wrap(f"{_say(name)}: {_list(most, MOST, '{} and {} more')}", "- ")


def _name_tag(check: ExportCheck, column: str) -> str:
    """The tag of a column; what no tag has, as the sum of energy, goes by its own name."""
    return next((tag.tag for tag in check.tags if tag.column == column), read_label(column))


def _say(check: object) -> str:
    return str(check).replace("_", " ")


def _render_others(check: ExportCheck) -> Iterator[str]:
    others = _find_others(check)
    if others:
        yield from _wrap(
            f"In the export, but not in the tag list ({len(others):,}): {_list(others, SHOWN, '{} and {:,} more')}.",
            "",
        )
    if check.inventory.unread:
        yield from _wrap(f"Columns that are not read: {_list(check.inventory.unread, SHOWN, '{} and {:,} more')}.", "")
    whole = say_findings(check.findings[check.findings["column"] == ""])
    yield from _render_points(whole[:SHOWN])
    if len(whole) > SHOWN:
        yield f"- and {len(whole) - SHOWN:,} findings more on the export as a whole."


def _list(names: Sequence[str], shown: int, longer: str) -> str:
    listed = ", ".join(names[:shown])
    return longer.format(listed, len(names) - shown) if len(names) > shown else listed


def _render_states(check: ExportCheck) -> Iterator[str]:
    counts = check.readiness.states
    if len(counts):
        until = check.settings.plant.train_until
        when = f" before {until} (train_until)" if until else ""
        run = f"run {int(counts.get(dataset.RUN, 0)):,}"
        states = ", ".join(one for one in (run, dataset.explain_states(counts)) if one)
        yield from _wrap(f"{_count(check, int(counts.sum()))}{when}: {states}.", "")


def _render_points(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        yield from _wrap(sentence, "- ")


def _wrap(text: str, start: str) -> list[str]:
    """Wrap a sentence; a tag's name stays in one piece, so that it can be copied."""
    indent = " " * len(start)
    return textwrap.wrap(text, WIDTH, initial_indent=start, subsequent_indent=indent, break_on_hyphens=False)


def _count(check: ExportCheck, intervals: int) -> str:
    interval = check.settings.plant.interval
    return f"{intervals:,} {'hours' if interval == '1h' else f'intervals of {interval}'}"


def _render_verdict(check: ExportCheck) -> str:
    ready = check.readiness
    steady = _count(check, ready.steady).replace(" ", " steady ", 1)
    if not ready.missing:
        return f"A curve can be built: {steady}."
    count = len(ready.missing)
    what = "one thing is missing (above)" if count == 1 else f"{count} things are missing (above)"
    rest = f"; the tags that have values give {steady}" if ready.steady else ""
    return f"A curve cannot be built yet: {what}{rest}."

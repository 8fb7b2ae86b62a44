"""A comparison for a terminal of 120 columns: the same words and tables as its page."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from elc.pages import compare
from elc.records.comparison import Comparison

WIDTH = 120
GAP = "  "
DASH = "–"


def render_comparison(comparison: Comparison) -> str:
    """Render a comparison: the answer, then one table after the other."""
    lines = [*textwrap.wrap(compare.build_answer(comparison), WIDTH), ""]
    lines += [*textwrap.wrap(compare.write_test(comparison), WIDTH), ""]
    for heading, table in (
        ("Figures on the same hours, with intervals:", compare.build_metrics(comparison)),
        (_head_bands(comparison), compare.build_bands(comparison)),
        ("Mean share of each driver in best:", compare.build_drivers(comparison)),
        ("Learnt from (UTC):", compare.build_training(comparison)),
        ("Range over the training hours:", compare.build_ranges(comparison)),
        ("Made with other settings:", compare.build_changes(comparison)),
    ):
        lines += [*_render_table(heading, table, compare.build_formats(comparison)), ""] if len(table) else []
    return "\n".join([*lines, *textwrap.wrap(compare.write_columns(comparison), WIDTH)]).rstrip()


def _head_bands(comparison: Comparison) -> str:
    labels = [side.label for side in comparison.sides.values()]
    return f"Best of {' less best of '.join(labels)}, by load:"


def _render_table(heading: str, table: pd.DataFrame, formats: Mapping[str, str]) -> Iterator[str]:
    """Render a table under its heading: texts to the left, numbers to the right."""
    yield heading
    is_number = [pd.api.types.is_numeric_dtype(table[name]) for name in table]
    rows = [
        [_write(value, formats.get(str(name), "")) for name, value in zip(table, row, strict=True)]
        for row in table.itertuples(index=False)
    ]
    rows = [[str(name) for name in table], *rows]
    widest = (WIDTH - len(GAP) * (len(is_number) - 1)) // len(is_number)
    widths = [min(max(len(row[place]) for row in rows), widest) for place in range(len(is_number))]
    for number, row in enumerate(rows):
        cells = [textwrap.wrap(text, width) for text, width in zip(row, widths, strict=True)]
        for line in itertools.zip_longest(*cells, fillvalue=""):
            placed = zip(line, widths, is_number, strict=True)
            yield GAP.join(text.rjust(width) if right else text.ljust(width) for text, width, right in placed).rstrip()
        if number == 0:
            yield GAP.join("-" * width for width in widths)


def _write(value: Any, form: str) -> str:
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return DASH
    return f"{value:,}" if isinstance(value, int) else f"{value:{form}}"

"""What is wrong with one line of a tag list, beyond its numbers and units."""

from __future__ import annotations

import re
from collections.abc import Iterator

from elc.errors import build_nearest
from elc.fields import AGE

_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,119}", re.ASCII)
ROLES = ("energy", "throughput", "driver", "setpoint", "state", "ignore")
SIGNS = {"up": 1, "down": -1}
TURNAROUND = "@turnaround"  # no tag of the historian: ingest computes its column from the plant's turnarounds
GROUPED = ("driver", "setpoint")  # roles whose tags may move together


def find_row_faults(row: dict[str, str]) -> Iterator[str]:
    """Find what is wrong with a line's tag, direction and group, from its values by column."""
    yield from _find_computed_faults(row)
    yield from _find_column_faults(row)
    yield from _find_sign_faults(row)
    yield from _find_group_faults(row)
    yield from _find_hold_faults(row)


def _find_computed_faults(row: dict[str, str]) -> Iterator[str]:
    """What is wrong with a line whose tag starts with @, as only those that ingest computes may."""
    if not row["tag"].startswith("@"):
        return
    if row["tag"] != TURNAROUND:
        yield (
            f"names that start with @ are reserved for what ingest computes: {build_nearest(row['tag'], [TURNAROUND])}"
        )
    elif row["role"] in ROLES and row["role"] != "ignore":
        if row["role"] != "driver":
            yield f"its role is driver, or ignore, found {row['role']}."
        if row["column"] != AGE or row["unit"] not in ("day", "days"):
            yield f"its column is {AGE} and its unit days, found {row['column'] or 'none'} and {row['unit'] or 'none'}."
        if row["factor"] or row["offset"]:
            yield "it is computed, so factor and offset do not apply. Leave them empty."


def _find_column_faults(row: dict[str, str]) -> Iterator[str]:
    """A column's name stands in sentences, so that it holds nothing that a page could take for more."""
    if row["column"] and not _COLUMN.fullmatch(row["column"]):
        yield f"column {row['column']} is not a valid name: use lowercase letters, digits and _, as in load_t_per_h."


def _find_sign_faults(row: dict[str, str]) -> Iterator[str]:
    word, role = row.get("monotone", ""), row["role"]
    if word and word not in SIGNS:
        yield f"monotone {word} is unknown: {build_nearest(word, SIGNS)}"
    elif word and role == "throughput":
        yield "monotone applies only to the role driver; throughput is always up. Leave it empty."
    elif word and role not in ("driver", "ignore"):
        yield "monotone applies only to the role driver. Leave it empty."
    elif word == "down" and role == "driver" and row["column"] == AGE:
        yield f"{AGE} is always up, found monotone down. Write up, or leave it empty."


def _find_group_faults(row: dict[str, str]) -> Iterator[str]:
    word, role = row.get("group", ""), row["role"]
    if word and role not in (*GROUPED, "ignore"):
        yield f"group applies only to the roles {' and '.join(GROUPED)}. Leave it empty."
    elif word and not word.replace(" ", "").isalnum():
        yield f"group {word} is not a valid name: use words of letters and digits, as in weather."


def _find_hold_faults(row: dict[str, str]) -> Iterator[str]:
    """What is wrong with numbers of its own for ingest; one that is not a number is reported where it is read."""
    for name, most in (("max_hold_h", 10_000.0), ("min_coverage_frac", 1.0)):
        try:
            value = float(row.get(name) or most)
        except ValueError:
            continue
        if not 0 < value <= most:
            yield f"{name} {row[name]} is outside 0 to {most:g}."

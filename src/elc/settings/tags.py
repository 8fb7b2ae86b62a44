"""Read the tag list of a plant, and check it line by line and as a whole."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from elc.errors import ElcError, build_nearest, check_faults
from elc.settings.formulas import Formula, read_formula
from elc.settings.tag_list import Tag, TagList
from elc.settings.tag_rows import ROLES, find_row_faults
from elc.settings.tag_units import Scale, read_scale

COLUMNS = ("tag", "column", "unit", "factor", "offset", "role", "carrier", "low", "high", "description")
OPTIONAL = ("monotone", "group", "max_hold_h", "min_coverage_frac")
LIMITS = ("low", "high")
NUMBERS = ("factor", "offset", *LIMITS, "max_hold_h", "min_coverage_frac")


def read_tags(path: Path, plant: str) -> TagList:
    """Read and check a tag list (CSV with the columns of `COLUMNS`, and those of `OPTIONAL` where wanted).

    Raises:
        ElcError: a column is missing, doubled or unknown; or a tag, column, unit, role or number is wrong.
    """
    where = f"plant {plant}: tag list {path}"
    header, rows = _read_rows(path, where)
    faults: list[str] = []
    tags = [tag for number, line in rows if (tag := _read_tag(number, header, line, faults))]
    faults += _find_doubled(tags)
    check_faults(where, faults or _find_role_faults(tags))
    return TagList(plant, tuple(tags))


def read_carriers(path: Path, plant: str) -> dict[str, str]:
    """Read the carrier of each energy column of a tag list that `read_tags` has checked, without reading its units.

    Raises:
        ElcError: there is no such file, or it is not a tag list.
    """
    header, rows = _read_rows(path, f"plant {plant}: tag list {path}")
    lines = [dict(zip(header, (value.strip() for value in line), strict=False)) for _, line in rows]
    return {line["column"]: line["carrier"] for line in lines if line.get("role") == "energy"}


def _read_rows(path: Path, where: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Read the header of a tag list, and the lines that hold anything with their numbers."""
    if not path.is_file():
        raise ElcError(f"{where}: not found. Write one; data/plants/fjord/tags.csv is an example.")
    try:
        text = path.read_text(encoding="utf-8-sig").splitlines()
        lines = list(csv.reader(text, delimiter=find_delimiter(text)))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ElcError(f"{where}: cannot be read as CSV in UTF-8: {error}") from None
    header = [name.strip() for name in lines[0]] if lines else []
    check_faults(where, _find_header_faults(header))
    return header, [(number, line) for number, line in enumerate(lines[1:], start=2) if any(line)]


def find_delimiter(lines: Sequence[str]) -> str:
    """Find what stands between the cells of a tag list: a semicolon where Excel's decimal sign is the comma."""
    return ";" if lines and ";" in lines[0] and "," not in lines[0] else ","


def _find_header_faults(header: list[str]) -> list[str]:
    faults = [f"column {name} is missing from its header. Add it." for name in COLUMNS if name not in header]
    faults += [f"column {name} appears twice in its header." for name, n in Counter(header).items() if n > 1]
    known = (*COLUMNS, *OPTIONAL)
    faults += [f"column {name} is unknown: {build_nearest(name, known)}" for name in header if name not in known]
    return faults


def _read_tag(number: int, header: list[str], line: list[str], faults: list[str]) -> Tag | None:
    """Read one line; every fault of it is added to `faults`, and None is returned."""
    at = f"line {number}"
    if len(line) != len(header):
        faults.append(f"{at}: found {len(line)} values, expected {len(header)}.")
        return None
    row = {name: value.strip() for name, value in zip(header, line, strict=True)}
    found: list[str] = [*find_row_faults(row)]
    if not row["tag"]:
        found.append("no tag.")
    if row["role"] not in ROLES:
        found.append(f"role {row['role']} is unknown: {build_nearest(row['role'], ROLES)}")
    if (row["role"] == "energy") != bool(row["carrier"]):
        found.append("carrier applies only to the role energy.")
    if row["low"] and row["high"] and not found and _is_reversed(row["low"], row["high"]):
        found.append(f"low {row['low']} is above high {row['high']}.")
    limits = {name: _read_limit(row, name, found) for name in LIMITS if row[name].startswith("=")}
    numbers = {name: None if name in limits else _read_number(row, name, found) for name in NUMBERS}
    is_used = row["role"] != "ignore" or row["column"]
    formula = _read_formula(row, found) if row["tag"].startswith("=") and is_used else None
    scale = _read_scale(row, found) if is_used and formula is None else Scale()
    faults += [f"{at}, tag {row['tag'] or '(none)'}: {fault}" for fault in found]
    if found:
        return None
    own_factor = 1.0 if numbers["factor"] is None else numbers["factor"]
    own_offset = 0.0 if numbers["offset"] is None else numbers["offset"]
    return Tag(
        tag=row["tag"],
        column=row["column"],
        role=row["role"],
        carrier=row["carrier"],
        factor=own_factor * scale.factor,
        offset=own_offset * scale.factor + scale.offset,
        low=numbers["low"],
        high=numbers["high"],
        description=row["description"],
        is_totaliser=scale.is_totaliser,
        amount_h=scale.amount_h,
        max_hold_h=numbers["max_hold_h"],
        min_coverage_frac=numbers["min_coverage_frac"],
        monotone=row.get("monotone", ""),
        group=row.get("group", ""),
        unit="" if row["factor"] or row["offset"] else row["unit"],
        formula=formula,
        low_formula=limits.get("low"),
        high_formula=limits.get("high"),
    )


def _read_formula(row: dict[str, str], found: list[str]) -> Formula | None:
    given = [name for name in ("factor", "offset", "max_hold_h", "min_coverage_frac") if row.get(name)]
    if given:
        found.append(f"a formula takes no {' and no '.join(given)}. Leave it empty, and include it in the formula.")
    if row["unit"] not in ("", "-"):
        scale = _read_scale(row, found)
        if scale != Scale():
            found.append(f"the unit of a formula must be that of its column, found {row['unit']}. Write that, or -.")
    try:
        return read_formula(row["tag"].removeprefix("=").strip(), row["column"])
    except ElcError as error:
        found.append(str(error))
    return None


def _read_limit(row: dict[str, str], name: str, found: list[str]) -> Formula | None:
    """Read a limit that is a formula of other columns, in the unit of its own."""
    if row["role"] == "ignore" or row["tag"].startswith("@"):
        found.append(f"{name} {row[name]} is a formula, which applies only to a column that is read. Leave it empty.")
        return None
    try:
        return read_formula(row[name].removeprefix("=").strip(), row["column"])
    except ElcError as error:
        found.append(f"{name} of column {row['column']}: {error}")
    return None


def _read_number(row: dict[str, str], name: str, found: list[str]) -> float | None:
    if not row.get(name):
        return None
    try:
        value = float(row[name])
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or (name == "factor" and value == 0):
        found.append(f"{name} {row[name]} is not a number{' to multiply by' if value == 0 else ''}.")
        return None
    return value


def _is_reversed(low: str, high: str) -> bool:
    try:
        return float(low) > float(high)
    except ValueError:
        return False  # said where the numbers are read


def _read_scale(row: dict[str, str], found: list[str]) -> Scale:
    try:
        return read_scale(row["unit"], row["column"])
    except ElcError as error:
        found.append(str(error))
    return Scale()


def _find_doubled(tags: list[Tag]) -> list[str]:
    used = [tag for tag in tags if tag.role != "ignore"]
    faults = [f"tag {name} appears {n} times." for name, n in Counter(t.tag for t in tags).items() if n > 1]
    for column, n in Counter(tag.column for tag in used).items():
        if n > 1:
            names = ", ".join(tag.tag for tag in used if tag.column == column)
            faults.append(f"column {column} is given to {n} tags: {names}. Keep one, set the others to ignore.")
    return faults


def _find_role_faults(tags: list[Tag]) -> list[str]:
    """What the list as a whole lacks; asked only where every line is sound."""
    used = [tag for tag in tags if tag.role != "ignore"]
    faults = [*_find_formula_faults(used), *_find_limit_faults(used)]
    roles = Counter(tag.role for tag in used)
    if roles["throughput"] != 1:
        faults.append(f"found {roles['throughput']} tags with the role throughput, expected exactly one.")
    if roles["energy"] == 0:
        faults.append("found no tag with the role energy, expected at least one.")
    faults += _find_mixed_groups(used)
    faults += [
        f"tag {tag.tag}: energy must end in gj_per_h, found {tag.column}."
        for tag in used
        if tag.role == "energy" and not tag.column.endswith("_gj_per_h")
    ]
    return faults


def _find_formula_faults(used: list[Tag]) -> Iterator[str]:
    """A formula is made of columns that are read, so that no order and no circle matters."""
    columns = [tag.column for tag in used if not (tag.formula or tag.is_computed)]
    for tag in used:
        for name in tag.formula.parts if tag.formula else ():
            if name not in columns:
                yield f"tag {tag.tag}: {name} is not a column that is read: {build_nearest(name, columns)}"


def _find_limit_faults(used: list[Tag]) -> Iterator[str]:
    """A limit is made of other columns of the hourly table, be they read or made by formulas."""
    for tag in used:
        columns = [other.column for other in used if other is not tag and not other.is_computed]
        for end, formula in (("low", tag.low_formula), ("high", tag.high_formula)):
            for name in formula.parts if formula else ():
                if name not in columns:
                    at = f"tag {tag.tag}: {end} of column {tag.column}"
                    yield f"{at}: {name} is not another column of the list: {build_nearest(name, columns)}"


def _find_mixed_groups(used: list[Tag]) -> Iterator[str]:
    """A group is of one role: nobody moves the weather and a set-point as one."""
    for name in dict.fromkeys(tag.group for tag in used if tag.group):
        members = {tag.column: tag.role for tag in used if tag.group == name}
        if len(set(members.values())) > 1:
            found = ", ".join(f"{column} ({role})" for column, role in members.items())
            yield f"group {name} mixes roles: {found}. Use one group for drivers, another for set-points."

"""Many plants at once: a table with a line for each."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from elc.errors import ElcError, build_nearest, check_faults
from elc.paths import Project
from elc.plants.add import check_addition, take_back_left, write_additions
from elc.plants.like import Wish, build_addition

COLUMNS = ("id", "from", "tags", "entry", "like", "name", "region", "prefix")
_NEEDED = ("id", "from")


def add_wishes(project: Project, wishes: Sequence[Wish], where: str) -> None:
    """Add the plants that are asked for, all of them or, on a fault, none; `where` is what asks for several.

    Raises:
        ElcError: with the faults of all plants; nothing is changed.
    """
    take_back_left(project)
    with TemporaryDirectory(prefix="elc-add-") as folder:
        additions = []
        faults = [f"plant {name}: it is listed twice. List it once." for name in _find_twice(wishes)]
        for wish in wishes:
            try:
                addition = build_addition(project, wish, Path(folder))
                check_addition(project, addition)
            except ElcError as error:
                if len(wishes) == 1:
                    raise
                faults.append(str(error).replace("\n", "\n  "))
            else:
                additions.append(addition)
        check_faults(where, faults)
        write_additions(project, additions)


def _find_twice(wishes: Sequence[Wish]) -> list[str]:
    names = [wish.plant for wish in wishes]
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]


def read_table(path: Path) -> list[Wish]:
    """Read a table of plants (CSV); its paths count from its folder.

    Raises:
        ElcError: it cannot be read, a column is unknown or missing, or a line lacks what it needs (all are named).
    """
    where = f"table {path}"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ElcError(f"{where}: cannot be read as CSV in UTF-8: {error}") from None
    if not rows:
        raise ElcError(f"{where}: contains no plant. Write a header, such as id,from,like,region, and a line for each.")
    header = [name for name in rows[0] if name is not None]
    faults = [f"column {name} is unknown: {build_nearest(name, COLUMNS)}" for name in header if name not in COLUMNS]
    faults += [f"column {name} is missing. Add it." for name in _NEEDED if name not in header]
    check_faults(where, faults)
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            faults.append(f"line {number}: it has not as many cells as the header. Correct it.")
        faults += [f"line {number}: {name} is empty. Fill it in." for name in _NEEDED if row[name] == ""]
    check_faults(where, faults)
    return [_read_row(row, path.parent) for row in rows]


def _read_row(row: dict[str, str], folder: Path) -> Wish:
    given = {name: value.strip() for name, value in row.items()}
    tags, entry = (folder / given[name] if given.get(name) else None for name in ("tags", "entry"))
    words = {name: given.get(name, "") for name in ("like", "name", "region", "prefix")}
    return Wish(given["id"], folder / given["from"], tags, entry, **words)

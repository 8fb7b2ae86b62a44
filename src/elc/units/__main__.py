"""Write the page of units: `python -m elc.units > docs/units.md`."""

from __future__ import annotations

import sys

from elc.units.spellings import AMBIGUOUS, NAMES, NOTES, WHOLE

SHOWN = (
    "## Energy on pages",
    "",
    "`energy_unit` of `site:`, or of a plant's entry, is the unit of energy on every page, chart, table, alert and "
    "mail, on the operator page, in the terminal and in the tables of a [report](report.md). In other files, tables of "
    "the pipeline and answers of the service it is in GJ, and settings with `gj` in their names take GJ.",
    "",
    "| `energy_unit` | energy | an hour | of a tonne | thousands |",
    "| --- | --- | --- | --- | --- |",
    "| `GJ` (default) | GJ | GJ/h | GJ/t | TJ |",
    "| `MWh` | MWh | MW | MWh/t | GWh |",
    "| `kWh` | kWh | kW | kWh/t | MWh |",
    "| `MMBtu` | MMBtu | MMBtu/h | MMBtu/t | |",
    "| `Gcal` | Gcal | Gcal/h | Gcal/t | Tcal |",
    "",
    "Numbers have the digits that the plant's size deserves: parts that add up show one part in 2,000 to 20,000 of "
    "what the plant takes, a number in a sentence two significant digits. Drivers, set-points and load keep the unit "
    "of their column.",
)


def build_page() -> str:
    """Build the page of units (Markdown): what is understood, and what is not, because it has two meanings."""
    understood: dict[str, list[str]] = {}
    for name, meaning in (NAMES | WHOLE).items():
        understood.setdefault(meaning, []).append(f"`{name}`")
    lines = [
        "# Units",
        "",
        "Written by `python -m elc.units`. A unit is what [pint](https://pint.readthedocs.io) knows, as `GJ/h`, "
        "`short_ton/day` or `kJ/(kg*K)`, or one of these:",
        "",
        "| meaning | also written as |",
        "| --- | --- |",
        *(
            f"| `{meaning}` | {', '.join(names)} |"
            for meaning, names in sorted(understood.items(), key=lambda one: one[0].lower())
        ),
        "",
        *(f"- {note}" for note in NOTES),
        "",
        "These have two meanings in the trade and are refused; write what is meant:",
        "",
        "| unit | readings |",
        "| --- | --- |",
        *(f"| `{name}` | {', '.join(readings)} |" for name, readings in AMBIGUOUS.items()),
        "",
        *SHOWN,
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(build_page())

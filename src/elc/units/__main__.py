"""Write the page of units: `python -m elc.units > docs/units.md`."""

from __future__ import annotations

import sys

from elc.units.spellings import AMBIGUOUS, NAMES, NOTES, WHOLE


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
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(build_page())

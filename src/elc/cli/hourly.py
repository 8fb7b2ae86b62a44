"""The command `elc hourly`, and the table of what it changed."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from elc.paths import find_project

if TYPE_CHECKING:
    from elc.hourly import Outcome, PlantChange
    from elc.records.failure import Failure
    from elc.records.status import Status

DASH = "–"
HEADS = (
    "plant",
    "last hour, UTC",
    "before",
    "new",
    "redone",
    "gap",
    "share",
    "data",
    "model",
    "status",
    "failed",
)
_RIGHT = {"new", "redone", "gap", "share"}


@click.command(epilog="Example: elc hourly --env prod")
@click.option("--plant", "plants", multiple=True, metavar="PLANT", help="Default: every plant in params.yaml.")
@click.option("--all", "is_all", is_flag=True, help="Every plant in params.yaml.")
@click.option(
    "--env",
    "environment",
    default="",
    metavar="NAME",
    help="The environment to operate. Default: the highest that has any version here.",
)
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
def hourly(plants: tuple[str, ...], is_all: bool, environment: str, is_json: bool) -> None:
    """Judge the plants by their new data. Reads new data, judges each plant by the deployed version, renders the site,
    and reports what changed.

    Results are under operation/NAME. Nothing is trained. A plant without a version there is skipped; a plant that fails
    does not stop the others, and the exit code is then 1."""
    from elc.hourly import run_hour

    if is_all and plants:
        raise click.UsageError("name plants, or give --all.")
    outcome = run_hour(find_project(), plants, environment=environment)
    click.echo(json.dumps(build_content(outcome), indent=2, ensure_ascii=False) if is_json else render(outcome))
    if not outcome.is_good:
        sys.exit(1)


def build_content(outcome: Outcome) -> dict[str, Any]:
    """Build what `--json` writes."""
    return {
        "environment": outcome.environment,
        "has_run": outcome.has_run,
        "plants": [_build_plant(change) for change in outcome.changes],
        "faults": list(outcome.faults),
        "notes": list(outcome.notes),
    }


def _build_plant(change: PlantChange) -> dict[str, Any]:
    keys = ("gap_gj_per_h", "gap_frac", "data_health", "model_health", "status", "recommendation", "action", "version")
    return {
        "plant": change.plant,
        "last_hour_before": change.last_before.isoformat() if change.last_before else None,
        "last_hour": change.last.isoformat() if change.last else None,
        "new_hours": change.new_hours,
        "redone_hours": change.redone_hours,
        **{key: getattr(change.status, key, None) for key in keys},
        "skipped": change.skipped or None,
        "failures": [
            {"stage": failure.stage, "sentence": failure.sentence, "since": failure.since}
            for failure in change.failures
        ],
    }


def render(outcome: Outcome) -> str:
    """Render the table of plants, and a sentence for all that failed or was put right."""
    rows = [HEADS, *(_build_row(change) for change in outcome.changes)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADS))]
    lines = []
    for row in rows:
        cells = zip(row, widths, HEADS, strict=True)
        lines.append("  ".join(it.rjust(width) if head in _RIGHT else it.ljust(width) for it, width, head in cells))
    if not outcome.has_run and outcome.is_good:
        lines.append("Nothing new.")
    lines += [f"{change.plant}: skipped, {change.skipped}" for change in outcome.changes if change.skipped]
    lines += [_say_failure(failure) for change in outcome.changes for failure in change.failures]
    return "\n".join(line.rstrip() for line in [*lines, *outcome.notes, *outcome.faults])


def _say_failure(failure: Failure) -> str:
    since = f", since {failure.since[:16].replace('T', ' ')} UTC" if failure.since else ""
    return f"{failure.plant}: {failure.stage} failed{since}. {failure.sentence}"


def _build_row(change: PlantChange) -> tuple[str, ...]:
    status = change.status
    return (
        change.plant,
        f"{change.last:%d %b %H:%M}" if change.last else DASH,
        f"{change.last_before:%d %b %H:%M}" if change.last_before else DASH,
        f"{change.new_hours:,}",
        f"{change.redone_hours:,}",
        _write_gap(status) if status else DASH,
        _write(status.gap_frac, ".1%") if status else DASH,
        status.data_health if status else DASH,
        status.model_health if status else DASH,
        status.status if status else DASH,
        "skipped" if change.skipped else ", ".join(failure.stage for failure in change.failures) or DASH,
    )


def _write_gap(status: Status) -> str:
    from elc.pages.language import choose_plant, find_unit, format_energy, get_unit

    if status.gap_gj_per_h is None:
        return DASH
    choose_plant(find_unit(status.energy_unit))
    size = float("nan") if status.size_gj_per_h is None else status.size_gj_per_h
    return f"{format_energy(status.gap_gj_per_h, size=size)} {get_unit().rate}"


def _write(value: float | None, form: str) -> str:
    return DASH if value is None else f"{value:{form}}"

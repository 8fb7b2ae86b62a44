"""The command `elc alerts`: open alerts, and whether a message would arrive."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from elc.errors import check_known
from elc.paths import Project, find_project

WIDTH = 120


@click.command(epilog="Example: elc alerts fjord --test")
@click.argument("plant", required=False)
@click.option("--test", "is_test", is_flag=True, help="Send a test message, and report what happened.")
@click.option(
    "--env",
    "environment",
    default="",
    metavar="NAME",
    help="The environment. Default: the highest that has a version.",
)
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
def alerts(plant: str | None, is_test: bool, environment: str, is_json: bool) -> None:
    """List the open alerts of all plants, or of one. Shows whether each was sent; elc hourly sends them."""
    if is_test and is_json:
        raise click.UsageError("--test and --json do not go together.")
    from elc.registry import choose_operated

    project = choose_operated(find_project(), environment, where="alerts")
    plants = _find_plants(project, plant)
    if is_test:
        _test(project, plants)
        return
    rows = [row for name in plants for row in _find_rows(project, name)]
    click.echo(json.dumps(rows, indent=2, ensure_ascii=False) if is_json else "\n".join(_render(rows)))


def _find_plants(project: Project, plant: str | None) -> Sequence[str]:
    from elc.settings import read_settings

    plants = list(read_settings(project).plants)
    if plant is None:
        return plants
    check_known("plant", plant, plants)
    return [plant]


def _find_rows(project: Project, plant: str) -> Iterator[dict[str, Any]]:
    """One record for each alert that is open, and for each that was told and whose end was not."""
    from elc.alerts import find_open, find_told
    from elc.registry import find_place
    from elc.settings import read_operation, read_settings

    settings = read_operation(project, plant, project.environment)
    is_simulated = plant in read_settings(project).simulate.plants
    found = find_open(find_place(project, plant), settings, now=datetime.now(UTC), is_simulated=is_simulated)
    state = find_told(project.operation("alerts", plant))
    told = {item.alert.key: item for item in state.open}
    for fault in found.faults:
        click.echo(f"elc: {fault}", err=True)
    for alert in found.alerts:
        former = told.get(alert.key)
        yield {
            "plant": plant,
            "kind": alert.kind,
            "since": None if alert.since is None else alert.since.isoformat(),
            "sentence": alert.sentence,
            "advice": alert.advice,
            "id": alert.id if former is None else former.alert.id,
            "told": None if former is None else former.told.isoformat(),
            "messages": 0 if former is None else former.messages,
        }


def _render(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "Nothing is open."
    for row in rows:
        times = (
            f"sent {row['messages']} time{'s' if row['messages'] > 1 else ''}" if row["messages"] else "not sent yet"
        )
        text = f"{row['plant']}  {row['kind']}  ({times})  {' '.join(row['sentence'].split())} {row['advice']}".rstrip()
        yield from textwrap.wrap(text, WIDTH, subsequent_indent="    ", break_on_hyphens=False)


def _test(project: Project, plants: Sequence[str]) -> None:
    """Send a test for each plant; exit with 1 if a plant has no channel, or a channel accepted nothing."""
    from elc.alerts import send_test
    from elc.settings import read_operation

    is_failed = False
    for name in plants:
        results = send_test(read_operation(project, name, project.environment), now=datetime.now(UTC))
        for sentence, is_taken in results:
            click.echo(f"plant {name}: {sentence}", err=not is_taken)
            is_failed |= not is_taken
        if not results:
            where = "alerts.webhook, email or apprise in params.yaml, or ELC_ALERT_WEBHOOK in the environment"
            click.echo(f"plant {name}: nobody is notified. Set {where}.", err=True)
            is_failed = True
    if is_failed:
        sys.exit(1)

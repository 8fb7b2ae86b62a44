"""The play: readings of an hour, the hourly run, and what an onlooker should see, told line by line."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from elc.alerts.state import read_log
from elc.files import replace_file
from elc.live.client import ServiceClient, read_row
from elc.live.commands import ENVIRONMENT, CopyCommands
from elc.pages.amounts import write_rate
from elc.pages.labels import say_label
from elc.paths import Project
from elc.records.alerts import LOG
from elc.registry.git import run_git
from elc.settings import read_plant
from elc.simulate import Historian, Order, find_end

HOUR = timedelta(hours=1)
LOOK_S = 15.0  # that the operator page has to show a new hour
# Hours of the play. A crew strays until the next day's takes over; the advice is followed in between.
STRAY_FROM, STRAY_TO = 2, 20
STRAYED = {"steam_to_carbon_ratio": 3.2, "reformer_outlet_temp_degc": 792, "h2_n2_ratio": 2.84, "loop_inerts_pct": 14.5}
TRAIN_AT = 4
ANSWERED = (9, 12, 15)
CLOSED = ("followed", "partly")  # outcomes after which something was done


@dataclass
class Play:
    """A copy of the project that is played in, what is said of it, and where its time stands."""

    project: Project
    plants: list[str]
    commands: CopyCommands
    client: ServiceClient
    historians: dict[str, Historian]
    now: datetime
    end: datetime
    told: dict[str, set[str]] = field(default_factory=dict)
    training: subprocess.Popen[str] | None = None

    @property
    def star(self) -> str:
        """The plant to which things happen."""
        return self.plants[0]

    @property
    def operated(self) -> Project:
        return self.project.operate(ENVIRONMENT)

    def say(self, line: str) -> None:
        self.commands.say(line)

    def order(self, values: dict[str, float], end: datetime) -> None:
        """Tell the crews of the first plant what to hold from now on."""
        start, stop = pd.Timestamp(self.now), pd.Timestamp(end)
        self.historians[self.star].order(*(Order(name, value, start, stop) for name, value in values.items()))


def play(
    project: Project, plants: list[str], *, hours: int, every_s: float, port: int, say: Callable[[str], None]
) -> None:
    """Bring the candidates of plants to prod, serve them, and let the plants run on for some hours.

    Args:
        project: a copy (see `copy_project`); its registry and its data are written to.
        every_s: shortest time from hour to hour.
        port: of the operator page; 0 for any free one.

    Raises:
        ElcError: a command failed.
    """
    commands = CopyCommands(project, say)
    start = max(find_end(project, plant) for plant in plants)
    say("Every plant's candidate becomes version v1.0.0, and is deployed:")
    for plant in plants:
        commands.bring_to_use(plant, "the first version")
    commands.demand("elc", "deploy", "--env", ENVIRONMENT)
    end = start + hours * HOUR
    historians = {plant: Historian(project, plant, end) for plant in plants}
    commands.run("elc", "hourly", "--env", ENVIRONMENT)
    row = read_row(project.deployed(ENVIRONMENT, plants[0]))
    with commands.serve(port) as address:
        client = ServiceClient(address)
        client.wait()
        say(f"\nThe operator page: {address}/   Ctrl-C ends the play.\n")
        with client.ask(plants[0], row):
            stage = Play(project, plants, commands, client, historians, start, end)
            try:
                for number in range(1, hours + 1):
                    _live_hour(stage, number, every_s)
            finally:
                _end(stage)


def _live_hour(stage: Play, number: int, every_s: float) -> None:
    begun = time.monotonic()
    _happen(stage, number)
    stage.now += HOUR
    for historian in stage.historians.values():
        historian.send(stage.now)
    done = stage.commands.run("elc", "hourly", "--env", ENVIRONMENT, "--json", is_shown=number == 1)
    _tell_hour(stage, done)
    _tell_news(stage)
    time.sleep(max(every_s - (time.monotonic() - begun), 0))


def _happen(stage: Play, number: int) -> None:
    if number == STRAY_FROM:
        stage.say(f"  {stage.star}: a crew strays from the best set-points: {', '.join(STRAYED)}")
        stage.order(STRAYED, stage.now + (STRAY_TO - STRAY_FROM) * HOUR)
    if number == STRAY_TO:
        stage.say(f"  {stage.star}: the next crew returns to its habits, except for the advice that was answered")
    if number == TRAIN_AT:
        _train_beside(stage)
    if number in ANSWERED:
        _answer(stage)
    if stage.training is not None and stage.training.poll() is not None:
        _swap(stage)


def _answer(stage: Play) -> None:
    """Answer to the first open move, and let the crew make it."""
    shown = stage.client.read_now(stage.star)
    for move in shown.get("moves", []):
        if move["answered"] is None:
            stage.client.answer(stage.star, shown["hour"], move["setpoint"])
            stage.order({move["setpoint"]: move["to"]}, stage.end)
            stage.say(f"  {stage.star}: an operator follows: {move['label']} {move['now']:.4g} to {move['to']:.4g}")
            return


def _train_beside(stage: Play) -> None:
    """Train the plant's curve again, from another seed, as a scientist would."""
    editor = YAML()
    params = editor.load(stage.project.params)
    params["train"]["seed"] += 1
    with replace_file(stage.project.params) as temporary:
        editor.dump(params, temporary)
    stage.say(f"  {stage.star}: a scientist trains a new version with another seed (train.seed)")
    stage.training = stage.commands.begin("dvc", "repro", f"evaluate@{stage.star}")


def _swap(stage: Play) -> None:
    """Bring the new version to use; the service takes it in by itself."""
    assert stage.training is not None
    code, stage.training = stage.training.returncode, None
    if code:
        stage.say(f"  {stage.star}: the training failed; dvc repro ended with {code}")
        return
    stage.say("  $ git commit --all --message 'a new version'")
    run_git(stage.project.root, "commit", "--quiet", "--all", "--message", "a new version")
    version = stage.commands.bring_to_use(stage.star, "trained again")
    stage.commands.demand("elc", "deploy", "--env", ENVIRONMENT)
    stage.say(f"  {stage.star}: {version} is deployed; the service shifts to it without losing a request")


def _tell_hour(stage: Play, done: subprocess.CompletedProcess[str]) -> None:
    """Say the gap of each plant in one line, and what failed."""
    try:
        rows = json.loads(done.stdout)["plants"]
    except ValueError:
        stage.say(f"{stage.now:%d %b %H:%M} UTC: {done.stderr.strip()[-300:]}")
        return
    gaps = "   ".join(f"{row['plant']} {_write_gap(stage, row)}" for row in rows if row["plant"] in stage.plants)
    stage.say(f"{stage.now:%d %b %H:%M} UTC   {gaps}")
    for row in rows:
        for failure in row["failures"]:
            stage.say(f"  {row['plant']}: {failure['stage']} failed. {failure['sentence']}")


def _write_gap(stage: Play, row: dict[str, Any]) -> str:
    if row["gap_gj_per_h"] is None:
        return "no gap"
    return f"{_write_energy(stage, row['plant'], row['gap_gj_per_h'], is_signed=True)} ({row['gap_frac']:.1%})"


def _write_energy(stage: Play, plant: str, energy: float, *, is_signed: bool = False) -> str:
    return write_rate(energy, read_plant(stage.project, plant), is_signed=is_signed)


def _tell_news(stage: Play) -> None:
    """Describe what is new: alerts that were told or are over, and what came of advice that was shown."""
    for plant in stage.plants:
        news = [*_read_alerts(stage, plant), *_read_outcomes(stage, plant)]
        reported = stage.told.setdefault(plant, set())
        for line in news:
            if line not in reported:
                stage.say(f"  {plant}: {line}")
        reported.update(news)
        _await_hour(stage, plant)


def _read_alerts(stage: Play, plant: str) -> list[str]:
    path = stage.operated.operation("alerts", plant) / LOG
    lines = read_log(path.read_bytes()) if path.is_file() else []
    return [f"alert {line.state}: {line.sentence}" for line in lines]


def _read_outcomes(stage: Play, plant: str) -> list[str]:
    path = stage.operated.operation("advice", plant) / "outcomes.parquet"
    if not path.is_file():
        return []
    cases = pd.read_parquet(path)
    closed = cases[cases["is_shown"] & cases["outcome"].isin(CLOSED)]
    return [_write_outcome(stage, plant, case) for _, case in closed.iterrows()]


def _write_outcome(stage: Play, plant: str, case: pd.Series) -> str:
    move = f"advice of {case['start']:%d %b %H:%M} UTC on {say_label(case['setpoint'])}: {case['outcome']}"
    saved = case["realised_gj_per_h"]
    if pd.isna(saved):
        return move
    return f"{move}; the gap {'fell' if saved >= 0 else 'rose'} by {_write_energy(stage, plant, abs(saved))} after it"


def _await_hour(stage: Play, plant: str) -> None:
    """Wait until the operator page shows the hour that ended now, a while at most."""
    late = time.monotonic() + LOOK_S
    while time.monotonic() < late:
        shown = stage.client.read_now(plant)
        if shown and pd.Timestamp(shown["hour_end"]) >= pd.Timestamp(stage.now):
            return
        time.sleep(0.3)


def _end(stage: Play) -> None:
    if stage.training is not None:
        stage.training.terminate()
        stage.training.wait(60)
    stage.say(stage.commands.run("elc", "swaps").stdout.rstrip())
    stage.say(f"{stage.client.asked:,} predictions were requested meanwhile; {stage.client.failed} failed.")

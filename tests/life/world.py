"""The project that lives: a copy with a remote of its own nowhere, its historian's deliveries, and its commands."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from elc import simulate
from elc.paths import Project, replace_file
from tests.conftest import git, run

ENVIRONMENT = "prod"
HOUR = pd.Timedelta("1h")


@dataclass
class World:
    """A project, the plants that are operated in it, and the end of what was brought so far."""

    project: Project
    plants: list[str]
    start: pd.Timestamp
    hour: int = 0
    faults: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    late: set[str] = field(default_factory=set)  # plants to which older readings came, or of which settings changed
    waiting: dict[str, list[pd.DataFrame]] = field(default_factory=lambda: defaultdict(list))
    changes: dict[str, Any] = field(default_factory=dict)  # what is done to a plant's readings on their way
    expected: dict[str, str] = field(default_factory=dict)  # plants that must fail, and the stage
    memory: dict[str, Any] = field(default_factory=dict)  # what checks remember of former hours

    @property
    def operated(self) -> Project:
        return self.project.operate(ENVIRONMENT)

    @property
    def now(self) -> pd.Timestamp:
        """The end of the last hour that was brought."""
        return self.start + self.hour * HOUR

    def note(self, sentence: str) -> None:
        self.told.append(f"hour {self.hour}: {sentence}")

    def accuse(self, sentence: str) -> None:
        self.faults.append(f"hour {self.hour} ({self.now:%Y-%m-%d %H:%M}): {sentence}")

    def elc(self, *arguments: str, code: int = 0) -> str:
        """Run a command of elc; another exit code is a fault."""
        done = run(self.project.root, "elc", *arguments)
        if done.returncode != code:
            said = (done.stdout[-300:] + done.stderr[-900:]).strip()
            self.accuse(f"elc {' '.join(arguments)}: exit code {done.returncode}, expected {code}: {said}")
        return done.stdout

    def read_next(self, plant: str) -> pd.DataFrame:
        """Read what the historian has of the hour that begins now."""
        found = simulate.read_readings(self.project, plant, self.now.to_pydatetime(), (self.now + HOUR).to_pydatetime())
        change = self.changes.get(plant)
        return change(found) if change else found

    def bring(self, plant: str, readings: pd.DataFrame, *, name: str = "", is_last_first: bool = False) -> None:
        """Bring readings: into the growing file of their day, or into a new one of that name."""
        if readings.empty:
            return
        folder = self.project.live(plant)
        folder.mkdir(parents=True, exist_ok=True)
        for day, rows in readings.groupby(readings["time"].dt.strftime("%Y-%m-%d")):
            path = folder / f"{name or day}.parquet"
            known = [pd.read_parquet(path)] if path.is_file() else []
            joined = pd.concat([rows, *known] if is_last_first else [*known, rows], ignore_index=True)
            with replace_file(path) as temporary:
                joined.to_parquet(temporary, index=False)

    def run_hour(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """Run the hour; what it says of each plant."""
        text = self.elc("hourly", "--env", ENVIRONMENT, "--json", *arguments, code=code)
        try:
            return {plant["plant"]: plant for plant in json.loads(text)["plants"]}
        except (ValueError, KeyError):
            self.accuse(f"elc hourly --json gave no JSON: {text[:200]!r}")
            return {}


def make_world(source: Project, folder: Path, plants: list[str]) -> World:
    """Copy a project whose pipeline has run, without its remotes, and bring a first version of each plant to prod."""
    shutil.copytree(source.root, folder, symlinks=True, ignore=shutil.ignore_patterns(".venv*", "live"))
    for operated in (folder / "operation").glob("*/"):
        shutil.rmtree(operated)
    project = Project(folder)
    for remote in git(folder, "remote").split():
        git(folder, "remote", "remove", remote)
    for name, value in {"user.name": "Ann", "user.email": "ann@example.org", "gc.auto": "0"}.items():
        git(folder, "config", name, value)
    shutil.rmtree(folder / "deployed" / ENVIRONMENT, ignore_errors=True)
    end = max(pd.Timestamp(simulate.find_end(project, plant)) for plant in plants)
    world = World(project, plants, end)
    for plant in plants:
        bring_to_prod(world, plant, "v1.0.0")
    return world


def bring_to_prod(world: World, plant: str, version: str) -> None:
    """Register the candidate, approve it, and take it through the environments."""
    world.elc("register", plant)
    world.elc("approve", plant, version, "--reason", "better")
    for environment in ("dev", "test", ENVIRONMENT):
        world.elc("promote", plant, version, "--env", environment)
    world.elc("deploy", "--env", ENVIRONMENT)


def kill_hour(world: World, seconds: float) -> None:
    """Start the hour, and kill it."""
    command = [shutil.which("elc") or "elc", "hourly", "--env", ENVIRONMENT]
    nothing = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=world.project.root, stdout=nothing, stderr=nothing)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

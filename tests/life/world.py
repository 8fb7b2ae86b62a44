"""The project that lives: a copy with remotes of its own, its historian's deliveries, and its commands."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from elc import simulate
from elc.files import replace_file
from elc.paths import Project
from tests.conftest import git, is_up_to_date, run
from tests.pipeline.clones import publish

ENVIRONMENT = "prod"
ADDED, RENAMED = "added", "renamed"  # a plant that comes, changes its name, and goes
HOUR = pd.Timedelta("1h")


@dataclass
class World:
    """A project, the plants that are operated in it, and the end of what was brought so far."""

    project: Project
    colleague: Project  # another clone, in which somebody trains
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

    def elc(self, *arguments: str, code: int = 0, project: Project | None = None) -> str:
        """Run a command of elc, here or in another clone; another exit code is a fault."""
        done = run((project or self.project).root, "elc", *arguments)
        if done.returncode != code:
            said = (done.stdout[-300:] + done.stderr[-900:]).strip()
            self.accuse(f"elc {' '.join(arguments)}: exit code {done.returncode}, expected {code}: {said}")
        return done.stdout

    def read_dvc_status(self) -> str:
        return run(self.project.root, "dvc", "status").stdout

    def commit(self, message: str) -> None:
        """Commit what somebody changed in this checkout, and push it."""
        git(self.project.root, "commit", "--quiet", "--all", "--allow-empty", "--message", message)
        git(self.project.root, "push", "--quiet")

    def register(self, project: Project, plant: str, reason: str) -> str:
        """Register a clone's candidate, approve it and promote it to all environments; its version."""
        said = self.elc("register", plant, project=project)
        found = re.search(rf"registered: {plant}@(v[0-9]+\.[0-9]+\.[0-9]+)", said)
        if not found:
            self.accuse(f"elc register {plant} names no version: {said[-300:]!r}")
            return ""
        self.elc("approve", plant, found[1], "--reason", reason, project=project)
        for environment in ("dev", "test", ENVIRONMENT):
            self.elc("promote", plant, found[1], "--env", environment, project=project)
        return found[1]

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


def make_world(source: Project, folder: Path, plants: list[str], start: pd.Timestamp | None) -> World:
    """Copy a project whose pipeline has run, give it remotes, and bring a first version of each plant to prod.

    Args:
        start: where the life begins, a whole hour in UTC; what the plants' historians sent from the end of the
            committed exports until then is there at once. Default: where the longest export ends.
    """
    project = copy_source(source, folder / "project")
    publish(project, folder / "origin.git")
    shutil.copytree(project.root, folder / "colleague", symlinks=True)
    end = max(pd.Timestamp(simulate.find_end(project, plant)) for plant in plants)
    world = World(project, Project(folder / "colleague"), plants, start or end)
    if not is_up_to_date(project):
        found = world.read_dvc_status()
        world.accuse(f"the source's pipeline is not up to date, run dvc repro in it first: {found[-300:]}")
    for plant in plants:
        world.elc("simulate", plant, "--until", world.start.isoformat())
        world.register(project, plant, "better")
    world.elc("deploy", "--env", ENVIRONMENT)
    return world


def copy_source(source: Project, folder: Path) -> Project:
    """Copy a project as it was committed and run, without what operation left, with a DVC remote beside it."""
    shutil.copytree(source.root, folder, symlinks=True, ignore=shutil.ignore_patterns(".venv*", "live"))
    for operated in (*(folder / "operation").glob("*/"), *(folder / "deployed").glob("*/")):
        shutil.rmtree(operated)
    for remote in git(folder, "remote").split():
        git(folder, "remote", "remove", remote)
    for tag in git(folder, "tag").split():
        git(folder, "tag", "--delete", tag)
    for name, value in {"user.name": "Ann", "user.email": "ann@example.org", "gc.auto": "0"}.items():
        git(folder, "config", name, value)
    git(folder, "checkout", "--quiet", "-B", "main")
    git(folder, "checkout", "--quiet", "--", ".")
    done = run(folder, "dvc", "remote", "add", "--default", "packages", str(folder.with_name("packages")))
    assert done.returncode == 0, done.stderr
    git(folder, "commit", "--quiet", "--all", "--message", "remote")
    return Project(folder)


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

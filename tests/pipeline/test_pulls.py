"""The machine that operates is a clone that pulls: no version from elsewhere meets a conflict, and no log is lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from elc import advise, simulate
from elc.fields import TIME
from elc.paths import Project
from tests.conftest import git, run
from tests.pipeline.clones import call, clone, follow, publish
from tests.pipeline.registry_project import retrain

pytestmark = pytest.mark.slow
ROUNDS = 3
PLANT = "fjord"
EARLIER = pd.Timedelta(36, "D")  # then the weather was one that the curve knows
BEFORE_H = 6  # hours that are there when the first round begins
# What somebody may do in between, to be rid of whatever is in the way.
THROWN = ("checkout -- .", "stash --quiet --include-untracked", "reset --quiet --hard", "clean --quiet -ffd")


@dataclass
class Machine:
    """A clone that operates prod, the clone of a colleague who trains, and what was shown so far."""

    project: Project
    colleague: Project
    shown: pd.DataFrame = field(default_factory=lambda: advise.read_log(Path("nowhere")))

    def live_round(self, number: int) -> None:
        """A new hour arrives, a version that was trained elsewhere is pulled and deployed, and the hour is judged."""
        self._train_elsewhere(number)
        self.bring(BEFORE_H + number - 1, BEFORE_H + number)
        for name in ("dvc.lock", "untracked.txt"):
            (self.project.root / name).write_text("in the way", encoding="utf-8")
        for line in THROWN:
            git(self.project.root, *line.split())
        git(self.project.root, "pull", "--quiet", "--ff-only", "--tags")
        assert "deployed" in call(self.project, "deploy", "--env", "prod")
        self.check_clean()
        said = json.loads(call(self.project, "hourly", "--env", "prod", "--plant", PLANT, "--json"))["plants"][0]
        assert (said["failures"], said["new_hours"] > 0, said["version"]) == ([], True, f"v1.{number}.0 in prod")
        self.check_clean()
        self.check_log(said["last_hour"])

    def bring(self, first: int, last: int) -> None:
        """Bring hours since the end of the export: those of an earlier day, moved on."""
        end = pd.Timestamp(simulate.find_end(self.project, PLANT)) - EARLIER
        readings = pd.concat(pd.read_parquet(path) for path in sorted(self.project.raw(PLANT).glob("*.parquet")))
        start, stop = (end + pd.Timedelta(hour, "h") for hour in (first, last))
        hours = readings[(readings["time"] >= start) & (readings["time"] < stop)]
        self.project.live(PLANT).mkdir(parents=True, exist_ok=True)
        hours.assign(time=hours["time"] + EARLIER).to_parquet(self.project.live(PLANT) / f"{last:03d}.parquet")

    def _train_elsewhere(self, number: int) -> None:
        follow(self.colleague)
        retrain(self.colleague, PLANT, 1.001 if number % 2 else 1 / 1.001)
        git(self.colleague.root, "push", "--quiet")
        bring_to_prod(self.colleague, f"v1.{number}.0")

    def check_clean(self) -> None:
        assert git(self.project.root, "status", "--porcelain") == ""

    def check_log(self, last: str) -> None:
        """What was shown stays, and the present hour is added where it was advised on."""
        log = advise.read_log(self.project.operate("prod").operation("advice", PLANT))
        shown = log[log["is_shown"]].reset_index(drop=True)
        oldest = log[TIME].min()
        kept = self.shown[self.shown[TIME] >= oldest].reset_index(drop=True)
        assert len(kept) == len(self.shown)
        pd.testing.assert_frame_equal(shown.iloc[: len(kept)], kept)
        assert shown[TIME].max() == pd.Timestamp(last)
        self.shown = shown


def bring_to_prod(project: Project, version: str) -> None:
    assert f"{PLANT}@{version}" in call(project, "register", PLANT)
    call(project, "approve", PLANT, version, "--reason", "trained again")
    for environment in ("dev", "test", "prod"):
        call(project, "promote", PLANT, version, "--env", environment)


@pytest.fixture
def live(demo_project: Project, tmp_path: Path) -> Callable[[int], Machine]:
    return lambda rounds: live_rounds(demo_project, tmp_path, rounds)


def live_rounds(source: Project, folder: Path, rounds: int) -> Machine:
    """Live rounds in two clones of a project whose pipeline has run."""
    colleague = Project(folder / "colleague")
    shutil.copytree(source.root, colleague.root, symlinks=True)
    done = run(colleague.root, "dvc", "remote", "add", "--default", "packages", str(folder / "packages"))
    assert done.returncode == 0, done.stderr
    git(colleague.root, "branch", "--move", "--force", "main")
    _explain_less(colleague)
    git(colleague.root, "commit", "--quiet", "--all", "--message", "remote")
    origin = publish(colleague, folder / "origin.git")
    bring_to_prod(colleague, "v1.0.0")
    project = clone(origin, folder / "machine", "bob")
    shutil.copytree(source.raw(PLANT), project.raw(PLANT))
    machine = Machine(project, colleague)
    machine.bring(0, BEFORE_H)
    for number in range(1, rounds + 1):
        machine.live_round(number)
    return machine


def _explain_less(project: Project) -> None:
    """Explain a day in place of a week, which takes most of an hour's time."""
    text = project.params.read_text(encoding="utf-8")
    assert "explained_days: 7" in text
    project.params.write_text(text.replace("explained_days: 7", "explained_days: 1"), encoding="utf-8")


@pytest.mark.long(reason="three versions are trained elsewhere, pulled and operated")
def test_rounds_meet_no_conflict_and_lose_no_log(live: Callable[[int], Machine]) -> None:
    machine = live(ROUNDS)
    assert len(machine.shown) > 1
    tracked = git(machine.project.root, "ls-files").splitlines()
    assert not [name for name in tracked if name.startswith("operation/") and not name.endswith(".gitignore")]
    # DVC replaces its own results, whatever it can obtain of them, and nothing else.
    run(machine.project.root, "dvc", "checkout", "--force")
    machine.check_clean()
    machine.check_log(machine.shown[TIME].max().isoformat())

"""Temporary repositories whose registry is made of tags by plain Git, each at a time of its own."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from elc.paths import Project
from elc.registry import Context, read_context
from elc.registry.events import build_message
from tests.conftest import ROOT
from tests.unit.registry.keys import make_repository, run


class Tagged:
    """A repository with params.yaml of the project, and the tags that a test gives it; times are ISO, in UTC."""

    def __init__(self, root: Path) -> None:
        self.root = make_repository(root)
        self.project = Project(root)
        shutil.copyfile(ROOT / "params.yaml", self.project.params)
        (root / "dvc.yaml").write_text("stages: {}\n")
        self.numbers: dict[str, int] = {}
        self.packages: dict[tuple[str, str], dict[str, Any]] = {}

    def read(self) -> Context:
        return read_context(self.project)

    def edit(self, old: str, new: str) -> None:
        """Replace one text in params.yaml; the text must be there."""
        text = self.project.params.read_text()
        assert old in text
        self.project.params.write_text(text.replace(old, new, 1))

    def register(self, plant: str, version: str, at: str, **fields: Any) -> None:
        """Register a version on a commit of its own."""
        run(self.root, "commit", "--quiet", "--allow-empty", "--message", f"{plant} {version}")
        number = len(self.packages) + 1
        known = {"version": version, "package": f"{number:08x}{'0' * 24}.dir", "sha256": f"{number:064x}"}
        self.packages[plant, version] = {**known, "commit": run(self.root, "rev-parse", "HEAD").strip()}
        metrics = {"rows": 3346, "cv_rmse_frac": 0.00657, "nmbe_frac": -0.0002, "coverage_best_frac": 0.1016}
        trained = {"first": "2024-06-20T00:00:00+00:00", "last": "2026-03-31T23:00:00+00:00", "metrics": metrics}
        message = {"package": known["package"], "sha256": known["sha256"], **trained, **fields}
        self.tag(f"{plant}@{version}", plant, version, f"Register {plant} {version}", message, at)

    def decide(self, plant: str, version: str, stage: str, at: str, **fields: Any) -> None:
        """Approve (`approved`) or reject (`approved!`)."""
        self.place(plant, version, stage, at, **{"reason": "Better in winter.", **fields})

    def place(self, plant: str, version: str, stage: str, at: str, **fields: Any) -> None:
        """Put a version into an environment, or out of it (`prod!`)."""
        self.numbers[plant] = self.numbers.get(plant, 0) + 1
        known = {key: self.packages[plant, version][key] for key in ("version", "package", "sha256")}
        name = f"{plant}#{stage}#{self.numbers[plant]}"
        self.tag(name, plant, version, f"Tag {name}", {**known, "environment": stage.strip("!"), **fields}, at)

    def promote(self, plant: str, version: str, *stages: str, at: str) -> None:
        """Put a version into environments one after the other, a second apart."""
        start = int(datetime.fromisoformat(f"{at}+00:00").timestamp())
        for offset, stage in enumerate(stages):
            self.place(plant, version, stage, f"@{start + offset}")

    def tag(self, name: str, plant: str, version: str, sentence: str, fields: dict[str, Any], at: str) -> None:
        """Make an annotated tag at a version's commit."""
        when = f"{at} +0000" if at.startswith("@") else f"{at}+00:00"
        commit = self.packages[plant, version]["commit"]
        message = build_message(sentence, fields)
        run(self.root, "tag", "-a", "--cleanup=verbatim", "-m", message, name, commit, GIT_COMMITTER_DATE=when)


def make_life(root: Path) -> Tagged:
    """A registry in which much has happened: a rollback, a rejection of what is in use, a tag that is not followed.

    Fjord runs v1.0.0 again, Delta a version that was rejected later, and Steppe nothing in prod.
    """
    tagged = Tagged(root)
    for plant in ("fjord", "delta"):
        tagged.register(plant, "v1.0.0", "2026-04-01T08:00:00")
        tagged.decide(plant, "v1.0.0", "approved", "2026-04-02T08:00:00")
        tagged.promote(plant, "v1.0.0", "dev", "test", "prod", at="2026-04-03T08:00:00")
    tagged.register("fjord", "v1.1.0", "2026-05-01T08:00:00")
    tagged.decide("fjord", "v1.1.0", "approved", "2026-05-02T08:00:00")
    tagged.promote("fjord", "v1.1.0", "dev", "test", "prod", at="2026-05-03T08:00:00")
    tagged.place("fjord", "v1.0.0", "prod", "2026-05-03T20:30:00", reason="v1.1.0 drifts")
    tagged.register("fjord", "v1.2.0", "2026-06-01T08:00:00")
    tagged.place("fjord", "v1.2.0", "prod", "2026-06-02T08:00:00")
    tagged.decide("delta", "v1.0.0", "approved!", "2026-06-03T08:00:00", reason="A meter was wrong.")
    tagged.register("steppe", "v1.0.0", "2026-06-04T08:00:00")
    return tagged

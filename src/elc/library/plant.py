"""A plant of a project, for notebooks of one's own: its hours, its curve and how it does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from elc import curve, explain, ingest, registry, settings
from elc.errors import check_faults
from elc.fields import TIME
from elc.library.curve import Curve
from elc.paths import find_project
from elc.records.status import Status
from elc.render import read_status

if TYPE_CHECKING:
    import shap


class Plant:
    """A plant of the project that holds the working folder, or `project`.

    Without an `environment` it is about the candidate, as `dvc repro` left it; with one about what is deployed there.
    """

    def __init__(self, plant: str, *, environment: str = "", project: Path | str | None = None) -> None:
        """Find a plant.

        Raises:
            ElcError: there is no project, or the plant or the environment is not in its params.yaml.
        """
        self._project = find_project(Path(project) if project else None, environment=environment)
        self._settings = settings.read_operation(self._project, plant, environment)
        self.plant = plant

    def curve(self) -> Curve:
        """Open the curve: the candidate's, or that of the version in use.

        Raises:
            ElcError: nothing is trained, or deployed, or it was altered.
        """
        used = registry.find_used(self._project, self.plant, environment=self._project.environment)
        content = curve.read_content(used.folder, sha256=used.sha256)
        chosen = self._settings
        sections = {"train": chosen.train.model_dump(), "dataset": chosen.dataset.model_dump()}
        return Curve(content, is_continuous=chosen.plant.export.is_continuous, settings=sections)

    def hours(self) -> pd.DataFrame:
        """Read the hourly table by time (UTC), with the plant's state, best, gap, its interval, and the condition.

        Raises:
            ElcError: the plant was not ingested yet, or has no curve.
        """
        folder = self._project.hourly(self.plant)
        missing = [] if folder.is_dir() else [f"{folder} was not found. Create it: dvc repro monitor@{self.plant}"]
        check_faults(f"plant {self.plant}", missing)
        package = self.curve().package
        scored, _ = curve.score_table(ingest.read_hourly(folder), package, self._settings)
        return scored.set_index(TIME)

    def explain(self, *, what: str = "drivers", days: int | None = None, most: int = 500) -> shap.Explanation:
        """Explain energy (GJ/h) as all plots of shap take it: `shap.plots.beeswarm(plant.explain())`.

        Args:
            what: drivers or setpoints (see `Curve.explain`).
            days: the last ones; as many as `explain.drift_days` says where none are given.
            most: hours, evenly spread over those that are known.

        Raises:
            ElcError: the plant was not ingested yet, or has no curve, or `what` is neither.
        """
        settings = self._settings.explain
        chosen = settings.drift_days if days is None else days
        package, scored = self.curve().package, self.hours().reset_index()
        return explain.build_explanation(package, scored, settings, what=what, days=chosen, most=most)

    def status(self) -> Status:
        """Read how the plant did in its last hour, as its page says it.

        Raises:
            ElcError: the plant was not monitored yet, or its status cannot be read.
        """
        faults: list[str] = []
        status = read_status(self._project, self.plant, self._settings.site.currency, faults)
        check_faults(f"plant {self.plant}", faults)
        assert status is not None
        return status

    def __repr__(self) -> str:
        where = self._project.environment or "candidate"
        return f"Plant {self.plant} ({self._settings.plant.name}), {where}"

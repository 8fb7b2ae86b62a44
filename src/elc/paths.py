"""Where everything of a project lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from elc.errors import ElcError

CANDIDATE = "candidate"  # what is operated where no environment has a version


@dataclass(frozen=True)
class Project:
    """Name the paths of the project under `root`; nothing here touches the disk.

    Results have one of two places. Without an `environment` it is DVC's: the same on every clone, made by `dvc repro`
    from what Git and DVC know, about the candidate. With one it is this machine's, `operation/<environment>/`: made by
    the hourly run from what this machine was brought, about what is deployed there. Neither touches the other.
    """

    root: Path
    environment: str = ""

    def operate(self, environment: str) -> Project:
        """Name the paths of the operation of an environment; of DVC's results for an empty name."""
        return Project(self.root, environment)

    @property
    def place(self) -> Path:
        """Folder under which results lie."""
        return self.root / "operation" / self.environment if self.environment else self.root

    @property
    def params(self) -> Path:
        return self.root / "params.yaml"

    @property
    def pipeline(self) -> Path:
        return self.root / "dvc.yaml"

    def code(self, stage: str) -> Path:
        """File that says which code a stage runs; DVC compares it."""
        return self.root / "code" / f"{stage}.json"

    @property
    def entries(self) -> Path:
        return self.root / "code" / "plants"

    def entry(self, plant: str) -> Path:
        """File of what a plant's entry in params.yaml and its region say; DVC compares it."""
        return self.entries / f"{plant}.json"

    @property
    def reports(self) -> Path:
        """Folder of executed notebooks, receipts and the site."""
        return self.place / "reports"

    @property
    def report_sources(self) -> Path:
        """Folder of _quarto.yml and the site's assets, in Git."""
        return self.root / "reports"

    @property
    def site(self) -> Path:
        return self.reports / "_site"

    @property
    def receipts(self) -> Path:
        return self.reports / "receipts"

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    def tags(self, plant: str) -> Path:
        return self.root / "data" / "plants" / plant / "tags.csv"

    def raw(self, plant: str) -> Path:
        return self.root / "data" / "raw" / plant

    def live(self, plant: str) -> Path:
        """Folder of the readings that came to this machine since; the hourly run reads it beside `raw`."""
        return self.root / "data" / "live" / plant

    def exports(self, plant: str) -> tuple[Path, ...]:
        """Folders of a plant's readings; those that came to this machine since count in its operation alone."""
        return (self.raw(plant), self.live(plant)) if self.environment else (self.raw(plant),)

    def truth(self, plant: str) -> Path:
        return self.root / "data" / "truth" / plant

    def hourly(self, plant: str) -> Path:
        return self.place / "data" / "hourly" / plant

    def cache(self, plant: str) -> Path:
        """Folder of what ingest need not work out again; it can be removed at any time."""
        return self.place / "data" / "cache" / plant

    def simulated(self, plant: str) -> Path:
        """Folder of what the simulator need not draw again; it can be removed at any time, and ingest leaves it."""
        return self.root / "data" / "cache" / ".simulated" / plant

    def drawn(self, plant: str) -> Path:
        """Folder of what an hour need not make again, pictures above all; it can be removed at any time."""
        return self.place / "data" / "cache" / ".drawn" / plant

    def findings(self, plant: str) -> Path:
        return self.hourly(plant) / "findings.parquet"

    def processed(self, plant: str) -> Path:
        return self.root / "data" / "processed" / plant

    def insufficiencies(self, plant: str) -> Path:
        """Findings about what the training history lacks."""
        return self.processed(plant) / "findings.parquet"

    def model(self, plant: str) -> Path:
        return self.root / "models" / plant

    def deployed(self, environment: str, plant: str) -> Path:
        """Folder of the model package that is deployed in an environment."""
        return self.root / "deployed" / environment / plant

    @property
    def scratch(self) -> Path:
        """Folder of what belongs to this place alone: locks and copies."""
        return self.root / ".dvc" / "tmp" / "elc"

    def fetched(self, package: str) -> Path:
        """Folder where a registered package is laid down for reading; it can be removed at any time."""
        return self.scratch / package.removesuffix(".dir")

    @property
    def tests(self) -> Path:
        """Folder of what the functional tests of promotions found."""
        return self.report_sources / "tests"

    def operation(self, stage: str, plant: str) -> Path:
        """Folder of what monitor, explain, advise, compare or alerts found for a plant."""
        return self.place / "data" / stage / plant

    def report(self, plant: str, period: str) -> Path:
        """Folder of the report of a plant for a period, such as 2026-05."""
        return self.operation("report", plant) / period

    def advice_notes(self, plant: str) -> Path:
        """What operators answered to advice, one JSON object a line; the file may be missing."""
        return self.place / "data" / "advice_notes" / f"{plant}.jsonl"

    def capture(self, plant: str) -> Path:
        """Folder of the requests that the service kept of a plant, a file a UTC day; of all plants for no name."""
        return self.root / "data" / "capture" / plant

    def capture_parts(self, plant: str) -> Path:
        """Folder of the requests that are in no day's file yet, which the service alone touches."""
        return self.root / "data" / "service" / "capture" / plant

    def listen(self, plant: str) -> Path:
        """Folder of what `elc listen` says of itself: its status, and what it rejected."""
        return self.root / "data" / "listen" / plant

    def fetch(self, plant: str) -> Path:
        """Folder of what `elc fetch` could not have on this machine, and of what it writes just now."""
        return self.root / "data" / "fetch" / plant

    def metrics(self, plant: str) -> Path:
        return self.report_sources / "metrics" / f"{plant}.json"

    def plots(self, plant: str) -> Path:
        """Folder of the tables that `dvc plots` draws."""
        return self.report_sources / "plots" / plant


def find_project(start: Path | None = None, *, environment: str = "") -> Project:
    """Find the project that holds a folder (default: the working folder), looking upwards.

    `environment` is whose operation its results are of; an empty one is DVC's results.

    Raises:
        ElcError: no folder from there up holds both params.yaml and dvc.yaml.
    """
    folder = (start or Path.cwd()).resolve()
    for candidate in (folder, *folder.parents):
        if (candidate / "params.yaml").is_file() and (candidate / "dvc.yaml").is_file():
            return Project(candidate, environment)
    raise ElcError(
        f"{folder}: no project here or above it: params.yaml and dvc.yaml were not found. "
        "Change into the folder of a project, or make one: elc new."
    )

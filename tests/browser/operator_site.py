"""A site whose operators the tests play: a project with a real package and a present hour, served by `elc serve`.

The service is a process of its own, with the guard, and keys that `elc keys` made.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from elc.paths import CANDIDATE, Project
from tests.conftest import ROOT, run
from tests.unit.service.packages import write_package
from tests.unit.service.page.present import GAP_NOW, HOUR, PLANT, leave_hour, make_project

OPERATOR, SCREEN = "control-room", "wall-screen"  # who may answer to advice, and who may only read
START_S = 60.0


@dataclass
class Site:
    """A project, the keys of its clients, and where it is served; `spoken` is the language of its hours."""

    project: Project
    spoken: str
    keys: dict[str, str] = field(default_factory=dict)
    address: str = ""
    is_changed: bool = False

    def leave(self, *, hour: str = HOUR, gap: float = GAP_NOW, spoken: str) -> None:
        """Leave another hour of the plant, as elc hourly does."""
        self.is_changed = True
        leave_hour(self.project, hour=hour, gap=gap, spoken=spoken)

    def restore(self) -> None:
        """Bring the first hour back, with no answer to it."""
        self.project.advice_notes(PLANT).unlink(missing_ok=True)
        if self.is_changed:
            leave_hour(self.project, spoken=self.spoken)
            self.is_changed = False

    def add_key(self, name: str, *arguments: str) -> None:
        """Make the key of a client by elc keys."""
        told = run(self.project.root, "elc", "keys", "add", name, *arguments)
        found = re.search(r"^elc_[\w-]+$", told.stdout, re.M)
        assert found, told.stdout + told.stderr
        self.keys[name] = found[0]


def make_site(folder: Path, *, spoken: str) -> Site:
    """Make a site of two plants: fjord with a present hour, and delta without one."""
    project = make_project(folder, spoken=spoken).operate(CANDIDATE)
    leave_hour(project, spoken=spoken)
    project.tags("delta").parent.mkdir()
    shutil.copyfile(ROOT / "data" / "plants" / "delta" / "tags.csv", project.tags("delta"))
    for plant in (PLANT, "delta"):
        write_package(project.model(plant), plant=plant)
    site = Site(project, spoken)
    plants = ("--plant", PLANT, "--plant", "delta")
    site.add_key(OPERATOR, *plants, "--right", "read", "--right", "acknowledge")
    site.add_key(SCREEN, "--plant", PLANT, "--right", "read")
    return site


@contextmanager
def serve(site: Site, *, port: int = 0) -> Iterator[Site]:
    """Serve a site on a port of this machine, a free one unless told; yields the site with its address."""
    command = [str(Path(sys.executable).with_name("elc")), "serve", "--port", str(port)]
    log = site.project.root / f"serve-{time.monotonic_ns()}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=site.project.root, stdout=file, stderr=file, env=dict(os.environ))
    try:
        yield replace(site, address=_wait_for_address(process, log))
    finally:
        process.terminate()
        process.wait(15)


def _wait_for_address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the service says that every plant answers."""
    end, answer = time.monotonic() + START_S, ""
    while time.monotonic() < end and process.poll() is None:
        found = re.search(r"running on (http://127\.0\.0\.1:\d+)", log.read_text(encoding="utf-8"))
        if found:
            try:
                with urllib.request.urlopen(f"{found[1]}/readyz"):
                    return found[1]
            except urllib.error.HTTPError as error:
                answer = error.read().decode()
        time.sleep(0.05)
    raise AssertionError(f"the service did not become ready: {answer} {log.read_text(encoding='utf-8')}")

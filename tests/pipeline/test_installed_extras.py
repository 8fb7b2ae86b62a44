"""Parts run with what their extra brings and nothing else, as if no more were installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from elc.paths import Project
from tests.conftest import ROOT, git
from tests.pipeline import served
from tests.pipeline.registry_project import edit_environments, elc, make_project
from tests.pipeline.served import wait
from tests.unit.listen.broker import Listeners, read_log
from tests.unit.listen.broker import make_project as make_listening

# Python reads a module of this name as it starts, and so do the processes that it starts.
HIDE = """
import sys

HIDDEN = frozenset({hidden!r})


class Hiding:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, *rest):
        return None if name.partition(".")[0] in HIDDEN else self.finder.find_spec(name, *rest)

    def __getattr__(self, name):
        return getattr(self.finder, name)


sys.meta_path[:] = map(Hiding, sys.meta_path)
"""


def hide_others(extra: str, folder: Path) -> dict[str, str]:
    """Hide every package that the lock of an extra does not bring; return the variables of a process so."""
    lines = (ROOT / f"requirements-{extra}.lock").read_text().splitlines()
    brought = {canonicalize_name(found[1]) for line in lines if (found := re.match(r"([A-Za-z0-9][\w.-]*)==", line))}
    owners = metadata.packages_distributions()
    hidden = {name for name, owned in owners.items() if not {"elc", *brought} & set(map(canonicalize_name, owned))}
    assert {"keras", "IPython", "matplotlib", "duckdb", "pytest"} <= hidden
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(HIDE.format(hidden=sorted(hidden)), encoding="utf-8")
    return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}


@pytest.mark.slow
def test_the_service_lays_down_what_is_assigned_and_answers(demo_project: Project, tmp_path: Path) -> None:
    project = make_project(tmp_path / "site", demo_project)
    project.tags("fjord").parent.mkdir(parents=True, exist_ok=True)
    project.tags("fjord").write_bytes(demo_project.tags("fjord").read_bytes())
    edit_environments(project, dev={"plants": ["fjord"], "tests": ["golden"]})
    elc(project, "register", "fjord")
    elc(project, "promote", "fjord", "v1.0.0", "--env", "dev")
    assert not project.deployed("dev", "fjord").exists()
    with served.serve(project, "--env", "dev", env=hide_others("serve", tmp_path / "hide")) as running:
        card = running.client.get("/plants/fjord/card").json()
        row = {one["column"]: one["median"] for one in [*card["features"], *card["setpoints"]]}
        for question, energy in (("predict", {}), ("gap", {"energy_gj_per_h": 1000.0})):
            answer = running.client.post(f"/plants/fjord/{question}", json={"rows": [row | energy]})
            assert answer.status_code == 200, answer.text
        assert [running.client.get(path).status_code for path in ("/", "/metrics", "/plants/fjord/now")] == [200] * 3
        assert "Traceback" not in running.log


def test_the_listener_seeks_both_kinds_of_sources(tmp_path: Path) -> None:
    nobody = {"mqtt": {"site": {"host": "127.0.0.1", "port": 1, "topics": ["{plant}/{tag}"], "format": "json"}}}
    nobody["opcua"] = {
        "dcs": {"url": "opc.tcp://127.0.0.1:1", "plant": "fjord", "nodes": {"FJ1.FT101": "ns=2;s=FT101"}}
    }
    project, listeners = make_listening(tmp_path / "site", **nobody), Listeners()
    process = listeners.start(project, connections=0, **hide_others("listen", tmp_path / "hide"))
    try:
        wait(lambda: read_log(project).count('"not_connected"') >= 2 or process.poll() is not None)
        process.terminate()
        assert process.wait(30) == 0, read_log(project)
    finally:
        listeners.end_all()
    assert "is not installed" not in read_log(project)
    assert "Traceback" not in read_log(project)


def test_a_project_is_made_and_upgraded_with_what_new_brings(tmp_path: Path) -> None:
    variables = {**os.environ, **hide_others("new", tmp_path / "hide"), "GIT_CONFIG_GLOBAL": str(tmp_path / "config")}
    (tmp_path / "config").write_text("[user]\n\tname = Ann\n\temail = ann@example.org\n", encoding="utf-8")
    command = [str(Path(sys.executable).with_name("elc"))]
    make = [*command, "new", str(tmp_path / "plants"), "--package", "elc==0.1.0"]
    subprocess.run(make, env=variables, check=True, capture_output=True)
    upgrade = [*command, "upgrade", "--package", "elc==0.2.0"]
    done = subprocess.run(upgrade, cwd=tmp_path / "plants", env=variables, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "+elc==0.2.0" in git(tmp_path / "plants", "diff")

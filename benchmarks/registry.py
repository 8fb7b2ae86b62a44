"""What the registry costs: 10,000 tags of 50 plants beside GTO and Git alone, and a rollback with its deploy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from benchmarks.figures import Cost, Figure, run
from elc.paths import Project
from elc.registry.events import build_message
from elc.registry.names import APPROVED, build_name
from tests.pipeline import registry_project as made
from tests.unit.registry.keys import Key, commit_signers, configure_signing, make_key
from tests.unit.registry.keys import run as run_git

ROOT = Path(__file__).resolve().parents[1]
PLANTS, VERSIONS = 50, 40
TINY = {"PLANTS": 2, "VERSIONS": 2}
STAGES = (APPROVED, "dev", "test", "prod")
START = 1_700_000_000
AUDIT = """
from elc import registry
from elc.paths import find_project
from elc.registry.audit import audit
assert audit(registry.read_context(find_project()), is_deep=False) == []
"""


def measure() -> Iterator[Figure]:
    """Measure in temporary repositories; GTO has a tenth of the tags, for its time grows faster than their number."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from _measure_imports(folder)
        yield from _measure_many(folder / "many")
        yield from _measure_gto(folder / "few")
        yield from _measure_rollback(folder / "life")


def _measure_imports(folder: Path) -> Iterator[Figure]:
    empty = _find_best(folder, sys.executable, "-c", "pass")
    for module in ("elc", "elc.cli.main", "elc.registry"):
        yield _build(f"import {module}", _find_best(folder, sys.executable, "-c", f"import {module}"), "python", empty)


def _measure_many(folder: Path) -> Iterator[Figure]:
    """Measure reading, unsigned and then with the newest approval and promotion of each plant signed."""
    plants = make_tags(folder, PLANTS)
    git = _find_best(folder, "git", "for-each-ref", "--format=%(refname) %(contents)", "refs/tags")
    case = f"{PLANTS * VERSIONS * (1 + len(STAGES)):,} tags"
    yield _build(f"git for-each-ref, {case}", git)
    commands = {"elc models": (), f"elc models {plants[0]}": (plants[0],)}
    for words, more in commands.items():
        yield _build(f"{words}, {case}", _find_best(folder, "elc", "models", *more), "git for-each-ref", git)
    yield _build(f"audit, {case}", _find_best(folder, sys.executable, "-c", AUDIT), "git for-each-ref", git)
    sign(folder, plants, make_key(folder.parent / "keys", "ann"))
    for words, more in commands.items():
        cost = _find_best(folder, "elc", "models", *more)
        yield _build(f"{words}, prod signed", cost, "git for-each-ref", git)


def _measure_gto(folder: Path) -> Iterator[Figure]:
    count = max(PLANTS // 10, 1)
    make_tags(folder, count)
    case = f"{count * VERSIONS * (1 + len(STAGES)):,} tags"
    own = _find_best(folder, "elc", "models")
    yield _build(f"elc models, {case}", own)
    yield _build(f"gto show, {case}", run(folder, "gto", "show"), "elc models", own)


def _measure_rollback(folder: Path) -> Iterator[Figure]:
    """Measure going back, deploy included, from a cache that holds the package and from a remote that does."""
    if not Project(ROOT).model("fjord").is_dir():
        sys.exit("benchmark registry: models/fjord was not found. Make it: make demo")
    project = made.make_project(folder / "project", Project(ROOT))
    run(project.root, "dvc", "remote", "add", "--quiet", "--default", "store", str(folder / "store"))
    made.edit_environments(project, **{name: {"tests": []} for name in ("dev", "test", "prod")})
    for number in range(2):
        (project.model("fjord") / "model.keras").write_bytes(os.urandom(3_000_000))
        made.rehash(project.model("fjord"))
        made.record(project, "fjord")
        version = f"v1.{number}.0"
        made.elc(project, "register", "fjord")
        made.elc(project, "approve", "fjord", version, "--reason", "better")
        for name in ("dev", "test", "prod"):
            made.elc(project, "promote", "fjord", version, "--env", name)
    made.elc(project, "deploy", "--env", "prod")
    back = ("elc", "rollback", "fjord", "--env", "prod", "--to")
    yield _build("rollback, deploy, 3 MB", run(project.root, *back, "v1.0.0"))
    subprocess.run(["rm", "-r", str(project.root / ".dvc" / "cache")], check=True)
    yield _build("the same, from a remote", run(project.root, *back, "v1.1.0"))


def make_tags(folder: Path, count: int) -> list[str]:
    """Make a repository with `count` plants of 40 versions, each registered, approved, and in three environments."""
    plants = [f"plant_{index:02d}" for index in range(count)]
    folder.mkdir(parents=True)
    made.git(folder, "init", "--quiet", "--initial-branch=main")
    for key, value in {"user.name": "Ann", "user.email": "ann@example.org", "gc.auto": "0"}.items():
        made.git(folder, "config", key, value)
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["plants"] = dict.fromkeys(plants, params["plants"]["fjord"])
    params["simulate"]["plants"] = {}
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    (folder / "dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
    stream = "".join(_write_plant(plant, index) for index, plant in enumerate(plants))
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input=stream.encode(), check=True)
    made.git(folder, "add", "params.yaml", "dvc.yaml")
    made.git(folder, "commit", "--quiet", "--message", "settings")
    return plants


def _write_plant(plant: str, index: int) -> str:
    """Write the commits and tags of a plant for `git fast-import`, a tag every hour."""
    lines, number = [], 0
    for minor in range(VERSIONS):
        version, mark = f"v1.{minor}.0", index * VERSIONS + minor + 1
        fields = {"version": version, "package": f"{mark:032x}.dir", "sha256": f"{mark:064x}"}
        lock = {"train": {"cmd": "train", "outs": [{"path": f"models/{plant}", "md5": fields["package"]}]}}
        moment = START + (minor * (1 + len(STAGES)) * 3600) + index
        text = json.dumps({"schema": "2.0", "stages": lock})
        lines.append(f"commit refs/heads/train\nmark :{mark}\ncommitter Ann <ann@example.org> {moment} +0000\n")
        lines.append(f"data 5\ntrain\nM 100644 inline dvc.lock\ndata {len(text)}\n{text}\n")
        lines.append(_write_tag(build_name(plant, "register", version=version), mark, moment, fields))
        for stage in STAGES:
            number, moment = number + 1, moment + 3600
            more = {} if stage == APPROVED else {"environment": stage}
            name = build_name(plant, "assign", stage=stage, number=number)
            lines.append(_write_tag(name, mark, moment, {**fields, **more, "reason": "better at part load"}))
    return "".join(lines)


def _write_tag(name: str, mark: int, moment: int, fields: dict[str, str]) -> str:
    text = build_message(f"Tag {name}", fields)
    return f"tag {name}\nfrom :{mark}\ntagger Ann <ann@example.org> {moment} +0000\ndata {len(text)}\n{text}\n"


def sign(folder: Path, plants: list[str], key: Key) -> None:
    """Ask for signatures in prod, and approve and promote each plant's last version with one."""
    made.edit_environments(Project(folder), prod={"approval": "signed"})
    commit_signers(folder, f'ann@example.org namespaces="git" {key.text} approve=*@prod promote=*@prod')
    configure_signing(folder, key)
    minor = VERSIONS - 1
    for index, plant in enumerate(plants):
        mark, number = index * VERSIONS + minor + 1, VERSIONS * len(STAGES)
        fields = {"version": f"v1.{minor}.0", "package": f"{mark:032x}.dir", "sha256": f"{mark:064x}"}
        for stage, more in ((APPROVED, {}), ("prod", {"environment": "prod"})):
            number += 1
            name = build_name(plant, "assign", stage=stage, number=number)
            words = ("tag", "--sign", "--cleanup=verbatim", "--message", build_message("Signed", {**fields, **more}))
            when = f"{START + number * 10_000} +0000"
            run_git(folder, *words, name, f"{plant}@v1.{minor}.0^{{commit}}", GIT_COMMITTER_DATE=when)


def _find_best(folder: Path, *command: str) -> Cost:
    """Run a command three times; the quickest, for other work on the machine only adds."""
    return min((run(folder, *command) for _ in range(3)), key=lambda cost: cost.wall_s)


def _build(case: str, cost: Cost, reference: str | None = None, beside: Cost | None = None) -> Figure:
    ratio = cost.wall_s / beside.wall_s if beside else None
    return Figure("registry", case, "wall", cost.wall_s, "s", reference, ratio)

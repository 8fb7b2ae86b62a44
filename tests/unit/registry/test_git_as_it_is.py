"""Git as people have it: a checkout of another user, a project in a subfolder, other line ends, tags made by hand."""

from __future__ import annotations

import json
import resource
import subprocess
from pathlib import Path

import pytest

from elc.errors import ElcError
from elc.registry import deploy_all, promote_all, read_context, read_registry
from elc.registry.git import find_changes
from elc.registry.names import build_next
from elc.registry.storage import hash_content
from tests.conftest import ROOT
from tests.pipeline.clones import call
from tests.unit.registry.keys import make_repository, run
from tests.unit.registry.s3 import add_to_cache, start_repository
from tests.unit.registry.test_audit import History


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(make_repository(tmp_path / "project"))


def test_a_checkout_of_another_user_is_told_with_gits_own_reason(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(
        ElcError, match=r"Git does not read this repository: fatal: detected dubious ownership .*safe\."
    ):
        read_context(history.project)


def test_a_project_may_lie_in_a_subfolder(tmp_path: Path) -> None:
    top = make_repository(tmp_path / "works")
    (top / "plants").mkdir()
    (top / "notes.txt").write_text("one")
    run(top, "add", "notes.txt")
    history = History(top / "plants")
    history.register("fjord", "v1.0.0")
    history.place("fjord", "v1.0.0", "dev")
    call(history.project, "approve", "fjord", "v1.0.0", "--reason", "good")
    assert call(history.project, "audit").startswith("The registry is sound")
    (top / "notes.txt").write_text("two")
    (top / "plants" / "dvc.yaml").write_text("stages: {}  # none\n")
    assert find_changes(history.root) == find_changes(history.root, "dvc.yaml") == ["dvc.yaml"]


def test_bytes_are_the_same_on_a_clone_that_changes_line_ends(tmp_path: Path) -> None:
    """DVC compares tag lists and notebooks by their bytes; without the rule a clone would find all of them changed."""
    files = {"data/plants/fjord/tags.csv": b"tag,column\nA,b\n", "notebooks/10_ingest.ipynb": b"{}\n"}
    files["data/plants/delta/tags.csv"] = b"tag,column\r\nA,b\r\n"
    for name, rule in {"without": b"", "with": (ROOT / ".gitattributes").read_bytes()}.items():
        root = make_repository(tmp_path / name)
        for path, content in {**files, ".gitattributes": rule}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        run(root, "add", "--all")
        run(root, "commit", "--quiet", "--message", "files")
        run(tmp_path, "clone", "--quiet", "--config", "core.autocrlf=true", name, f"{name}_cloned")
        same = [(tmp_path / f"{name}_cloned" / path).read_bytes() == content for path, content in files.items()]
        assert all(same) if rule else not any(same[:2])


def test_what_is_made_by_hand_is_told_and_passed_over(history: History) -> None:
    history.register("fjord", "v1.0.0")
    history.promote("fjord", "v1.0.0", "dev")
    history.register("fjord", "v1.2.0-rc.1")
    history.register("fjord", "v1.3.0", locked="0" * 32 + ".dir")
    history.tag("fjord@v9.0.0", history.commit("params.yaml"), {})
    passed = "records no package, so it was not made by elc register"
    moves = list(promote_all(read_context(history.project), "dev"))
    assert [(move.version, move.state) for move in moves] == [
        *(("v9.0.0", "passed over"), ("v1.3.0", "passed over"), ("v1.2.0-rc.1", "passed over")),
    ]
    assert [move.text[:20] for move in moves] == [f"it {passed}"[:20], "fjord v1.3.0: tag fj", "it is a pre-release"]
    said = call(history.project, "promote", "--all", "--env", "dev")
    assert said.endswith("nothing to promote: dev already has the versions that are due\n")
    fleet = json.loads(call(history.project, "models", "--json"))["plants"][0]
    assert fleet["latest"] == "v1.3.0"
    assert [problem["sentence"] for problem in fleet["problems"]] == [
        "tag fjord@v1.2.0-rc.1 is a pre-release; it is passed over.",
        f"tag fjord@v9.0.0 {passed}; it is passed over.",
    ]
    # The next number follows those that were registered, not those that somebody made up.
    versions = read_registry(history.root).line("fjord").versions
    assert build_next([name for name, version in versions.items() if not version.fault], "minor") == "v1.4.0"


def test_a_full_disk_is_told_and_stops_no_other_plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DVC_SITE_CACHE_DIR", "DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    start_repository(tmp_path / "project")
    history = History(tmp_path / "project")
    for plant, size in {"fjord": 2_000_000, "delta": 10}.items():
        folder = history.project.model(plant)
        folder.mkdir(parents=True)
        (folder / "card.json").write_text(json.dumps({"plant": plant}))
        (folder / "model.onnx").write_bytes(b"0" * size)
        package = add_to_cache(history.root, f"models/{plant}")
        history.register(plant, "v1.0.0", package=package, sha256=hash_content(folder, without=()))
        history.promote(plant, "v1.0.0", "dev")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
    try:
        lines = dict(zip(("fjord", "delta"), deploy_all(read_context(history.project), "dev", []), strict=False))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    said, is_fault = lines["fjord"]
    assert is_fault
    assert said.startswith("fjord: not deployed; what was there stays. ")
    assert "cannot be written, the disk is full (File too large)" in said
    assert lines["delta"] == ("delta: v1.0.0 deployed", False)
    left = subprocess.run(["ls", "-A", history.root / "deployed" / "dev"], capture_output=True, text=True, check=True)
    assert left.stdout.split() == [".delta.lock", ".fjord.lock", "delta"]

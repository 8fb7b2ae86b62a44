"""Deployed: a package is laid down whole or not at all, and what is read back is what was deployed, for that plant."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from elc.errors import ElcError
from elc.files import replace_folder
from elc.paths import Project
from elc.records.assignment import Assignment
from elc.registry import storage
from elc.registry.deployed import (
    Used,
    deploy_package,
    find_folder,
    find_used,
    read_deployed,
    remove_deployed,
)
from tests.unit.registry.s3 import add_folder_remote, add_to_cache, start_repository

ENVIRONMENTS = ("dev", "test", "prod")
DEPLOY = "Run `elc deploy --env prod`"


def write_model(project: Project, plant: str, text: str) -> None:
    folder = project.model(plant)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "card.json").write_text(json.dumps({"plant": plant}))
    (folder / "model.onnx").write_text(text)


def assign(project: Project, plant: str, version: str) -> Assignment:
    """Put the candidate of a plant into the cache and assign it to prod."""
    package = add_to_cache(project.root, f"models/{plant}")
    content = storage.hash_content(project.model(plant), without=())
    return Assignment(
        plant=plant,
        environment="prod",
        version=version,
        commit="c" * 40,
        tag=f"{plant}#prod#1",
        oid="0" * 40,
        package=package,
        sha256=content,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Assignment]]:
    project = Project(tmp_path_factory.mktemp("made"))
    start_repository(project.root)
    made = {}
    for plant, version in (("delta", "v1.0.0"), ("fjord", "v1.0.0"), ("fjord", "v1.1.0")):
        write_model(project, plant, f"{plant} {version}")
        made[f"{plant} {version}"] = assign(project, plant, version)
    return project.root, made


@pytest.fixture
def project(made: tuple[Path, dict[str, Assignment]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in ("DVC_SITE_CACHE_DIR", "DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    return Project(Path(shutil.copytree(made[0], tmp_path / "root")))


@pytest.fixture
def first(made: tuple[Path, dict[str, Assignment]]) -> Assignment:
    return made[1]["fjord v1.0.0"]


@pytest.fixture
def second(made: tuple[Path, dict[str, Assignment]]) -> Assignment:
    return made[1]["fjord v1.1.0"]


def read_model(project: Project) -> str:
    return (find_folder(project.deployed("prod", "fjord")) / "model.onnx").read_text()


def test_package_is_deployed_once_and_replaced(project: Project, first: Assignment, second: Assignment) -> None:
    assert read_deployed(project, "prod", "fjord") is None
    assert deploy_package(project, first, remote=None)
    assert not deploy_package(project, first, remote=None)
    assert read_deployed(project, "prod", "fjord") == first
    assert deploy_package(project, second, remote=None)
    assert read_deployed(project, "prod", "fjord") == second
    assert read_model(project) == "fjord v1.1.0"
    folder = project.deployed("prod", "fjord")
    assert sorted(path.name for path in folder.iterdir()) == ["card.json", "deployed.json", "model.onnx"]
    assert json.loads((folder / "deployed.json").read_text()) == second.model_dump()
    assert sorted(path.name for path in folder.parent.iterdir()) == [".fjord.lock", "fjord"]


def test_same_package_by_another_tag_is_recorded(project: Project, first: Assignment) -> None:
    deploy_package(project, first, remote=None)
    again = first.model_copy(update={"tag": "fjord#prod#9"})
    assert deploy_package(project, again, remote=None)
    assert read_deployed(project, "prod", "fjord") == again


def test_package_comes_from_the_remote(project: Project, first: Assignment, tmp_path: Path) -> None:
    add_folder_remote(project.root, "store", tmp_path / "store")
    storage.push_package(project.root, first.package, "store")
    shutil.rmtree(project.root / ".dvc" / "cache")
    assert deploy_package(project, first, remote="store")
    assert read_deployed(project, "prod", "fjord") == first


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sha256": "0" * 64}, "It is not what was registered"),
        ({"package": "0" * 32 + ".dir"}, "the list of its files is missing from the cache"),
        ({"plant": "fjord", "package": "delta"}, "is one of plant 'delta', expected 'fjord'. It was not deployed"),
    ],
)
def test_what_fails_leaves_what_was_there(
    project: Project,
    first: Assignment,
    made: tuple[Path, dict[str, Assignment]],
    change: dict[str, str],
    words: str,
) -> None:
    deploy_package(project, first, remote=None)
    wrong = first.model_copy(update=change)
    if change.get("package") == "delta":
        delta = made[1]["delta v1.0.0"]
        wrong = first.model_copy(update={"package": delta.package, "sha256": delta.sha256})
    with pytest.raises(ElcError, match=words):
        deploy_package(project, wrong, remote=None)
    assert read_deployed(project, "prod", "fjord") == first
    assert sorted(path.name for path in (project.root / "deployed" / "prod").iterdir()) == [".fjord.lock", "fjord"]


def test_package_without_a_card_is_refused(project: Project) -> None:
    write_model(project, "fjord", "third")
    (project.model("fjord") / "card.json").write_text("[]")
    with pytest.raises(ElcError, match=r"has no card\.json that names its plant"):
        deploy_package(project, assign(project, "fjord", "v1.2.0"), remote=None)


@pytest.mark.parametrize("change", ["alter", "remove", "add"])
def test_changed_folder_is_refused_and_deployed_anew(project: Project, first: Assignment, change: str) -> None:
    deploy_package(project, first, remote=None)
    model = project.deployed("prod", "fjord") / "model.onnx"
    {"alter": lambda: model.write_text("x"), "remove": model.unlink, "add": model.with_name("more").touch}[change]()
    words = r"its files are not those of v1\.0\.0: one was changed, added or removed since\. The content hash is"
    with pytest.raises(ElcError, match=words) as caught:
        read_deployed(project, "prod", "fjord")
    assert DEPLOY in str(caught.value)
    with pytest.raises(ElcError, match=words):
        find_used(project, "fjord", environment="prod", environments=ENVIRONMENTS)
    assert deploy_package(project, first, remote=None)
    assert read_deployed(project, "prod", "fjord") == first


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (None, "cannot be read"),
        ("{", "deployed.json: not readable as JSON"),
        ("[]", r"deployed\.json: holds \[\], expected a record of Assignment"),
        ({"version": 1}, "version is 1, expected a valid string"),
        ({"plant": "delta"}, "holds delta for prod, expected fjord for prod"),
        ({"environment": "dev"}, "holds fjord for dev, expected fjord for prod"),
    ],
)
def test_record_that_is_none_is_refused(
    project: Project, first: Assignment, record: str | dict[str, object] | None, words: str
) -> None:
    deploy_package(project, first, remote=None)
    path = project.deployed("prod", "fjord") / "deployed.json"
    path.unlink()
    if record is not None:
        path.write_text(record if isinstance(record, str) else json.dumps(first.model_dump() | record))
    with pytest.raises(ElcError, match=words) as caught:
        read_deployed(project, "prod", "fjord")
    assert DEPLOY in str(caught.value)


def test_folder_of_another_plant_is_refused(project: Project, first: Assignment) -> None:
    deploy_package(project, first, remote=None)
    shutil.copytree(project.deployed("prod", "fjord"), project.deployed("prod", "delta"))
    with pytest.raises(ElcError, match="holds fjord for prod, expected delta for prod"):
        read_deployed(project, "prod", "delta")


def test_run_killed_between_the_renames_leaves_the_former(
    project: Project, first: Assignment, second: Assignment
) -> None:
    deploy_package(project, first, remote=None)
    folder = project.deployed("prod", "fjord")
    former = folder.with_name(".fjord.old")
    folder.rename(former)
    folder.with_name(".fjord.new").mkdir()
    assert read_deployed(project, "prod", "fjord") == first
    used = find_used(project, "fjord", environment="prod", environments=ENVIRONMENTS)
    assert used == Used(former, "prod", "v1.0.0", first.sha256, f"{first.tag} {first.oid}")
    assert deploy_package(project, first, remote=None), "it is put where it belongs"
    assert (read_model(project), former.exists()) == ("fjord v1.0.0", False)
    folder.rename(former)
    assert deploy_package(project, second, remote=None)
    assert read_deployed(project, "prod", "fjord") == second


def test_folder_that_is_swapped_while_it_is_read_is_read_again(
    project: Project, first: Assignment, second: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy_package(project, first, remote=None)
    hash_content, swapped = storage.hash_content, []

    def swap(folder: Path, *, without: tuple[str, ...]) -> str:
        if not swapped:
            swapped.append(True)
            deploy_package(project, second, remote=None)
        return hash_content(folder, without=without)

    monkeypatch.setattr("elc.registry.deployed.storage.hash_content", swap)
    assert read_deployed(project, "prod", "fjord") == second


def test_reader_beside_many_swaps_sees_one_or_the_other(
    project: Project, first: Assignment, second: Assignment, tmp_path: Path
) -> None:
    """Another process swaps the two; each read gives one of them, whole."""
    for assignment in (first, second):
        deploy_package(project, assignment, remote=None)
        shutil.copytree(project.deployed("prod", "fjord"), tmp_path / assignment.version)
    script = (
        "import shutil, sys; from pathlib import Path; from elc.files import replace_folder\n"
        "for n in range(100):\n"
        "    with replace_folder(Path(sys.argv[1])) as fresh:\n"
        "        shutil.copytree(sys.argv[2 + n % 2], fresh, dirs_exist_ok=True)\n"
    )
    folders = [str(project.deployed("prod", "fjord")), str(tmp_path / "v1.0.0"), str(tmp_path / "v1.1.0")]
    with subprocess.Popen([sys.executable, "-c", script, *folders]) as swapping:
        seen = [read_deployed(project, "prod", "fjord")]
        while swapping.poll() is None:
            seen.append(read_deployed(project, "prod", "fjord"))
    assert set(seen) <= {first, second}


def test_stages_read_the_candidate_or_what_is_deployed_where_they_are_told(project: Project, first: Assignment) -> None:
    used = find_used(project, "fjord", environment="", environments=ENVIRONMENTS)
    assert used == Used(project.model("fjord"), "", "", "", "")
    assert used.label == "candidate, not approved"
    deploy_package(project, first.model_copy(update={"environment": "dev"}), remote=None)
    assert find_used(project, "fjord", environment="", environments=ENVIRONMENTS).label == "candidate, not approved"
    used = find_used(project, "fjord", environment="dev", environments=ENVIRONMENTS)
    assert used == Used(project.deployed("dev", "fjord"), "dev", "v1.0.0", first.sha256, f"{first.tag} {first.oid}")
    with pytest.raises(ElcError, match=r"plant fjord: nothing is deployed in test, expected a version in .*test/fjord"):
        find_used(project, "fjord", environment="test", environments=ENVIRONMENTS)
    with pytest.raises(ElcError, match=r"environment 'prd' is not in params\.yaml; did you mean prod"):
        find_used(project, "fjord", environment="prd", environments=ENVIRONMENTS)


@pytest.mark.parametrize("state", ["whole", "swapping", "swapped"])
def test_removed_is_gone(project: Project, first: Assignment, state: str) -> None:
    remove_deployed(project, "prod", "fjord")
    deploy_package(project, first, remote=None)
    folder = project.deployed("prod", "fjord")
    former = folder.with_name(".fjord.old")
    if state == "swapping":
        folder.rename(former)
    elif state == "swapped":
        shutil.copytree(folder, former)
    remove_deployed(project, "prod", "fjord")
    assert read_deployed(project, "prod", "fjord") is None
    assert [path.name for path in folder.parent.iterdir()] == [".fjord.lock"]
    with replace_folder(folder) as fresh:
        assert list(fresh.iterdir()) == []

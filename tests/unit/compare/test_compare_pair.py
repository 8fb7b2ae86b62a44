"""Which two packages are compared, and which are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from elc import compare, registry
from elc.errors import ElcError
from elc.paths import Project

Write = Callable[..., Path]


def test_packages_of_two_plants_or_of_one_name_are_refused(write_package: Write) -> None:
    left, right = write_package("left"), write_package("right", card={"plant": "delta"})
    wanted = (
        r"^compare \S+left with \S+right: 2 faults\n"
        r"  - v1\.0\.0 is of plant fjord, v1\.0\.0 of delta\. Expected one plant\.\n"
        r"  - both packages are called v1\.0\.0\. Give each a name of its own\.$"
    )
    with pytest.raises(ElcError, match=wanted):
        compare.build_pair(left, "v1.0.0", right, "v1.0.0")


def test_a_package_that_does_not_say_what_it_learnt_from_is_refused(write_package: Write) -> None:
    folder = write_package("left", card={"trained_on": {}})
    with pytest.raises(ElcError, match=r"left: card\.json has no trained_on, expected what .*Train the plant again"):
        compare.build_pair(folder, "candidate", None, "")


def test_an_altered_package_is_refused(write_package: Write) -> None:
    folder = write_package("left")
    (folder / "precedents.parquet").write_bytes(b"")
    with pytest.raises(ElcError, match=r"precedents\.parquet is not the file that was trained"):
        compare.build_pair(folder, "candidate", None, "")


class Registry:
    """Stands where the registry does: versions in folders, and what each environment follows."""

    def __init__(self, folders: dict[str, Path], followed: dict[str, str]) -> None:
        self.folders = folders
        self.followed = followed
        self.settings = SimpleNamespace(environments=dict.fromkeys(("dev", "test", "prod")))

    def open_version(self, _: Project, __: str, version: str) -> Any:
        return SimpleNamespace(folder=self.folders[version], sha256="", version=version)

    def find_used(self, project: Project, plant: str, *, environment: str) -> Any:
        folder, label = project.deployed(environment, plant), f"v9.0.0 in {environment}"
        return SimpleNamespace(folder=folder, sha256="", version="v9.0.0", label=label)

    def environment(self, name: str) -> None:
        if name not in self.settings.environments:
            raise ElcError(f"params.yaml: environment {name} is unknown")

    def follow(self, _: str, environment: str) -> Any:
        version = self.followed.get(environment)
        return SimpleNamespace(version=SimpleNamespace(version=version) if version else None)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[Registry], None]:
    """Put a registry in the place of the project's."""

    def install(stand_in: Registry) -> None:
        for name in ("open_version", "find_used"):
            monkeypatch.setattr(registry, name, getattr(stand_in, name))
        monkeypatch.setattr(registry, "read_context", lambda _: stand_in)

    return install


@pytest.fixture
def project(tmp_path: Path, write_package: Write) -> Project:
    found = Project(tmp_path)
    (tmp_path / "models").mkdir()
    write_package("models/fjord")
    return found


def test_the_candidate_stands_beside_what_the_highest_environment_has(
    project: Project, write_package: Write, install: Callable[[Registry], None]
) -> None:
    folder = write_package("old", shift=1.0)
    install(Registry({"v1.0.0": folder}, {"dev": "v1.1.0", "test": "v1.0.0"}))
    pair = compare.read_pair(project, "fjord", version="", environment="")
    assert (pair.left.label, pair.right and pair.right.label) == ("candidate", "v1.0.0 in test")


def test_what_is_deployed_counts_where_no_tag_is_followed(
    project: Project, write_package: Write, install: Callable[[Registry], None]
) -> None:
    project.deployed("prod", "fjord").parent.mkdir(parents=True)
    write_package("deployed/prod/fjord", shift=1.0)
    install(Registry({"v1.2.0": write_package("new", shift=2.0)}, {"test": "v1.0.0"}))
    pair = compare.read_pair(project, "fjord", version="v1.2.0", environment="prod")
    assert (pair.left.label, pair.right and pair.right.label) == ("v1.2.0", "v9.0.0 in prod")


def test_the_version_in_use_is_not_compared_with_itself(
    project: Project, write_package: Write, install: Callable[[Registry], None]
) -> None:
    install(Registry({"v1.0.0": write_package("old")}, {"prod": "v1.0.0"}))
    with pytest.raises(ElcError, match=r"^compare fjord: v1\.0\.0 in prod is the version in use itself, expected ano"):
        compare.read_pair(project, "fjord", version="v1.0.0", environment="")


def test_nothing_in_use_and_unknown_environments(project: Project, install: Callable[[Registry], None]) -> None:
    install(Registry({}, {}))
    assert compare.read_pair(project, "fjord", version="", environment="").right is None
    with pytest.raises(ElcError, match="environment prd is unknown"):
        compare.read_pair(project, "fjord", version="", environment="prd")


def test_a_candidate_of_another_plant_is_refused(
    project: Project, write_package: Write, install: Callable[[Registry], None]
) -> None:
    write_package("models/delta")
    install(Registry({}, {}))
    with pytest.raises(ElcError, match=r"models/delta: is of plant fjord, expected delta\. Train delta again\."):
        compare.read_pair(project, "delta", version="", environment="")

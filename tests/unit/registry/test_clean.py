"""Other readers of the registry and its store: DVC finds each version by its plant, and no collector takes one away."""

from __future__ import annotations

import contextlib
import json
import shutil
import warnings
from pathlib import Path

import dvc.api
import pytest
from dvc.repo import Repo

from elc.errors import ElcError
from elc.plants.artifacts import add_artifact
from elc.registry import clean, deploy_plant, read_context
from elc.registry.storage import find_whole, hash_content
from tests.pipeline.clones import call
from tests.unit.registry.keys import run
from tests.unit.registry.s3 import add_folder_remote, start_repository
from tests.unit.registry.test_audit import History

PIPELINE = """\
stages:
  train:
    foreach: [fjord]
    do:
      cmd: "true"
      outs:
        - models/${item}
"""


class Store(History):
    """A project of Git and DVC with a remote that is a folder; each package that it makes is one that DVC tracks."""

    def __init__(self, root: Path) -> None:
        start_repository(root)
        add_folder_remote(root, "store", root.parent / "store")
        super().__init__(root)
        (root / ".gitignore").write_text("/models/*/\n/deployed/\n")
        (root / "dvc.yaml").write_text(PIPELINE)
        add_artifact(self.project, "fjord")
        self.commit(".")

    def make(self, text: str) -> dict[str, str]:
        """Make a package of fjord, as if it had just been trained, and push it."""
        folder = self.project.model("fjord")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "card.json").write_text(json.dumps({"plant": "fjord"}))
        (folder / "model.onnx").write_text(text)
        # DVC finds a stage by the folder in which it runs; pygtrie, of DVC, warns.
        with warnings.catch_warnings(action="ignore"), contextlib.chdir(self.root), Repo() as repo:
            repo.commit("train@fjord", force=True)
            repo.push()
        (stage,) = [line for line in (self.root / "dvc.lock").read_text().splitlines() if ".dir" in line]
        return {"package": stage.split()[-1], "sha256": hash_content(folder, without=())}

    def make_version(self, version: str) -> dict[str, str]:
        made = self.make(version)
        self.register("fjord", version, commit=self.commit("dvc.lock"), **made)
        return made

    def find_there(self, package: str) -> bool:
        return (self.root.parent / "store" / "files" / "md5" / package[:2] / package[2:]).is_file()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, dict[str, dict[str, str]]]:
    """Two versions, the first in dev; then a package that was committed only, one that never was, and the last."""
    store = Store(tmp_path_factory.mktemp("made") / "project")
    made = {version: store.make_version(version) for version in ("v1.0.0", "v1.1.0")}
    store.promote("fjord", "v1.0.0", "dev")
    made["committed"] = store.make("committed")
    store.commit("dvc.lock")
    made["tried"] = store.make("tried")
    made["last"] = store.make("last")
    store.commit("dvc.lock")
    return store, made


@pytest.fixture(autouse=True)
def keep_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DVC_SITE_CACHE_DIR", "DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))


def test_dvc_finds_a_version_by_the_name_of_its_plant(
    made: tuple[Store, dict[str, dict[str, str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = made
    shown = dvc.api.artifacts_show("fjord", version="v1.0.0", repo=str(store.root))
    assert shown == {"rev": store.versions["fjord v1.0.0"]["commit"], "path": "models/fjord"}
    assert dvc.api.artifacts_show("fjord", repo=str(store.root))["rev"] == store.versions["fjord v1.1.0"]["commit"]
    assert dvc.api.artifacts_show("fjord", stage="dev", repo=str(store.root)) == shown
    monkeypatch.chdir(tmp_path)
    with Repo(str(store.root)) as repo:
        count, out = repo.artifacts.get(str(store.root), "fjord", version="v1.0.0", out=str(tmp_path / "got"))
    assert count == 2
    assert (tmp_path / "got" / "model.onnx").read_text() == "v1.0.0", out


def test_what_versions_need_is_kept_and_the_rest_goes(made: tuple[Store, dict[str, dict[str, str]]]) -> None:
    """Run last: it removes what the others might read."""
    store, packages = made
    keys = {name: it["package"] for name, it in packages.items()}

    def find_names() -> set[str]:
        whole = find_whole(store.root, set(keys.values()))
        return {name for name, package in keys.items() if package in whole}

    assert find_names() == set(keys)
    said = call(store.project, "gc", "--dry")
    assert said.startswith("Would remove 4 objects from repo cache.\n2 packages of versions are kept")
    assert find_names() == set(keys)
    assert "2 packages of versions are kept, 2 of them in the cache." in call(store.project, "gc", "--yes")
    assert find_names() == {"v1.0.0", "v1.1.0", "last"}
    assert all(store.find_there(package) for package in keys.values())
    call(store.project, "gc", "--remote", "store", "--yes")
    assert {name for name, package in keys.items() if store.find_there(package)} == keys.keys() - {"tried"}
    # DVC's own collector, told of the workspace alone, takes the versions away; here the remote still has them.
    with Repo(str(store.root)) as repo:
        repo.gc(workspace=True)
    assert find_names() == {"last"}
    assert deploy_plant(read_context(store.project), "fjord", "dev") == "fjord: v1.0.0 deployed"


def test_nothing_goes_where_versions_are_not_known(
    made: tuple[Store, dict[str, dict[str, str]]], tmp_path: Path
) -> None:
    store = History.__new__(History)
    store.root = Path(shutil.copytree(made[0].root, tmp_path / "project"))
    run(store.root, "clone", "--quiet", "--bare", str(store.root), str(tmp_path / "origin"))
    run(store.root, "remote", "add", "origin", str(tmp_path / "origin"))
    run(store.root, "tag", "--delete", "fjord@v1.1.0")
    context = read_context(type(made[0].project)(store.root))
    words = r"origin has 1 tags that are not here, such as fjord@v1\.1\.0, so versions would be taken for garbage"
    with pytest.raises(ElcError, match=words):
        clean(context, remote=None, is_dry=False)
    run(store.root, "fetch", "--quiet", "--tags", "origin")
    (tmp_path / "origin").rename(tmp_path / "away")
    context = read_context(context.project)
    with pytest.raises(ElcError, match=r"Git remote origin does not answer"):
        clean(context, remote="store", is_dry=False)
    assert clean(context, remote=None, is_dry=True)[-1].startswith("2 packages of versions are kept")

"""A whole project on a tiny configuration, built once: the same files, plants and stages, fewer days and epochs."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from ruamel.yaml import YAML

from elc import settings
from elc.pages import language
from elc.paths import Project
from tests import kept

ROOT = Path(__file__).resolve().parents[1]
# All three plants run at the end of these days, and for a day more; on the second fjord trips.
TINY = {"days": 147, "epochs": 40, "patience": 10}
PLANTS = ("fjord", "delta", "steppe")
# What takes longest comes first: where one came last, one process would be left with it while the others have ended.
LONGEST = (
    "test_lived",
    "test_pulls",
    "test_hourly",
    "test_lab",
    "test_escalante",
    "test_live",
    "test_life",
    "test_newest",
    "test_reproduce",
    "test_kill",
    "test_dependencies",
    "test_engines",
    "test_service",
    "test_train_package",
)
# How long one example takes says more of the machine than of the code.
hypothesis.settings.register_profile("elc", deadline=None)
hypothesis.settings.load_profile("elc")


# shap would compile its loops for seconds, to go through twenty hours with them once.
os.environ.setdefault("NUMBA_DISABLE_JIT", "1")
# A third of the time that it takes to import all tests, TensorFlow among them, would go into looking for garbage.
gc.disable()


def pytest_collection_finish() -> None:
    """Leave what is imported for good out of every later look for garbage, and of those at the end, of seconds each."""
    gc.freeze()
    gc.enable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--leave-long", action="store_true", help="skip what is marked long: `make test-long` runs it")


def pytest_xdist_auto_num_workers() -> int:
    """Half as many processes again as there are cores: tests wait for servers, browsers and commands, too."""
    return max((os.cpu_count() or 1) * 3 // 2, 1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the longest tests; those that need no demo project come last, where another process begins."""
    for item in items:
        if "unit" in item.path.relative_to(ROOT).parts and "demo_project" in getattr(item, "fixturenames", ()):
            raise pytest.UsageError(f"{item.nodeid}: needs a run of the pipeline. Move it to tests/pipeline.")
        mark = item.get_closest_marker("long")
        if mark and config.getoption("--leave-long"):
            item.add_marker(pytest.mark.skip(reason=f"left to `make test-long`: {mark.kwargs['reason']}"))
    items.sort(key=_find_rank)


def _find_rank(item: pytest.Item) -> tuple[int, bool]:
    place = LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST)
    return place, "demo_project" not in getattr(item, "fixturenames", ())


def copy_project(folder: Path) -> Project:
    """Copy the files that Git knows or would know, with the tiny configuration, into a repository of their own."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file() and name != "dvc.lock":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    _write_tiny(folder / "params.yaml")
    _start_git(folder)
    return Project(folder)


def copy_settings(folder: Path) -> Project:
    """Copy what says which plants there are, and nothing else, into a repository of its own: a project in a blink."""
    for name in ("params.yaml", "dvc.yaml", "dvc.lock", ".dvc/config", ".dvc/.gitignore", ".dvcignore", ".gitignore"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    _start_git(folder)
    return Project(folder)


def _start_git(folder: Path) -> None:
    git(folder, "init", "--quiet")
    git(folder, "config", "user.email", "test@example.org")
    git(folder, "config", "user.name", "Test")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "tiny")


def _write_tiny(path: Path) -> None:
    editor = YAML()
    params = editor.load(path)
    params["simulate"]["days"] = TINY["days"]
    for plant in params["simulate"]["plants"].values():
        plant["turnaround_day"] = 0
    for plant in params["plants"].values():
        plant["train_until"] = "2024-11-10"
        plant["turnarounds"] = plant["turnarounds"][:1]  # the one before the data
    params["train"]["epochs"] = TINY["epochs"]
    params["train"]["patience"] = TINY["patience"]
    editor.dump(params, path)


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder."""
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of this environment (dvc, elc, pytest) in a folder; the result is not checked."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)


def is_up_to_date(project: Project, *stages: str) -> bool:
    """Tell whether DVC finds nothing to do but what it always does: write which code the stages run, and the site."""
    said = run(project.root, "dvc", "status", *stages).stdout
    return "up to date" in said or set(said.split()) <= {"code:", "render:", "always", "changed"}


@pytest.fixture(autouse=True)
def speak_english() -> Iterator[None]:
    """Leave the language and the plant that a test chose behind, so that the next one speaks English, in GJ."""
    yield
    language.choose(language.ENGLISH)
    language.choose_plant("GJ")


@pytest.fixture(scope="session")
def demo_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The tiny project with every stage of every plant run by DVC. Tests may read it, not change it.

    Where tests run in several processes, the first that needs it builds it for all.
    """
    is_shared = "PYTEST_XDIST_WORKER" in os.environ
    place = tmp_path_factory.getbasetemp().parent if is_shared else tmp_path_factory.getbasetemp()
    with (place / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        project, done = Project(place / "demo"), place / "demo.done"
        if not done.exists():
            shutil.rmtree(project.root, ignore_errors=True)
            build_demo(project.root)
            done.touch()
    return project


def build_demo(folder: Path) -> None:
    """Build the tiny project in a folder: every stage of every plant, or what is stale since the last time."""
    project = copy_project(folder)
    kept.restore(project.root)
    done = run(project.root, "elc", "repro")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    kept.keep(project.root)
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "run")


@pytest.fixture
def copied_project(demo_project: Project, tmp_path: Path) -> Project:
    """A copy of the tiny project, outputs and DVC cache included, that a test may change."""
    folder = tmp_path / "project"
    shutil.copytree(demo_project.root, folder, symlinks=True)
    return Project(folder)


@pytest.fixture(scope="session")
def tiny_settings(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The settings and tag lists of the tiny configuration, of which nothing has run."""
    folder = tmp_path_factory.mktemp("settings")
    shutil.copyfile(ROOT / "params.yaml", folder / "params.yaml")
    _write_tiny(folder / "params.yaml")
    for plant in PLANTS:
        shutil.copytree(ROOT / "data" / "plants" / plant, folder / "data" / "plants" / plant)
    return Project(folder)


@pytest.fixture(scope="session")
def fjord(tiny_settings: Project) -> settings.StageSettings:
    """What the stages of the first demo plant are told, on the tiny configuration."""
    return settings.read_plant(tiny_settings, "fjord")


@pytest.fixture(scope="session")
def fjord_tags(tiny_settings: Project) -> settings.TagList:
    """The tag list of the first demo plant."""
    return settings.read_tags(tiny_settings.tags("fjord"), "fjord")


@pytest.fixture
def edit_params() -> Callable[[Project, str, str], None]:
    """Replace one text in a project's params.yaml; the text must be there."""

    def edit(project: Project, old: str, new: str) -> None:
        text = project.params.read_text(encoding="utf-8")
        assert old in text
        project.params.write_text(text.replace(old, new), encoding="utf-8")

    return edit

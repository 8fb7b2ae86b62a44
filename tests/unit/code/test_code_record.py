"""Which changes make which stages stale: the table that docs/pipeline.md shows, on the project's own code."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import ClassVar
from unittest import mock

import pytest
import yaml

import elc
from elc.code import build_code, compare_code, record, write_code
from elc.code.modules import CodePackage, Module
from elc.code.record import Code
from elc.errors import ElcError
from elc.paths import Project
from tests.conftest import copy_settings

ROOT = Path(__file__).resolve().parents[3]
PROJECT = Project(ROOT)
# They are told the language of the site, and read the registry.
LOOKING = {"explain", "advise", "monitor", "report", "render"}
Edit = Callable[[str], str]
EditParams = Callable[[Project, str, str], None]


def add_comment(text: str) -> str:
    return text + "\n# Changed.\n"


def replace(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


def lay_out_anew(text: str) -> str:
    """What a formatter might do: the same statements, without a comment, laid out in another way."""
    return ast.unparse(ast.parse(text))


# What was changed, in which file, how, and which stages it makes stale.
TABLE: dict[str, tuple[str, Edit, set[str]]] = {
    "a comment among Norwegian sentences": (
        "pages/language/nb.po",
        lambda text: "# Changed.\n" + text,
        LOOKING | {"evaluate"},
    ),
    "a sentence of one page": (
        "pages/monitor/recommendation.py",
        replace("Train again: the plant", "Learn again: the plant"),
        {"monitor", "render"},
    ),
    "the sentence of a finding": (
        "pages/findings/quality.py",
        lambda text: text + "\nMORE = 1\n",
        {"dataset", "evaluate", "monitor", "render"},
    ),
    "a comment in the fit": ("train/fit.py", add_comment, {"render"}),
    "a docstring of the service's settings": ("settings/serve.py", replace('"""', '"""Changed. '), {"render"}),
    "a key of the service's settings": ("settings/serve.py", lambda text: text + "\nMORE = 1\n", {"render"}),
    "the layout of the curve": ("curve/package.py", lay_out_anew, {"render"}),
    "the words of an error": ("curve/package.py", replace("cannot be opened", "is damaged"), {"render"}),
    "a line of the service": ("service/app.py", lambda text: text + "\nMORE = 1\n", {"render"}),
    "a command": ("cli/models.py", lambda text: text + "\nMORE = 1\n", {"render"}),
    "a line of the registry": ("registry/use.py", lambda text: text + "\nMORE = 1\n", LOOKING),
    "a number of the fit": ("train/fit.py", lambda text: text + "\nMORE = 1\n", {"train", "render"}),
    "a number of the plant's states": (
        "dataset/states.py",
        lambda text: text + "\nMORE = 1\n",
        {"dataset", "train", "evaluate", *LOOKING},
    ),
    "a number of the simulator": ("simulate/physics.py", lambda text: text + "\nMORE = 1\n", {"simulate", "render"}),
}


class RememberingPackage(CodePackage):
    """Reads a module of one text once for all tests: what it tells is the same, while no module comes or goes."""

    known: ClassVar[dict[tuple[str, str], Module]] = {}

    def _read(self, name: str) -> Module:
        path = self._find_path(name)
        assert path is not None
        key = name, path.read_text(encoding="utf-8")
        if key not in self.known:
            self.known[key] = super()._read(name)
        return self.known[key]


@pytest.fixture(scope="module", autouse=True)
def remember() -> Iterator[None]:
    with mock.patch.object(record, "CodePackage", RememberingPackage):
        yield


@pytest.fixture(scope="module")
def before() -> dict[str, Code]:
    return build_code(PROJECT)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package that a test may change."""
    folder = tmp_path / "elc"
    shutil.copytree(Path(elc.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose notebooks a test may change."""
    made = copy_settings(tmp_path / "project")
    shutil.copytree(PROJECT.notebooks, made.notebooks)
    return made


def find_stale(before: dict[str, Code], after: dict[str, Code]) -> set[str]:
    return {stage for stage in before if before[stage] != after[stage]}


@pytest.mark.parametrize("what", TABLE)
def test_a_change_makes_only_these_stages_stale(what: str, before: dict[str, Code], package: Path) -> None:
    name, edit, expected = TABLE[what]
    path = package / name
    path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert find_stale(before, build_code(PROJECT, package)) == expected


def test_another_version_of_a_library_makes_those_stale_that_use_it(
    before: dict[str, Code], monkeypatch: pytest.MonkeyPatch
) -> None:
    former = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "99" if name.startswith("tensorflow") else former(name))
    assert find_stale(before, build_code(PROJECT)) == {"train"}
    assert compare_code(before["train"], build_code(PROJECT)["train"]) == [
        f"library tensorflow is 99 now, and was {before['train']['libraries']['tensorflow']}."
    ]


def test_a_file_is_written_where_it_is_another_and_left_where_it_is_not(project: Project) -> None:
    assert all(write_code(project).values())
    path = project.code("train")
    made = path.stat().st_mtime_ns
    assert not any(write_code(project).values())
    assert path.stat().st_mtime_ns == made
    path.write_text("{}", encoding="utf-8")
    assert [stage for stage, is_other in write_code(project).items() if is_other] == ["train"]


def test_a_notebook_with_invalid_python_is_named(project: Project) -> None:
    path = project.notebooks / "30_train.ipynb"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("chosen = settings.read_plant", "chosen == = settings.read_plant"), encoding="utf-8")
    with pytest.raises(ElcError, match=r"30_train\.ipynb: a cell is not valid Python: .*Correct the cell\."):
        write_code(project)
    path.write_text("half a file", encoding="utf-8")
    with pytest.raises(ElcError, match=r"30_train\.ipynb: cannot be read as a notebook: .*Restore it from Git\."):
        write_code(project)


def test_a_library_that_a_notebook_imports_itself_counts(project: Project) -> None:
    """A scientist who adds a model of her own to a notebook gets it run again when that library is another."""
    path = project.notebooks / "40_evaluate.ipynb"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"plant = ', '"import shap\\n",\n    "plant = '), encoding="utf-8")
    found = build_code(project)["evaluate"]["libraries"]
    assert found["shap"] == metadata.version("shap")
    assert "shap" not in build_code(PROJECT)["evaluate"]["libraries"]


def test_what_jupyter_understands_besides_python_is_passed_over(project: Project) -> None:
    known = build_code(project)
    path = project.notebooks / "30_train.ipynb"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"plant = ', '"%time 1\\n",\n    "plant = '), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != text
    assert build_code(project) == known


def test_a_plants_file_has_what_its_entry_and_its_region_say(project: Project, edit_params: EditParams) -> None:
    """Only the plants of a region are stale where it changes, and none where a key moves there."""
    record.write_entries(project)
    rest = "\n  delta:\n    name: Delta\n"
    zone, moved = (
        "    time_zone: America/Chicago\n",
        "\nregions:\n  gulf:\n    time_zone: America/Chicago\n  none:\n\nplants:",
    )
    edit_params(project, "\nplants:", moved)
    edit_params(project, f"{rest}    product: ammonia\n{zone}", f"{rest}    region: gulf\n    product: ammonia\n")
    assert find_written(project) == []
    edit_params(
        project, "gulf:\n    time_zone: America/Chicago", "gulf:\n    energy_unit: MWh\n    time_zone: America/Chicago"
    )
    assert find_written(project) == ["plants/delta"]
    content = json.loads(project.entry("delta").read_text(encoding="utf-8"))
    assert (content["energy_unit"], content["time_zone"], "region" in content) == ("MWh", "America/Chicago", False)
    edit_params(project, f"{rest}    region: gulf\n", f"{rest}    region: gulf\n    energy_unit: MWh\n")
    edit_params(project, "    energy_unit: MWh\n    time_zone", "    energy_unit: GJ\n    time_zone")
    assert find_written(project) == []  # the plant's own key counts, and it says the same


def find_written(project: Project) -> list[str]:
    return [name for name, is_other in record.write_entries(project).items() if is_other]


def test_the_file_of_a_former_plant_is_removed(project: Project) -> None:
    record.write_entries(project)
    project.entry("mill").write_text("{}", encoding="utf-8")
    assert find_written(project) == ["plants/mill"]
    assert sorted(path.stem for path in project.entries.iterdir()) == ["delta", "fjord", "steppe"]


def test_every_stage_of_a_plant_is_stale_with_its_settings() -> None:
    stages = yaml.safe_load(PROJECT.pipeline.read_text(encoding="utf-8"))["stages"]
    of_plants = {name: stage["do"] for name, stage in stages.items() if "do" in stage}
    entry = "code/plants/${key}.json"
    assert all(entry in stage["deps"] for name, stage in of_plants.items() if name != "simulate")
    assert {entry: ["export"]} in of_plants["simulate"]["params"]
    assert len(of_plants) == 9

"""The page of models: the answer, the fleet, each plant's versions, and what is not followed."""

from __future__ import annotations

import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from elc.paths import Project
from elc.registry import Context
from elc.render.models import build_models, build_models_page
from elc.render.navigation import build_navigation, build_top_navigation
from elc.render.pandoc import render_by_pandoc
from elc.render.quarto import add_head
from elc.render.receipts import Site
from tests.conftest import ROOT
from tests.unit.registry.tagged import Tagged, make_life


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Context:
    return make_life(tmp_path_factory.mktemp("life")).read()


@pytest.fixture
def tagged(tmp_path: Path) -> Tagged:
    return Tagged(tmp_path / "project")


def flatten(text: str) -> str:
    return text.replace("\u00a0", " ")


def read_answer(text: str) -> str:
    return flatten(text).split("::: {.answer}\n")[1].split("\n:::")[0]


def put_into_prod(tagged: Tagged, plant: str) -> None:
    tagged.register(plant, "v1.0.0", "2026-04-01T08:00:00")
    tagged.decide(plant, "v1.0.0", "approved", "2026-04-02T08:00:00")
    tagged.promote(plant, "v1.0.0", "dev", "test", "prod", at="2026-04-03T08:00:00")


def test_page_answers_which_run_an_approved_version_and_what_is_wrong(life: Context) -> None:
    text = build_models(life)
    assert text.startswith("---\ntitle: Models\n---\n\n::: {.answer}\n")
    assert read_answer(text) == (
        "One of three plants runs an approved version in prod. Delta runs one there that is [not approved]{.cost} now. "
        "Steppe has none there yet. [One entry is not followed]{.cost}: see below."
    )
    assert "Waiting for a decision: Fjord v1.2.0, Steppe v1.0.0." in text


@pytest.mark.parametrize(
    ("plants", "sentence"),
    [
        (["fjord", "delta", "steppe"], "All three plants run an approved version in prod."),
        (
            ["fjord", "delta"],
            "Two of three plants run an approved version in prod. Steppe has none there yet.",
        ),
        (
            ["fjord"],
            "One of three plants runs an approved version in prod. Delta and Steppe have none there yet.",
        ),
    ],
)
def test_the_answer_is_a_sentence(tagged: Tagged, plants: list[str], sentence: str) -> None:
    for plant in plants:
        put_into_prod(tagged, plant)
    assert read_answer(build_models(tagged.read())) == sentence


def test_only_plants_of_the_highest_environment_are_counted(tagged: Tagged) -> None:
    tagged.edit("remote: null\n    plants: all\n    wave: 5\n", "remote: null\n    plants: [delta]\n    wave: 5\n")
    put_into_prod(tagged, "delta")
    text = build_models(tagged.read())
    assert read_answer(text) == "Delta runs an approved version in prod."
    assert "| **Fjord** | [not planned]{.small} | – | – | – | – |" in text


def test_fleet_shows_the_highest_environment_first_and_marks_what_was_rejected(life: Context) -> None:
    text = flatten(build_models(life))
    assert "| plant | prod | test | dev | latest version | waiting |" in text
    assert "| **[Fjord](#plant-fjord)** | v1.0.0 [since 3 May 2026]{.small} | v1.1.0 [since" in text
    assert "| **[Delta](#plant-delta)** | [v1.0.0]{.cost} [rejected now; since 3 Apr 2026]{.small} |" in text


def test_a_plants_section_tells_its_versions_and_where_they_ran(life: Context) -> None:
    fjord, rest = flatten(build_models(life)).split("## Fjord {#plant-fjord}")[1].split("## Delta")
    assert (
        "| **v1.1.0** | [approved]{.good} [approved by Test, 2 May 2026: Better in winter.]{.small} | 1 May 2026 "
        "[by Test]{.small} | 0.66 % | 10.2 % | 20 Jun 2024 to 31 Mar 2026 [tested on 3,346 hours]{.small} | "
        "`00000003` |"
    ) in fjord
    assert "| v1.0.0 | prod | 3 May 2026 22:30 | still there | Test | v1.1.0 drifts |" in fjord
    assert "| v1.1.0 | prod | 3 May 2026 10:00 | 3 May 2026 22:30 | Test | – |" in fjord
    assert rest.index("rejected by Test, 3 Jun 2026: A meter was wrong.") < rest.index("approved by Test")
    assert "It has not run anywhere yet." in rest
    assert "example.org" not in fjord


def test_what_is_not_followed_is_one_point_for_each_tag(life: Context) -> None:
    points = [line for line in build_models(life).splitlines() if line.startswith("- ")]
    assert points == [
        r"- tag fjord\#prod\#10 puts v1.2.0 into prod, but it was not in test before. It puts v1.2.0 into prod, "
        "but it was not approved then."
    ]


def test_equal_tags_give_equal_text_whatever_the_day(life: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build_models(life)
    monkeypatch.setattr("time.time", lambda: 4e9)
    assert build_models(life) == first


def test_texts_of_tags_are_text_not_markdown(tagged: Tagged) -> None:
    tagged.register("delta", "v1.0.0", "2026-04-01T08:00:00", package="`| x")
    tagged.register("fjord", "v1.0.0", "2026-04-01T08:00:00")
    tagged.decide("fjord", "v1.0.0", "approved", "2026-04-02T08:00:00", reason="a | b <script> [x](y)")
    text = build_models(tagged.read())
    assert r"a \| b \<script\> \[x\](y)" in text
    assert "`| x" not in text


def test_nothing_registered_says_how_to(tagged: Tagged) -> None:
    text = build_models(tagged.read())
    assert read_answer(text) == "No version of a model is registered yet."
    assert "commit what `dvc repro` made, then `elc register fjord`." in text


def test_without_git_or_its_history_the_page_says_so(tagged: Tagged, tmp_path: Path) -> None:
    put_into_prod(tagged, "fjord")
    plain = tmp_path / "plain"
    plain.mkdir()
    shutil.copyfile(tagged.project.params, plain / "params.yaml")
    text = build_models_page(Project(plain))
    assert read_answer(text) == "The versions cannot be read here."
    assert "this project: not a Git repository with a commit." in text
    command = ["git", "clone", "--quiet", "--depth", "1", f"file://{tagged.root}", str(tmp_path / "shallow")]
    subprocess.run(command, check=True, capture_output=True)
    shutil.copyfile(tagged.project.params, tmp_path / "shallow" / "params.yaml")
    text = build_models_page(Project(tmp_path / "shallow"))
    assert "a shallow clone, so versions may be missing" in text
    assert str(tmp_path) not in text


def make_reports(root: Path, context: Context) -> Project:
    project = Project(root)
    shutil.copytree(ROOT / "reports" / "assets", project.reports / "assets")
    shutil.copyfile(ROOT / "reports" / "_quarto.yml", project.reports / "_quarto.yml")
    (project.reports / "index.qmd").write_text("---\ntitle: All plants\n---\n\n[Models](models.qmd)\n")
    (project.reports / "models.qmd").write_text(build_models(context))
    (project.reports / "method.qmd").write_text("---\ntitle: Method\n---\n")
    return project


def test_the_page_stands_beside_the_index_and_each_leads_to_the_other(life: Context, tmp_path: Path) -> None:
    project = make_reports(tmp_path, life)
    config: dict[str, Any] = {"website": {"title": "ELC"}}
    render_by_pandoc(project, Site([], {}, [], config, "en"))
    index = (project.site / "index.html").read_text()
    page = unescape((project.site / "models.html").read_text())
    assert build_top_navigation("index") in index
    assert '<a href="models.html">Models</a></p>' in index
    assert '<a href="models.html" aria-current="page">Models</a>' in page
    assert '<a href="#plant-fjord">Fjord</a>' in page
    assert 'id="plant-fjord"' in page
    assert page.count("<h1") == 1


def test_page_has_the_navigation_in_its_head_for_quarto() -> None:
    head = add_head("---\ntitle: Models\n---\n\ntext ---\n", "models").split("---\n")[1]
    assert "include-before-body" in head
    assert 'href="models.html" aria-current="page"' in " ".join(head.split())
    assert "title: Models" in head


def test_a_plants_pages_lead_to_the_models() -> None:
    assert '<a href="../models.html">Models</a>' in build_navigation("fjord", None, [], {"fjord": "Fjord"})


def test_git_does_not_keep_the_page_and_quarto_renders_it() -> None:
    assert "/reports/models.qmd" in (ROOT / ".gitignore").read_text().splitlines()
    assert "    - models.qmd" in (ROOT / "reports" / "_quarto.yml").read_text().splitlines()

"""What a version is made of stands in its commit; what does not is named, with the command that puts it there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from elc.errors import ElcError
from elc.records.metrics import Metrics
from elc.registry.register import _build_fields, _read_metrics
from tests.unit.records.examples import EXAMPLES
from tests.unit.registry.keys import run
from tests.unit.registry.tagged import Tagged
from tests.unit.service.packages import write_package


@pytest.fixture
def tagged(tmp_path: Path) -> Tagged:
    tagged = Tagged(tmp_path / "project")
    run(tagged.root, "add", "--all")
    run(tagged.root, "commit", "--quiet", "--message", "settings")
    return tagged


def write(tagged: Tagged, *names: str) -> None:
    for name in names:
        (tagged.root / name).parent.mkdir(parents=True, exist_ok=True)
        (tagged.root / name).write_text(json.dumps(EXAMPLES[Metrics]), encoding="utf-8")


def read(tagged: Tagged) -> Metrics:
    return _read_metrics(tagged.read(), "fjord", run(tagged.root, "rev-parse", "HEAD").strip())


METRICS = "reports/metrics/fjord.json"


def test_metrics_that_git_does_not_know_are_named_with_all_new_files_of_the_plant(tagged: Tagged) -> None:
    write(tagged, METRICS, "data/plants/fjord/tags.csv", "data/raw/fjord.dvc", "data/plants/delta/tags.csv")
    run(tagged.root, "commit", "--all", "--quiet", "--allow-empty", "--message", "Train fjord")
    words = (
        r"^plant fjord: reports/metrics/fjord\.json is not in the last commit; git commit --all does not add "
        r"new files\. Run git add data/plants/fjord/tags\.csv data/raw/fjord\.dvc reports/metrics/fjord\.json, commit, "
    )
    with pytest.raises(ElcError, match=words):
        read(tagged)
    run(tagged.root, "add", METRICS)
    run(tagged.root, "commit", "--quiet", "--message", "Train fjord")
    assert read(tagged).rows == EXAMPLES[Metrics]["rows"]


def test_metrics_that_are_not_there_at_all_are_to_be_made(tagged: Tagged) -> None:
    with pytest.raises(
        ElcError, match=r"Run git add reports/metrics/fjord\.json, .* run dvc repro evaluate@fjord first"
    ):
        read(tagged)


# Texts that a page, a terminal, a table of a spreadsheet or a document would not only show.
MARKUP = (
    "<script>alert(1)</script>", "`<b>`{=html}", "[x](javascript:alert(1))", "JavaScript:alert(1)", "{{< include x >}}",
    "$\\input{x}$", "a | b", "=cmd()", "+1", "@SUM(A1)", "\x1b[2J", "a\nb", "a\\b", "${HOME}",
)  # fmt: skip


def replace_texts(content: Any, text: str) -> Iterator[Any]:
    """Every content that has the text in the place of one of its texts, or of its keys."""
    if isinstance(content, str):
        yield text
    elif isinstance(content, dict):
        for key, value in content.items():
            others = {name: it for name, it in content.items() if name != key}
            yield {**others, text: value}
            yield from ({**content, key: other} for other in replace_texts(value, text))
    elif isinstance(content, list):
        for place, value in enumerate(content):
            yield from ([*content[:place], other, *content[place + 1 :]] for other in replace_texts(value, text))


@pytest.mark.parametrize("text", MARKUP)
def test_markup_in_any_text_of_a_card_is_refused(tagged: Tagged, text: str) -> None:
    context, folder = tagged.read(), tagged.root / "models" / "fjord"
    write_package(folder)
    sound = json.loads((folder / "card.json").read_text(encoding="utf-8")) | {"note": "plain words, 50 % of it"}
    cards = list(replace_texts({key: value for key, value in sound.items() if key != "plant"}, text))
    assert len(cards) > 20
    for card in cards:
        (folder / "card.json").write_text(json.dumps({"plant": "fjord", **card}), encoding="utf-8")
        words = r"(?s)^plant fjord: models/fjord/card\.json: .* a page could read as markup|^models/fjord/card\.json: "
        with pytest.raises(ElcError, match=words) as info:
            _build_fields(context, "fjord", {}, "", "HEAD")
        assert "\x1b" not in str(info.value)


def test_a_card_of_plain_words_is_let_through(tagged: Tagged) -> None:
    folder = tagged.root / "models" / "fjord"
    write_package(folder)
    with pytest.raises(ElcError, match=r"does not state its training hours"):
        _build_fields(tagged.read(), "fjord", {}, "", "HEAD")

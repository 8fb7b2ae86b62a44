"""Names of plants: GTO lists their tags, and nothing of the project is taken for theirs."""

from __future__ import annotations

from pathlib import Path

import pytest
from gto.constants import assert_name_is_valid

from elc.errors import ElcError
from elc.paths import Project
from elc.plants.remove import find_paths
from elc.settings import check_id, is_id
from elc.settings.ids import _PLACES
from tests.conftest import ROOT


def test_gto_takes_every_id() -> None:
    for name in ("a", "fjord", "mill_2", "n2o", "a__b", "a" * 64):
        assert is_id(name)
        assert_name_is_valid(name)


@pytest.mark.parametrize("name", ["assets", "metrics", "plots", "receipts", "tests", "train", "allowed_signers"])
def test_what_the_project_has_itself_is_refused_with_its_place(name: str) -> None:
    with pytest.raises(ElcError, match=rf"the project itself has \w+(/\w+)?/{name}, so no plant can have this id"):
        check_id(name, "plant")


def test_a_name_that_gto_cannot_list_is_refused_with_the_reason() -> None:
    with pytest.raises(
        ElcError, match=r"plants\.north_: .* ends with a letter or digit, .* GTO lists none of its tags"
    ):
        check_id("north_", "plant north_")


def test_nothing_that_git_has_of_the_project_is_taken_for_a_plants(tmp_path: Path) -> None:
    """Whatever lies in a place of plants and is none's cannot be the id of one, so no removal reaches it.

    A clone that has run nothing yet has only some of the places.
    """
    places = ("reports", "reports/assets", "models", "data", "deployed")
    names = {path.name.split(".")[0] for place in places for path in (ROOT / place).glob("*")}
    plants = {"fjord", "delta", "steppe"}
    reached = {name for name in names if name and is_id(name) and find_paths(Project(ROOT), name)}
    assert reached <= plants
    for name, place in _PLACES.items():
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        assert find_paths(Project(tmp_path), name), place

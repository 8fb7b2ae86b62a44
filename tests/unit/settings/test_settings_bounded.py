"""YAML of others: what would crash the parser or fill the memory is refused before it is built."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from elc.errors import ElcError
from elc.registry.storage.lock import _parse_lock
from elc.render.options import read_front
from elc.settings.bounded import DEEPEST, check_yaml
from tests.conftest import ROOT

BOMB = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
DEEP = {"lists": "[" * 100_000, "mappings": "{a: " * 50_000, "dashes": "- " * 100_000, "references": BOMB}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_what_is_too_deep_or_multiplies_is_refused_at_once(text: str) -> None:
    start = time.perf_counter()
    what = "refers to itself too often" if text is BOMB else f"is nested more than {DEEPEST} deep"
    with pytest.raises(ElcError, match=rf"^mill\.yaml: cannot be read as YAML: line \d+ {what}\. Write it out\.$"):
        check_yaml(text, "mill.yaml")
    assert time.perf_counter() - start < 1.0


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_records_and_notebooks_of_others_are_bounded(text: str) -> None:
    with pytest.raises(ElcError, match=r"^dvc\.lock: cannot be read as YAML: line"):
        _parse_lock(text)
    with pytest.raises(ElcError, match="cannot be read as YAML: line"):
        read_front(f"---\n{text}\n---\n", "10_ingest")


@pytest.mark.parametrize("name", ["params.yaml", "dvc.lock", "dvc.yaml", "environment.yml", "reports/_quarto.yml"])
def test_what_the_project_writes_is_taken(name: str) -> None:
    check_yaml((ROOT / Path(name)).read_text(encoding="utf-8"), name)


def test_what_a_thousand_plants_share_is_taken_and_what_is_no_yaml_is_left_to_its_reader() -> None:
    shared = "gas: &gas {price_per_gj: 10.5, co2_kg_per_gj: 56.1}\ncarriers: &all {gas: *gas, steam: *gas}\n"
    check_yaml(shared + "".join(f"plant{n}: {{carriers: *all, fuel: *gas}}\n" for n in range(1000)), "params.yaml")
    check_yaml("a: [", "params.yaml")

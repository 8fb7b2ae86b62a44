"""Names of tags: the grammar is GTO's, for plants as this project names them."""

from __future__ import annotations

import re

import gto.api
import pytest
from gto.constants import Action as GtoAction
from gto.exceptions import InvalidTagName
from hypothesis import example, given, settings
from hypothesis import strategies as st

from elc.errors import ElcError
from elc.registry.names import Action, Bump, TagName, build_name, build_next, read_name, read_version

ANY = settings(max_examples=300, derandomize=True, database=None)
PLANT = st.from_regex(r"[a-z][a-z0-9_]{0,6}[a-z0-9]", fullmatch=True)
VERSION = st.builds("v{}.{}.{}".format, *[st.integers(0, 20)] * 3)
STAGE = st.one_of(
    st.sampled_from(["dev", "test", "prod", "approved"]), st.from_regex(r"[a-z]([a-z/_-]{0,4}[a-z])?", fullmatch=True)
)
NUMBER = st.integers(0, 30)
NAME = st.one_of(
    st.builds(TagName, PLANT, st.sampled_from(["register", "deregister"]), VERSION, st.just(""), NUMBER),
    st.builds(TagName, PLANT, st.sampled_from(["assign", "unassign"]), st.just(""), STAGE, NUMBER),
    st.builds(TagName, PLANT, st.just("deprecate"), st.just(""), st.just(""), NUMBER),
)
# Pieces of the grammar, put together at random: most are no name, and GTO must say so too.
PIECES = st.lists(
    st.sampled_from(
        [
            "fjord",
            "a",
            "_",
            "9",
            "@",
            "#",
            "!",
            "v1.0.0",
            "v01.0.0",
            "v1.2",
            "-rc.1",
            "+b",
            "deprecated",
            "created",
            "prod",
            "/",
            "-",
            "7",
            "#0",
            " ",
        ]
    ),
    min_size=1,
    max_size=6,
).map("".join)


def read_by_gto(name: str) -> TagName | None:
    """Read a name as GTO does; what it calls creation is no action of its own any more."""
    try:
        found = gto.api.parse_tag(name)
    except InvalidTagName:
        return None
    if "action" not in found or found["action"] is GtoAction.CREATE:
        return None
    return TagName(
        found["name"], found["action"].value, found.get("version", ""), found.get("stage", ""), found.get("counter", 0)
    )


@ANY
@given(NAME)
def test_what_is_built_is_read_again_here_and_by_gto(name: TagName) -> None:
    built = build_name(name.plant, name.action, version=name.version, stage=name.stage, number=name.number)
    assert read_name(built) == name
    assert read_by_gto(built) == name


@ANY
@given(PIECES)
@example("fjord@v1.0.0!#0")
@example("fjord@v1.0.0-rc.1#3")
@example("fjord@created")
@example("fjord@v1.0.0-")
@example("fjord#prod#7\n")
def test_what_is_read_here_means_the_same_to_gto(name: str) -> None:
    found = read_name(name)
    if found is not None and not re.search("[-+]", found.version):
        assert read_by_gto(name) == found


@ANY
@given(PIECES)
@example("a@v1.0.0")
def test_what_gto_reads_of_a_plant_is_read_here(name: str) -> None:
    found = read_by_gto(name)
    if found is not None and found.plant.isidentifier() and found.plant.islower():
        assert read_name(name) == found


@pytest.mark.parametrize("version", ["v1.0.0-01", "v1.0.0-rc..1", "v1.0.0+a+b", "v1.0.0-."])
def test_suffix_of_a_version_is_that_of_semantic_versioning(version: str) -> None:
    assert read_by_gto(f"fjord@{version}") is None
    assert read_name(f"fjord@{version}") is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fjord@v1.2.0", TagName("fjord", "register", "v1.2.0", "", 0)),
        ("fjord@v1.2.0!", TagName("fjord", "deregister", "v1.2.0", "", 0)),
        ("fjord@v1.2.0!#4", TagName("fjord", "deregister", "v1.2.0", "", 4)),
        ("fjord#prod#7", TagName("fjord", "assign", "", "prod", 7)),
        ("fjord#prod!#7", TagName("fjord", "unassign", "", "prod", 7)),
        ("fjord#approved#10", TagName("fjord", "assign", "", "approved", 10)),
        ("fjord_2@deprecated#3", TagName("fjord_2", "deprecate", "", "", 3)),
    ],
)
def test_names_of_the_grammar(name: str, expected: TagName) -> None:
    assert read_name(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        "v1.2.0",
        "fjord",
        "fjord@1.2.0",
        "fjord@v1.2",
        "fjord@v1.02.0",
        "Fjord@v1.2.0",
        "9fjord@v1.2.0",
        "a/fjord@v1.2.0",
        "fjord@v1.2.0#",
        "fjord@v1.2.0#-1",
        "fjord#prod#7!",
        "fjord#prod##7",
        "fjord#-prod",
        "fjord@deprecated!",
        "fjord@created#1",
        " fjord@v1.2.0",
        "fjord@v1.2.0\n",
    ],
)
def test_other_names_are_none_of_the_registry(name: str) -> None:
    assert read_name(name) is None


@pytest.mark.parametrize(
    ("action", "name"),
    [
        ("register", "fjord@v1.2.0"),
        ("deregister", "fjord@v1.2.0!"),
        ("assign", "fjord#prod#7"),
        ("unassign", "fjord#prod!#7"),
        ("deprecate", "fjord@deprecated#7"),
    ],
)
def test_build_name(action: Action, name: str) -> None:
    is_about_version = action in ("register", "deregister")
    number = 0 if is_about_version else 7
    assert build_name("fjord", action, version="v1.2.0", stage="prod", number=number) == name


@pytest.mark.parametrize(("bump", "expected"), [("major", "v3.0.0"), ("minor", "v2.11.0"), ("patch", "v2.10.4")])
def test_next_is_after_the_highest_by_number(bump: Bump, expected: str) -> None:
    assert build_next(["v1.9.9", "v2.10.3", "v2.9.12"], bump) == expected


@pytest.mark.parametrize("bump", ["major", "minor", "patch"])
def test_the_first_version_does_not_depend_on_the_bump(bump: Bump) -> None:
    assert build_next([], bump) == "v1.0.0"


@ANY
@given(st.lists(VERSION, min_size=1), st.sampled_from(["major", "minor", "patch"]))
def test_next_is_higher_than_all(versions: list[str], bump: Bump) -> None:
    assert all(read_version(build_next(versions, bump)) > read_version(version) for version in versions)


def test_read_version_compares_numbers_not_texts() -> None:
    assert read_version("v1.10.0") > read_version("v1.9.0")
    assert read_version("v1.1.0") < read_version("v1.2.0-rc.1") < read_version("v1.2.0")


@pytest.mark.parametrize("version", ["1.2.0", "v1.2", "v1.2.0.1", "latest", ""])
def test_what_is_no_version_is_said(version: str) -> None:
    with pytest.raises(ElcError) as caught:
        read_version(version)
    assert str(caught.value) == f"version {version}: expected one such as v1.2.0. elc models <plant> lists them."

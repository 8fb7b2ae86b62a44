"""Errors: one exception that names the place and every fault, and the nearest valid word."""

from __future__ import annotations

import pytest

from elc.errors import ElcError, build_error, build_nearest, check_faults, check_known, list_unknown


def test_one_fault_stands_in_one_sentence() -> None:
    assert str(build_error("params.yaml", ["days: missing."])) == "params.yaml: days: missing."


def test_several_faults_are_counted_and_listed_in_order() -> None:
    error = build_error("tags.csv", iter(["second first.", "first second."]))
    assert str(error) == "tags.csv: 2 faults\n  - second first.\n  - first second."


def test_check_faults_raises_only_where_there_are_any() -> None:
    check_faults("tags.csv", iter(()))
    with pytest.raises(ElcError, match=r"^tags\.csv: line 3: no tag\.$"):
        check_faults("tags.csv", (fault for fault in ["line 3: no tag."]))


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("setpiont", "did you mean setpoint?"),
        ("driver ", "did you mean driver?"),
        ("xyz", "expected one of driver, setpoint, state"),
    ],
)
def test_nearest_word_is_named_or_all_are(word: str, expected: str) -> None:
    assert build_nearest(word, ["state", "setpoint", "driver"]) == expected


def test_what_is_unknown_is_named_with_the_nearest_that_is_known() -> None:
    assert list_unknown("plant", ["fjord", "dleta", "x"], {"fjord": 1, "delta": 2}) == [
        "plant dleta is unknown: did you mean delta?",
        "plant x is unknown: expected one of delta, fjord",
    ]
    check_known("plant", "fjord", ["fjord"])
    with pytest.raises(ElcError, match=r"^params\.yaml: plant fiord is unknown: did you mean fjord\?$"):
        check_known("plant", "fiord", ["fjord"])

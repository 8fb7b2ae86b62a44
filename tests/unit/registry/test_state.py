"""State: histories written by hand, each with the answer that it must give."""

from __future__ import annotations

import pytest

from elc.errors import ElcError
from elc.registry.events import Event
from elc.registry.names import read_name
from elc.registry.state import Line, Registry, VersionSpan, build_registry


def build_event(name: str, commit: str, time: int, *, fault: str = "", **fields: object) -> Event:
    """Build the event of a tag by its name."""
    found = read_name(name)
    assert found is not None
    return Event(
        tag=name,
        oid=f"oid of {name}",
        plant=found.plant,
        action=found.action,
        version=found.version,
        stage=found.stage,
        number=found.number,
        commit=commit,
        time=time,
        who="Ann <ann@example.org>",
        sentence="",
        fields=fields,
        fault=fault,
        is_signed=False,
    )


def build_line(*tags: tuple[str, str] | tuple[str, str, int]) -> Line:
    """Build the line of fjord from (name, commit) or (name, commit, time); without a time each is 10 s later."""
    events = []
    for index, (name, commit, *time) in enumerate(tags):
        events.append(build_event(f"fjord{name}", commit, time[0] if time else 10 * (index + 1)))
    return build_registry(sorted(events, key=lambda event: event.order)).line("fjord")


def find_held(line: Line, stage: str) -> str | None:
    event = line.assigned(stage)
    return None if event is None else line.name(event)


def find_ran(line: Line, stage: str) -> list[tuple[str, int, int | None]]:
    return [(span.version, span.start, span.end) for span in line.spans(stage)]


TWO = (("@v1.0.0", "a"), ("@v1.1.0", "b"))


def test_empty_line() -> None:
    line = build_registry([]).line("fjord")
    assert (line.versions, line.latest, line.number, line.stages) == ({}, None, 0, [])
    assert (line.assigned("prod"), line.spans("prod")) == (None, [])


def test_lines_are_by_plant_and_broken_tags_apart() -> None:
    broken = build_event("fjord@v1.1.0", "b", 30, fault="is a lightweight tag")
    events = [build_event("steppe@v1.0.0", "a", 10), build_event("fjord@v1.0.0", "a", 20), broken]
    found = build_registry(events)
    assert list(found.lines) == ["fjord", "steppe"]
    assert list(found.line("fjord").versions) == ["v1.0.0"]
    assert found.broken == (broken,)


def test_versions_are_the_oldest_first_and_latest_is_the_highest() -> None:
    line = build_line(("@v1.9.0", "a"), ("@v1.10.0", "b"), ("@v1.2.0", "c"))
    assert list(line.versions) == ["v1.2.0", "v1.9.0", "v1.10.0"]
    assert line.latest == "v1.10.0"
    assert line.at_commit == {"a": "v1.9.0", "b": "v1.10.0", "c": "v1.2.0"}


def test_status_is_the_last_decision() -> None:
    line = build_line(*TWO, ("@v1.2.0", "c"), ("#approved#1", "a"), ("#approved#2", "b"), ("#approved!#3", "b"))
    assert {name: it.status for name, it in line.versions.items()} == {
        "v1.0.0": "approved",
        "v1.1.0": "rejected",
        "v1.2.0": "pending",
    }


def test_rejected_can_be_approved_again() -> None:
    line = build_line(*TWO, ("#approved!#1", "a"), ("#approved#2", "a"))
    assert line.versions["v1.0.0"].status == "approved"
    assert line.versions["v1.0.0"].decision is line.events[-1]


def test_package_and_hash_are_those_of_the_registration() -> None:
    event = build_event("fjord@v1.0.0", "a", 1, package="p.dir", sha256="s")
    version = build_registry([event]).line("fjord").versions["v1.0.0"]
    assert (version.package, version.sha256) == ("p.dir", "s")
    bare = build_line(("@v1.0.0", "a")).versions["v1.0.0"]
    assert (bare.package, bare.sha256) == ("", "")


def test_stage_holds_what_was_assigned_last_not_the_highest() -> None:
    line = build_line(*TWO, ("#prod#1", "b"), ("#prod#2", "a"))
    assert find_held(line, "prod") == "v1.0.0"
    assert find_ran(line, "prod") == [("v1.1.0", 30, 40), ("v1.0.0", 40, None)]


def test_rollback_and_forward_again() -> None:
    line = build_line(*TWO, ("#prod#1", "a"), ("#prod#2", "b"), ("#prod#3", "a"), ("#prod#4", "b"))
    assert find_ran(line, "prod") == [
        ("v1.0.0", 30, 40), ("v1.1.0", 40, 50), ("v1.0.0", 50, 60), ("v1.1.0", 60, None),
    ]  # fmt: skip


def test_stages_do_not_touch_each_other() -> None:
    line = build_line(*TWO, ("#dev#1", "b"), ("#prod#2", "a"), ("#dev!#3", "b"))
    assert (find_held(line, "dev"), find_held(line, "prod"), find_held(line, "test")) == (None, "v1.0.0", None)
    assert line.stages == ["dev", "prod"]


def test_unassign_falls_back_to_the_one_before() -> None:
    line = build_line(*TWO, ("#prod#1", "a"), ("#prod#2", "b"), ("#prod!#3", "b"))
    assert find_held(line, "prod") == "v1.0.0"
    assert find_ran(line, "prod") == [("v1.0.0", 30, 40), ("v1.1.0", 40, 50), ("v1.0.0", 50, None)]


def test_unassign_of_an_earlier_one_changes_nothing_until_the_later_goes() -> None:
    tags = (*TWO, ("#prod#1", "a"), ("#prod#2", "b"), ("#prod!#3", "a"))
    assert find_held(build_line(*tags), "prod") == "v1.1.0"
    assert find_held(build_line(*tags, ("#prod!#4", "b")), "prod") is None


def test_unassign_of_all_leaves_nothing() -> None:
    line = build_line(*TWO, ("#prod#1", "a"), ("#prod!#2", "a"))
    assert find_held(line, "prod") is None
    assert find_ran(line, "prod") == [("v1.0.0", 30, 40)]


def test_assigned_twice_is_gone_with_one_unassign() -> None:
    line = build_line(*TWO, ("#prod#1", "a"), ("#prod#2", "b"), ("#prod#3", "a"), ("#prod!#4", "a"))
    assert find_held(line, "prod") == "v1.1.0"


def test_deregister_falls_back_and_is_not_the_latest() -> None:
    line = build_line(*TWO, ("#prod#1", "a"), ("#prod#2", "b"), ("@v1.1.0!", "b"))
    assert find_held(line, "prod") == "v1.0.0"
    assert line.latest == "v1.0.0"
    assert not line.versions["v1.1.0"].is_active
    assert find_ran(line, "prod") == [("v1.0.0", 30, 40), ("v1.1.0", 40, 50), ("v1.0.0", 50, None)]


def test_registered_again_comes_back_with_its_assignments_and_its_decision() -> None:
    tags = (*TWO, ("#approved#1", "b"), ("#prod#2", "a"), ("#prod#3", "b"), ("@v1.1.0!", "b"), ("@v1.1.0#4", "b"))
    line = build_line(*tags)
    assert find_held(line, "prod") == "v1.1.0"
    assert line.latest == "v1.1.0"
    assert line.versions["v1.1.0"].status == "approved"
    assert line.versions["v1.1.0"].registered is line.events[1]
    assert find_ran(line, "prod") == [
        ("v1.0.0", 40, 50), ("v1.1.0", 50, 60), ("v1.0.0", 60, 70), ("v1.1.0", 70, None),
    ]  # fmt: skip


def test_registered_again_does_not_bring_back_what_was_unassigned() -> None:
    line = build_line(
        *TWO, ("#prod#1", "a"), ("#prod#2", "b"), ("#prod!#3", "b"), ("@v1.1.0!", "b"), ("@v1.1.0#4", "b")
    )
    assert find_held(line, "prod") == "v1.0.0"


def test_assigned_while_deregistered_counts_when_registered_again() -> None:
    tags = (*TWO, ("#prod#1", "a"), ("@v1.1.0!", "b"), ("#prod#2", "b"))
    assert find_held(build_line(*tags), "prod") == "v1.0.0"
    assert find_held(build_line(*tags, ("@v1.1.0#3", "b")), "prod") == "v1.1.0"


def test_deregistering_the_earlier_one_leaves_the_later_in_place() -> None:
    line = build_line(*TWO, ("#prod#1", "a"), ("#prod#2", "b"), ("@v1.0.0!", "a"))
    assert find_held(line, "prod") == "v1.1.0"
    assert find_ran(line, "prod") == [("v1.0.0", 30, 40), ("v1.1.0", 40, None)]


@pytest.mark.parametrize("reverse", [False, True])
def test_within_one_second_the_number_counts(reverse: bool) -> None:
    tags = [("@v1.0.0", "a", 1), ("@v1.1.0", "b", 2), ("#prod#9", "a", 50), ("#prod#13", "b", 50)]
    assert find_held(build_line(*tags[:: -1 if reverse else 1]), "prod") == "v1.1.0"


def test_time_counts_before_the_number() -> None:
    line = build_line(("@v1.0.0", "a", 1), ("@v1.1.0", "b", 2), ("#prod#13", "a", 50), ("#prod#9", "b", 51))
    assert find_held(line, "prod") == "v1.1.0"
    assert line.number == 13


def test_deprecated_plant_holds_nothing_until_its_next_tag() -> None:
    tags = (*TWO, ("#prod#1", "a"), ("@deprecated#2", "b"))
    line = build_line(*tags)
    assert find_held(line, "prod") is None
    assert find_ran(line, "prod") == [("v1.0.0", 30, 40)]
    later = build_line(*tags, ("#dev#3", "b"))
    assert find_held(later, "prod") == "v1.0.0"
    assert find_ran(later, "prod") == [("v1.0.0", 30, 40), ("v1.0.0", 50, None)]


def test_a_span_names_the_tag_by_which_it_is_there() -> None:
    line = build_line(*TWO, ("#prod#1", "a"), ("#prod#2", "a"), ("#prod#3", "b"))
    first, again, last = line.events[2:]
    assert line.spans("prod") == [
        VersionSpan("v1.0.0", 30, 40, first),
        VersionSpan("v1.0.0", 40, 50, again),
        VersionSpan("v1.1.0", 50, None, last),
    ]
    assert line.assigned("prod") is last


def test_assignment_of_an_unregistered_commit_goes_by_its_commit() -> None:
    line = build_line(*TWO, ("#prod#1", "x"))
    assert find_held(line, "prod") == "x"


def test_at_is_what_was_done_with_a_stage_at_a_commit() -> None:
    line = build_line(*TWO, ("#prod#1", "a"), ("#prod#2", "b"), ("#dev#3", "a"), ("#prod!#4", "a"))
    assert [event.tag for event in line.at("a", "prod")] == ["fjord#prod#1", "fjord#prod!#4"]
    assert line.at("x", "prod") == []


def test_find_version() -> None:
    line = build_line(*TWO, ("@v1.1.0!", "b"))
    assert line.find_version("v1.0.0") is line.versions["v1.0.0"]
    with pytest.raises(ElcError) as caught:
        line.find_version("v2.0.0")
    assert str(caught.value) == (
        "plant fjord: version v2.0.0 is not registered here; registered: v1.0.0, v1.1.0. Fetch tags that others "
        "made: git fetch --tags."
    )
    with pytest.raises(ElcError) as caught:
        line.find_version("v1.1.0")
    assert str(caught.value) == ("plant fjord: version v1.1.0 was deregistered. elc models fjord lists the others.")
    with pytest.raises(ElcError, match="registered: none"):
        Registry({}, ()).line("fjord").find_version("v1.0.0")

"""Sparkplug B: births and aliases, kinds of values, deaths, and messages that are missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from elc.listen.sparkplug import Nodes, build_payload_class

AT_MS = 1_781_956_800_000
NODE, DEVICE = "spBv1.0/Fjord/{}/edge", "spBv1.0/Fjord/{}/edge/unit"


def build(*metrics: dict[str, Any], seq: int | None = None) -> bytes:
    message = build_payload_class()(timestamp=AT_MS)
    if seq is not None:
        message.seq = seq
    for metric in metrics:
        message.metrics.add(**metric)
    found: bytes = message.SerializeToString()
    return found


def bear(nodes: Nodes, *metrics: dict[str, Any], session: int = 0) -> Any:
    payload = build({"name": "bdSeq", "datatype": 4, "long_value": session}, *metrics, seq=0)
    return nodes.read(NODE.format("NBIRTH"), payload, is_again=False)


@pytest.mark.parametrize(
    ("datatype", "value", "expected"),
    [
        (1, {"int_value": 0xFF}, -1.0),
        (1, {"int_value": 0xFFFFFFFF}, -1.0),
        (2, {"int_value": 0x8000}, -32768.0),
        (3, {"int_value": 0xFFFFFFFE}, -2.0),
        (4, {"long_value": 2**64 - 5}, -5.0),
        (7, {"int_value": 0xFFFFFFFE}, 4294967294.0),
        (10, {"double_value": 48.25}, 48.25),
        (11, {"boolean_value": True}, 1.0),
    ],
)
def test_values_of_every_kind_by_alias(datatype: int, value: dict[str, Any], expected: float) -> None:
    nodes = Nodes("{metric}")
    bear(nodes, {"name": "FT1", "alias": 3, "datatype": datatype, **value})
    answer = nodes.read(NODE.format("NDATA"), build({"alias": 3, **value}, seq=1), is_again=False)
    assert [(one.tag, one.value, one.quality, one.time_us) for one in answer.readings] == [
        ("FT1", expected, "GOOD", AT_MS * 1000)
    ]
    assert (answer.rebirth, answer.missed) == ("", 0)


def test_null_is_bad_text_is_rejected_and_the_property_quality_counts() -> None:
    nodes = Nodes("{device}/{metric}")
    names = [{"name": name, "alias": place, "datatype": 10, "is_null": True} for place, name in enumerate("abc")]
    nodes.read(DEVICE.format("DBIRTH"), build(*names, seq=1), is_again=False)
    stale = {"keys": ["Quality"], "values": [{"type": 3, "int_value": 500}]}
    data = build(
        {"alias": 0, "is_null": True},
        {"alias": 1, "string_value": "high"},
        {"alias": 2, "double_value": 1.0, "properties": stale},
        seq=2,
    )
    answer = nodes.read(DEVICE.format("DDATA"), data, is_again=False)
    assert [(one.tag, one.value, one.quality) for one in answer.readings] == [
        ("unit/a", None, "BAD"),
        ("unit/c", 1.0, "UNCERTAIN"),
    ]
    assert [(one.tag, one.reason) for one in answer.rejects] == [
        ("unit/b", "value of the kind string_value is not a number")
    ]


def test_a_death_makes_all_tags_bad_unless_it_is_of_a_former_session() -> None:
    nodes = Nodes("{metric}")
    bear(nodes, {"name": "FT1", "alias": 1, "datatype": 10, "double_value": 1.0}, session=4)
    nodes.read(DEVICE.format("DBIRTH"), build({"name": "TI1", "datatype": 9, "float_value": 2.0}), is_again=False)
    old = nodes.read(NODE.format("NDEATH"), build({"name": "bdSeq", "long_value": 3}), is_again=False)
    assert old.readings == ()
    device = nodes.read(DEVICE.format("DDEATH"), build(seq=1), is_again=False)
    assert [(one.tag, one.value, one.quality) for one in device.readings] == [("TI1", None, "BAD")]
    dead = nodes.read(NODE.format("NDEATH"), build({"name": "bdSeq", "long_value": 4}), is_again=False)
    assert [(one.tag, one.quality) for one in dead.readings] == [("FT1", "BAD"), ("TI1", "BAD")]


def test_missing_messages_are_counted_and_a_birth_is_asked_for() -> None:
    nodes = Nodes("{metric}")
    bear(nodes, {"name": "FT1", "alias": 1, "datatype": 10, "double_value": 1.0})
    data = {"alias": 1, "double_value": 2.0}
    assert nodes.read(NODE.format("NDATA"), build(data, seq=1), is_again=False).missed == 0
    late = nodes.read(NODE.format("NDATA"), build(data, seq=4), is_again=False)
    assert (late.missed, late.rebirth) == (2, "spBv1.0/Fjord/NCMD/edge")
    assert nodes.read(NODE.format("NDATA"), build(data, seq=2), is_again=True).missed == 0
    unknown = nodes.read(NODE.format("NDATA"), build({"alias": 9, "double_value": 1.0}, seq=5), is_again=False)
    assert unknown.rebirth
    assert "alias 9 is unknown: no birth named it; asked for one" in unknown.rejects[0].reason
    assert not late.readings


def read(nodes: Nodes, kind: str, *metrics: dict[str, Any], seq: int | None = None, at: str = NODE) -> Any:
    return nodes.read(at.format(kind), build(*metrics, seq=seq), is_again=False)


def restart(nodes: Nodes) -> Nodes:
    return Nodes("{metric}", json.loads(json.dumps(nodes.build_state({})())))


FT1 = {"name": "FT1", "alias": 1, "datatype": 10, "double_value": 1.0}
TI1 = {"name": "TI1", "alias": 1, "datatype": 10, "double_value": 80.0}
DATA = {"alias": 1, "double_value": 80.5}


def lose_connection(nodes: Nodes) -> Nodes:
    nodes.doubt_all()
    return nodes


def die(nodes: Nodes) -> Nodes:
    read(nodes, "NDEATH", {"name": "bdSeq", "long_value": 4})
    return nodes


def miss(nodes: Nodes) -> Nodes:
    read(nodes, "NDATA", {"alias": 1, "double_value": 2.0}, seq=1)
    read(nodes, "NDATA", {"alias": 9, "double_value": 2.0}, seq=7)
    return nodes


@pytest.mark.parametrize("shake", [restart, lose_connection, die, miss])
@pytest.mark.parametrize("at", [NODE, DEVICE])
def test_aliases_from_before_are_not_believed(shake: Callable[[Nodes], Nodes], at: str) -> None:
    nodes = Nodes("{metric}")
    kinds = ("NBIRTH", "NDATA") if at == NODE else ("DBIRTH", "DDATA")
    bear(nodes, FT1, session=4)
    if at == DEVICE:
        read(nodes, "DBIRTH", FT1, at=DEVICE)
    nodes = shake(nodes)
    answer = read(nodes, kinds[1], DATA, at=at)
    assert (answer.readings, answer.rejects) == ((), ())
    assert (answer.rebirth, answer.doubt is None) == ("spBv1.0/Fjord/NCMD/edge", False)
    waiting = at.format(kinds[1]), build(DATA), answer.doubt
    assert nodes.read_waiting(*waiting) is None
    bear(nodes, TI1, session=5)  # it was born anew in between, with other aliases
    settled = nodes.read_waiting(*waiting)
    assert settled is not None
    assert settled.readings == ()
    assert "alias 1 is unknown: its node has reassigned it since it was sent" in settled.rejects[0].reason
    if at == NODE:
        assert [one.tag for one in read(nodes, "NDATA", DATA).readings] == ["TI1"]


@pytest.mark.parametrize("shake", [restart, lose_connection, miss])
def test_what_came_in_doubt_is_taken_where_the_next_birth_says_the_same(shake: Callable[[Nodes], Nodes]) -> None:
    nodes = Nodes("{metric}")
    bear(nodes, FT1, session=4)
    read(nodes, "DBIRTH", {**TI1, "name": "TI2"}, at=DEVICE)
    nodes = shake(nodes)
    of_node = NODE.format("NDATA"), build(DATA), read(nodes, "NDATA", DATA).doubt
    of_device = DEVICE.format("DDATA"), build(DATA), read(nodes, "DDATA", DATA, at=DEVICE).doubt
    bear(nodes, FT1, session=4)
    settled = nodes.read_waiting(*of_node)
    assert settled is not None
    assert [(one.tag, one.value) for one in settled.readings] == [("FT1", 80.5)]
    assert nodes.read_waiting(*of_device) is None
    read(nodes, "DBIRTH", {**TI1, "name": "TI2"}, at=DEVICE)
    settled = nodes.read_waiting(*of_device)
    assert settled is not None
    assert [one.tag for one in settled.readings] == ["TI2"]


def test_a_birth_between_two_that_agree_still_takes_the_aliases_away() -> None:
    nodes = lose_connection(Nodes("{metric}"))
    bear(nodes, {"name": "a", "alias": 7, "datatype": 10, "double_value": 1.0}, session=4)
    read(nodes, "DBIRTH", FT1, at=DEVICE)
    nodes.doubt_all()
    waiting = DEVICE.format("DDATA"), build(DATA), read(nodes, "DDATA", DATA, at=DEVICE).doubt
    read(nodes, "DBIRTH", TI1, at=DEVICE)  # before the node's own birth
    settled = nodes.read_waiting(*waiting)
    assert settled is not None
    assert settled.readings == ()


def test_a_node_without_a_session_cannot_prove_anything() -> None:
    nodes = Nodes("{metric}")
    read(nodes, "NBIRTH", FT1, seq=0)
    nodes.doubt_all()
    answer = read(nodes, "NDATA", DATA, {"name": "FT1", "double_value": 3.0}, seq=1)
    assert answer.doubt is None
    assert [(one.tag, one.value) for one in answer.readings] == [("FT1", 3.0)]  # a name says itself what it is
    assert "alias 1 is unknown" in answer.rejects[0].reason


def test_session_and_sequence_outlive_a_restart() -> None:
    nodes = Nodes("{metric}")
    bear(nodes, FT1, session=4)
    read(nodes, "NDATA", DATA, seq=1)
    again = restart(nodes)
    assert again.build_state({})() == nodes.build_state({})()
    assert read(again, "NDEATH", {"name": "bdSeq", "long_value": 3}).readings == ()
    assert read(again, "NDATA", DATA, seq=5).missed == 3
    assert [one.quality for one in read(again, "NDEATH", {"name": "bdSeq", "long_value": 4}).readings] == ["BAD"]


def test_a_birth_that_is_sent_again_does_not_prove_that_it_is_the_last() -> None:
    nodes = Nodes("{metric}")
    birth = build({"name": "bdSeq", "datatype": 4, "long_value": 4}, FT1, seq=0)
    answer = nodes.read(NODE.format("NBIRTH"), birth, is_again=True)
    assert [one.tag for one in answer.readings] == ["FT1"]
    assert read(nodes, "NDATA", DATA, seq=1).doubt is not None


def test_each_device_has_its_own_aliases() -> None:
    nodes = Nodes("{device}/{metric}")
    bear(nodes)
    other = DEVICE + "2"
    read(nodes, "DBIRTH", FT1, at=DEVICE)
    read(nodes, "DBIRTH", TI1, at=other)
    assert [one.tag for one in read(nodes, "DDATA", DATA, at=DEVICE).readings] == ["unit/FT1"]
    assert [one.tag for one in read(nodes, "DDATA", DATA, at=other).readings] == ["unit2/TI1"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda raw: raw.replace(b"FT2", b"F\xff2"), "has a name that is not UTF-8"),
        (lambda raw: raw.replace(b"\x0a\x03FT2", b"\x0a\x7fFT2"), "is not a Sparkplug B metric"),
    ],
)
def test_one_bad_metric_of_a_birth_does_not_lose_the_others(change: Callable[[bytes], bytes], words: str) -> None:
    nodes = Nodes("{metric}")
    named = [{**FT1, "name": name, "alias": alias} for alias, name in enumerate(("FT1", "FT2", "FT3"))]
    raw = build({"name": "bdSeq", "datatype": 4, "long_value": 0}, *named, seq=0)
    assert change(raw) != raw
    answer = nodes.read(NODE.format("NBIRTH"), change(raw), is_again=False)
    assert [one.tag for one in answer.readings] == ["FT1", "FT3"]
    assert [one.reason[: len(words)] for one in answer.rejects] == [words]
    assert answer.rebirth == ""
    data = read(nodes, "NDATA", *({"alias": alias, "double_value": 2.0} for alias in range(3)), seq=1)
    assert [one.tag for one in data.readings] == ["FT1", "FT3"]


@given(st.integers(0, 10**6), st.integers(0, 255))
def test_a_birth_that_is_wrong_in_one_metric_keeps_the_others(where: int, byte: int) -> None:
    metrics = [{**FT1, "name": f"FT{alias}", "alias": alias} for alias in range(5)]
    whole = [build_payload_class()(metrics=[one]).SerializeToString() for one in metrics]
    bad = bytearray(whole[2])
    bad[2 + where % (len(bad) - 2)] = byte  # inside the metric, behind its length
    assume(not any(f"FT{other}".encode() in bad for other in (0, 1, 3, 4)))  # it would say so itself
    nodes = Nodes("{metric}")
    answer = nodes.read(NODE.format("NBIRTH"), build(seq=0) + b"".join([*whole[:2], bad, *whole[3:]]), is_again=False)
    assert {"FT0", "FT1", "FT3", "FT4"} <= {one.tag for one in answer.readings}
    data = read(nodes, "NDATA", *({"alias": alias, "double_value": alias} for alias in range(5)), seq=1)
    found = {one.tag: one.value for one in data.readings}
    doubled = {f"FT{one.reason.split()[1]}" for one in answer.rejects if "is given twice" in one.reason}
    taken = {"FT0", "FT1", "FT3", "FT4"} - doubled
    assert taken <= found.keys()
    assert all(found[tag] == float(tag[2:]) for tag in taken)


def test_an_alias_that_two_metrics_have_is_nobodys() -> None:
    nodes = Nodes("{metric}")
    answer = bear(nodes, FT1, TI1)
    assert [one.tag for one in answer.readings] == ["FT1", "TI1"]
    assert "alias 1 is given twice by its birth" in answer.rejects[0].reason
    assert read(nodes, "NDATA", DATA, seq=1).readings == ()


def test_true_is_no_number_where_a_number_is_declared() -> None:
    nodes = Nodes("{metric}")
    bear(nodes, FT1)
    answer = read(nodes, "NDATA", {"alias": 1, "boolean_value": True}, seq=1)
    assert answer.readings == ()
    assert "value true is not a number" in answer.rejects[0].reason


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        {"names": []},
        {"names": [[]], "aliases": [], "session": 1},
        {"names": [["/FT1", 7, "", 10]], "aliases": [], "session": 1},
        {"names": [], "aliases": [["x", "FT1", "", 10]], "session": 1},
        {"names": [], "aliases": [[1, "FT1"]], "session": 1},
        {"names": [], "aliases": [], "session": "four"},
        {"names": 3, "aliases": [], "session": 1},
    ],
)
def test_a_record_of_another_shape_costs_its_own_node_alone(entry: object) -> None:
    good = Nodes("{metric}")
    bear(good, FT1, session=4)
    nodes = Nodes("{metric}", {**good.build_state({})(), "Fjord/other": entry})
    assert (nodes.list_places(), nodes.unreadable) == (["Fjord/edge"], ["Fjord/other"])


def test_nodes_and_names_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elc.listen.sparkplug.nodes.MOST_NODES", 10)
    nodes = Nodes("{metric}")
    for number in range(30):
        read(nodes, "NBIRTH", FT1, seq=0, at=f"spBv1.0/Fjord/{{}}/edge{number}")
        read(nodes, "NDATA", DATA, seq=5, at=f"spBv1.0/Fjord/{{}}/nobody{number}")
    assert nodes.list_places() == [f"Fjord/edge{number}" for number in range(20, 30)]
    answer = nodes.read(NODE.format("NDATA"), b"\x12\x00" * 100_001, is_again=False)
    assert "holds 100,001 metrics, expected at most 100,000" in answer.rejects[0].reason


@given(st.binary(max_size=80), st.sampled_from(["NBIRTH", "NDATA", "NDEATH", "DBIRTH", "DDATA", "DDEATH"]))
def test_no_payload_breaks_the_reader(payload: bytes, kind: str) -> None:
    nodes = Nodes("{metric}")
    bear(nodes, {"name": "FT1", "alias": 1, "datatype": 10, "double_value": 1.0})
    answer = nodes.read(DEVICE.format(kind), payload, is_again=False)
    assert all(reading.tag and reading.quality in ("GOOD", "UNCERTAIN", "BAD") for reading in answer.readings)

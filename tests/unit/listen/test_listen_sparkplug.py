"""Sparkplug B: births and aliases, kinds of values, deaths, and messages that are missing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
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
        ("unit/b", "value of the kind string_value is no number")
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


def test_what_is_known_of_nodes_outlives_a_restart() -> None:
    nodes = Nodes("{metric}")
    bear(nodes, {"name": "FT1", "alias": 1, "datatype": 3, "int_value": 1})
    again = Nodes("{metric}", nodes.build_state())
    answer = again.read(NODE.format("NDATA"), build({"alias": 1, "int_value": 0xFFFFFFFF}, seq=9), is_again=False)
    assert [(one.tag, one.value) for one in answer.readings] == [("FT1", -1.0)]
    assert again.build_state() == nodes.build_state()


@given(st.binary(max_size=80), st.sampled_from(["NBIRTH", "NDATA", "NDEATH", "DBIRTH", "DDATA", "DDEATH"]))
def test_no_payload_breaks_the_reader(payload: bytes, kind: str) -> None:
    nodes = Nodes("{metric}")
    bear(nodes, {"name": "FT1", "alias": 1, "datatype": 10, "double_value": 1.0})
    answer = nodes.read(DEVICE.format(kind), payload, is_again=False)
    assert all(reading.tag and reading.quality in ("GOOD", "UNCERTAIN", "BAD") for reading in answer.readings)

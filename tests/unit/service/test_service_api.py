"""The interface: right answers, and for every wrong request the status, the field and what is expected."""

from __future__ import annotations

import json
import logging
import socket
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st
from starlette.testclient import TestClient

from elc.fields import AGE, ENERGY, GAP, IS_OUTSIDE
from elc.paths import Project
from elc.service.api import requests
from elc.service.api.arrow import MEDIA_TYPE
from elc.service.api.predict import ANSWERS
from elc.service.app import build_app
from elc.service.clients import Client
from elc.service.guard import Guard, open_access
from elc.settings import Settings
from tests.unit.service.conftest import Serve
from tests.unit.service.packages import AIR, FLUE, LOAD, RATIO, ROW, find_energy

PREDICT, GAPS = "/plants/fjord/predict", "/plants/fjord/gap"
WHOLE = {**ROW, FLUE: 2.0, RATIO: 3.0}


@pytest.fixture
def client(serve: Serve) -> TestClient:
    return serve()


def test_prediction_is_what_the_package_gives(client: TestClient) -> None:
    found = client.post(PREDICT, json={"rows": [ROW, {LOAD: 55.0, AIR: 0}]}).json()
    assert {key: found[key] for key in ("plant", "version", "environment")} == {
        "plant": "fjord",
        "version": "candidate",
        "environment": "",
    }
    assert [[row[name] for name in ANSWERS] for row in found["rows"]] == [find_energy(50, 10), find_energy(55, 0)]
    assert [row[IS_OUTSIDE] for row in found["rows"]] == [False, False]
    assert client.post(PREDICT, json={"rows": [{LOAD: 90.0, AIR: 10.0}]}).json()["rows"][0][IS_OUTSIDE]


def test_all_set_points_give_what_is_expected_of_them(client: TestClient) -> None:
    (row,) = client.post(PREDICT, json={"rows": [WHOLE]}).json()["rows"]
    assert row["expected_gj_per_h"] == pytest.approx(20 * 50 + 10 + 3.1 * 2 - 5.1 * 3 + 20, rel=1e-6)
    refused = client.post(PREDICT, json={"rows": [{**ROW, FLUE: 2.0}]})
    assert refused.status_code == 422
    assert refused.json()["detail"] == "The rows give some set-points but not others: give all of them, or none."
    assert refused.json()["errors"][0]["field"] == f"/rows/0/{RATIO}"


def test_units_are_converted(client: TestClient) -> None:
    body = {"rows": [{LOAD: 50_000.0, AIR: 50.0}], "units": {AIR: "degF", LOAD: "kg/h"}}
    (row,) = client.post(PREDICT, json=body).json()["rows"]
    assert [row[name] for name in ANSWERS] == pytest.approx(find_energy(50, 10), rel=1e-6)


def test_gap_adds_up_and_names_moves(client: TestClient) -> None:
    (row,) = client.post(GAPS, json={"rows": [{**WHOLE, FLUE: 4.5, RATIO: 2.6, ENERGY: 1040.0}]}).json()["rows"]
    assert row[GAP] == pytest.approx(30.0)
    rest = row["good_hours_gj_per_h"] + row["unexplained_gj_per_h"]
    assert row[GAP] == pytest.approx(sum(one["share_gj_per_h"] for one in row["shares"]) + rest)
    assert row["money_per_h"] == pytest.approx(30 * 10.5)
    assert {one["setpoint"] for one in row["moves"]} == {FLUE, RATIO}
    assert all(one["saving_gj_per_h"] > 0 for one in row["moves"])
    assert row["reason"] == ""


def test_gap_outside_the_envelope_is_none(client: TestClient) -> None:
    (row,) = client.post(GAPS, json={"rows": [{**WHOLE, LOAD: 90.0, ENERGY: 2000.0}]}).json()["rows"]
    assert (row[GAP], row["shares"], row["moves"], row["reason"]) == (None, [], [], "no_gap")


@pytest.mark.parametrize(
    ("body", "status", "field", "found", "expected"),
    [
        ([], 422, "", "a list", 'an object: {"rows": [{...}]}'),
        ({"rows": []}, 422, "/rows", "a list", "a list of at least one row"),
        ({"row": [ROW]}, 422, "/row", "the text 'row'", "rows, and units where they differ"),
        ({"rows": [1]}, 422, "/rows/0", "1", "an object of columns and numbers"),
        ({"rows": [ROW, None]}, 422, "/rows/1", "null", "an object of columns and numbers"),
        ({"rows": [{LOAD: 50.0}]}, 422, f"/rows/0/{AIR}", "nothing", "a number in °C"),
        (
            {"rows": [{**ROW, "air_tmp_degc": 1}]},
            422,
            "/rows/0/air_tmp_degc",
            "a column that the model does not know",
            "air_temp_degc?",
        ),
        ({"rows": [{**ROW, AIR: "10"}]}, 422, f"/rows/0/{AIR}", "the text '10'", "a number in °C, below 1e15"),
        ({"rows": [{**ROW, AIR: True}]}, 422, f"/rows/0/{AIR}", "true", "a number in °C, below 1e15"),
        ({"rows": [{**ROW, AIR: None}]}, 422, f"/rows/0/{AIR}", "null", "a number in °C, below 1e15"),
        ({"rows": [{**ROW, AIR: 1e308}]}, 422, f"/rows/0/{AIR}", "1e+308", "a number in °C, below 1e15"),
        ({"rows": [{**ROW, AIR: 10**300}]}, 422, f"/rows/0/{AIR}", "1e+300", "a number in °C, below 1e15"),
        (
            {"rows": [ROW, {**ROW, FLUE: 2.0}]},
            422,
            f"/rows/1/{FLUE}",
            "a column that the first row does not have",
            "the same columns in each row",
        ),
        (
            {"rows": [ROW], "units": {AIR: "GJ"}},
            422,
            f"/units/{AIR}",
            "the text 'GJ'",
            "°C, or a unit that can be converted to it",
        ),
        ({"rows": [ROW], "units": {AIR: 3}}, 422, f"/units/{AIR}", "3", "a unit as text, as in degF"),
        ({"rows": [ROW], "units": {"air": "degF"}}, 422, "/units/air", "the text 'air'", None),
        ({"rows": [ROW], "units": {FLUE: "%"}}, 422, f"/units/{FLUE}", f"the text '{FLUE}'", "a column of the rows"),
    ],
)
def test_wrong_field_is_named(
    client: TestClient, body: Any, status: int, field: str, found: str, expected: str | None
) -> None:
    answer = client.post(PREDICT, json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    (fault,) = answer.json()["errors"]
    assert (fault["field"], fault["found"]) == (field, found)
    assert expected is None or fault["expected"] == expected


def test_bodies_that_are_none(client: TestClient) -> None:
    broken = client.post(PREDICT, content=b'{"rows": [{"load_t_per_h": NaN}]}')
    assert broken.status_code == 400
    assert "not valid JSON" in broken.json()["detail"]
    assert client.post(PREDICT, content=b"a=1", headers={"Content-Type": "text/plain"}).status_code == 415
    assert client.post(PREDICT, content=b"nothing", headers={"Content-Type": MEDIA_TYPE}).status_code == 400
    many = client.post(PREDICT, json={"rows": [ROW] * 10_001})
    assert (many.status_code, many.json()["detail"]) == (
        413,
        "The request has 10,001 rows; 10,000 are allowed. Split it into several requests.",
    )
    faults = client.post(PREDICT, json={"rows": [{**ROW, AIR: "x"}] * 50}).json()
    assert faults["detail"] == "20 fields are not as expected, and more."
    assert len(faults["errors"]) == 20


def build_stream(table: pa.Table, compression: str | None = None) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def test_arrow_is_answered_in_arrow(client: TestClient) -> None:
    table = pa.table({AIR: [10.0, 0.0], LOAD: [50, 55]})
    answer = client.post(PREDICT, content=build_stream(table), headers={"Content-Type": MEDIA_TYPE})
    assert answer.headers["content-type"] == MEDIA_TYPE
    found = pa.ipc.open_stream(answer.content).read_all()
    assert [found[name].to_pylist() for name in ANSWERS] == [
        list(pair) for pair in zip(find_energy(50, 10), find_energy(55, 0), strict=True)
    ]
    assert found.schema.metadata[b"version"] == b"candidate"


@pytest.mark.parametrize(
    ("table", "compression", "status", "words"),
    [
        (pa.table({LOAD: ["50"], AIR: [1.0]}), None, 422, "column load_t_per_h is string"),
        (pa.table([[1.0], [1.0]], names=[LOAD, LOAD]), None, 422, "a column appears twice"),
        (pa.table({LOAD: [float("nan")], AIR: [1.0]}), None, 422, "1 field is not as expected."),
        (pa.table({LOAD: [50.0], AIR: [1.0]}), "zstd", 415, "compressed"),
        (pa.table({LOAD: [50.0] * 10_001, AIR: [1.0] * 10_001}), None, 413, "more than 10,000 rows"),
    ],
)
def test_arrow_that_is_refused(
    client: TestClient, table: pa.Table, compression: str | None, status: int, words: str
) -> None:
    answer = client.post(PREDICT, content=build_stream(table, compression), headers={"Content-Type": MEDIA_TYPE})
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.json()


def test_plant_that_is_unknown_forbidden_or_without_a_version(serve: Serve) -> None:
    client = serve(Client("shift", ("fjord", "steppe"), ("read",)))
    asked = {name: client.post(f"/plants/{name}/predict", json={"rows": [ROW]}) for name in ("nowhere", "delta")}
    assert [one.status_code for one in asked.values()] == [404, 404]
    assert asked["nowhere"].json() == asked["delta"].json()
    assert "delta" not in asked["delta"].text
    assert client.post("/plants/steppe/predict", json={"rows": [ROW]}).status_code == 503
    assert [one["plant"] for one in client.get("/plants").json()["plants"]] == ["fjord", "steppe"]


def test_card_lists_what_is_asked_for(client: TestClient) -> None:
    card = client.get("/plants/fjord/card").json()
    assert [one["column"] for one in card["features"]] == [LOAD, AIR]
    assert {one["column"]: (one["limit_low"], one["limit_high"]) for one in card["setpoints"]}[FLUE] == (1.0, 6.0)
    assert AGE not in json.dumps(card)


def test_document_describes_every_route(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) == {
        "/plants",
        "/plants/{plant}/card",
        "/plants/{plant}/predict",
        "/plants/{plant}/gap",
        "/invocations",
        "/healthz",
        "/readyz",
        "/ping",
    }
    assert "servers" not in document
    for path in ("predict", "gap"):
        content = document["paths"][f"/plants/{{plant}}/{path}"]["post"]["requestBody"]["content"]["application/json"]
        assert client.post(f"/plants/fjord/{path}", json=content["examples"]["median"]["value"]).status_code == 200


def test_counts_are_as_prometheus_reads_them(client: TestClient) -> None:
    client.post(PREDICT, json={"rows": [ROW]})
    client.post(PREDICT, json={"rows": []})
    text = client.get("/metrics").text
    assert 'elc_requests_total{kind="predict",outcome="answered",plant="fjord"} 1.0' in text
    assert 'elc_requests_total{kind="predict",outcome="refused",plant="fjord"} 1.0' in text


NAMES = st.sampled_from(["rows", "units", LOAD, AIR, "x"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner),
)
BODIES = st.binary(max_size=300) | VALUES.map(lambda found: json.dumps(found).encode())


@tries(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=BODIES)
@pytest.mark.parametrize("kind", ["application/json", MEDIA_TYPE])
def test_no_body_is_a_fault_of_the_service(client: TestClient, kind: str, content: bytes) -> None:
    assert client.post(PREDICT, content=content, headers={"Content-Type": kind}).status_code in (
        200,
        400,
        413,
        415,
        422,
    )


@tries(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place_of=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_damaged_arrow_is_refused(client: TestClient, place_of: int, byte: int) -> None:
    stream = bytearray(build_stream(pa.table({LOAD: [50.0, 51.0], AIR: [1.0, 2.0]})))
    stream[place_of % len(stream)] = byte
    answer = client.post(PREDICT, content=bytes(stream), headers={"Content-Type": MEDIA_TYPE})
    assert answer.status_code in (200, 400, 413, 415, 422)


def test_readiness_says_that_plants_are_being_loaded(place: Project, settings: Settings) -> None:
    """Through the guard, as `elc serve` answers; the application has not started, so that no plant is loaded."""
    app = build_app(place, settings, environment="", others=[])
    access = open_access(place, settings.serve, log=logging.getLogger("test"))
    client = TestClient(
        Guard(app, access=access, log=logging.getLogger("test"), count=print),
        "http://127.0.0.1",
        client=("127.0.0.1", 50000),
    )
    reply = client.get("/readyz")
    assert (reply.status_code, reply.headers["content-type"]) == (503, "application/problem+json")
    assert reply.json() == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "The plants are being loaded: 0 of 3 so far. Try again in a few seconds.",
        "state": "loading",
        "plants": 0,
        "expected": 3,
    }
    assert client.get("/ping").json() == reply.json()
    app.state.fleet.doubts |= dict.fromkeys(app.state.fleet.plants, "card.json was not found")
    unusable = client.get("/readyz").json()
    assert unusable["detail"].startswith("No plant has a version that can be used: 0 of 3 were")
    assert unusable["state"] == "unusable"


def test_readiness_tells_how_many_plants_answer(client: TestClient) -> None:
    for path in ("/readyz", "/ping"):
        assert client.get(path).json() == {"status": "ready", "plants": 2, "expected": 3}


@pytest.mark.parametrize("unit", ["9**9**9**9", "degC**9**9**9", "(degC", "2 degC", "degC" * 10, "m**9**9**9/s"])
def test_a_unit_that_would_be_worked_out_for_ever_is_refused_at_once(client: TestClient, unit: str) -> None:
    start = time.perf_counter()
    refused = client.post(PREDICT, json={"rows": [ROW], "units": {AIR: unit}})
    assert time.perf_counter() - start < 2.0
    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {
            "field": f"/units/{AIR}",
            "found": f"the text {unit!r}",
            "expected": "°C, or a unit that can be converted to it",
        }
    ]


def test_long_names_are_cut_and_compared_with_nothing(client: TestClient) -> None:
    start = time.perf_counter()
    name = "load" * 500_000
    for body in ({"rows": [ROW | {name + str(n): 1 for n in range(3)}]}, {name: 1}):
        refused = client.post(PREDICT, content=json.dumps(body))
        assert refused.status_code == 422
        assert len(refused.content) < 3_000
    assert time.perf_counter() - start < 3.0


def test_the_service_gives_signs_of_life(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        receiver.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        serve()
        assert {receiver.recv(100) for _ in range(2)} == {b"WATCHDOG=1"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"rows": [' + b"[]," * 1_000_000 + b"[]]}",
        b'{"rows": [' + b"{}," * 1_000_000 + b"{}]}",
        b"[" + b"1," * 3_000_000,
    ],
    ids=["lists", "objects", "numbers"],
)
def test_a_body_of_too_many_parts_is_refused_before_it_is_read(client: TestClient, body: bytes) -> None:
    tracemalloc.start()
    refused = client.post(PREDICT, content=body)
    assert tracemalloc.get_traced_memory()[1] < 4 * len(body)
    tracemalloc.stop()
    assert refused.status_code == 413
    assert "more values than" in refused.json()["detail"]


def test_arrow_columns_are_looked_up_before_they_are_converted(client: TestClient) -> None:
    wide = pa.table({f"column_{number}": np.zeros(1000) for number in range(800)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, wide.schema) as writer:
        writer.write_table(wide)
    tracemalloc.start()
    refused = client.post(PREDICT, content=sink.getvalue().to_pybytes(), headers={"content-type": MEDIA_TYPE})
    assert tracemalloc.get_traced_memory()[1] < 40_000_000
    tracemalloc.stop()
    assert (refused.status_code, len(refused.json()["errors"])) == (422, 20)


def test_bodies_under_way_have_one_bound(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MOST_HELD", 1000)
    refused = client.post(PREDICT, content=b" " * 2000)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert client.post(PREDICT, json={"rows": [ROW]}).status_code == 200

"""The forms of requests and answers besides our JSON and Arrow: CSV, MLflow's JSON, gzip; and `/invocations`."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
import zlib
from typing import Any

import pytest
from starlette.requests import HTTPConnection

from elc.fields import AGE, ENERGY, IS_OUTSIDE
from elc.service.api.address import find_asked
from elc.service.api.csv_rows import parse_csv
from elc.service.api.frames import read_frame
from elc.service.api.media import ARROW, CSV, JSON, read_forms
from elc.service.api.packed import unpack
from elc.service.api.predict import ANSWERS
from elc.service.clients import CLIENT, Client
from elc.service.problems import ProblemError
from tests.unit.service.conftest import Serve
from tests.unit.service.packages import AIR, FLUE, LOAD, RATIO, ROW, find_energy

PREDICT, INVOKE = "/plants/fjord/predict", "/invocations?plant=fjord"
FEATURES, SETPOINTS = (LOAD, AIR), (FLUE, RATIO)
HEAD = ",".join((*ANSWERS, IS_OUTSIDE))
PREDICTED = ",".join([*map(str, find_energy(50, 10)), "false"])
KNOWN = (JSON, CSV, ARROW)


def build_scope(headers: dict[str, str], *, path: str = "/invocations", query: str = "", **more: Any) -> dict[str, Any]:
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "path": path, "query_string": query.encode(), "headers": pairs, **more}


def test_forms_of_questions_have_their_answers(serve: Serve) -> None:
    client = serve(Client("dcs", ("fjord",), ("read",)))
    named, plain = f"{AIR},{LOAD}\r\n10,50.0\r\n", b"50,10\n"
    split = {"dataframe_split": {"index": [7], "columns": [AIR, LOAD], "data": [[10, 50]]}}
    told = {"plant": "fjord", "version": "candidate", "environment": ""}
    answer = dict(zip(ANSWERS, find_energy(50, 10), strict=True)) | {IS_OUTSIDE: False}
    for path in (PREDICT, "/invocations"):
        reply = client.post(path, content=named, headers={"Content-Type": "text/csv"})
        assert (reply.status_code, reply.text) == (200, f"{HEAD}\n{PREDICTED}\n")
        assert reply.headers["content-type"] == "text/csv; charset=utf-8; header=present"
        assert reply.headers["x-elc-version"] == "candidate"
        reply = client.post(path, content=plain, headers={"Content-Type": "text/csv; header=absent"})
        assert (reply.text, reply.headers["content-type"]) == (
            f"{PREDICTED}\n",
            "text/csv; charset=utf-8; header=absent",
        )
        for frame in (split, {"dataframe_records": [ROW]}, {"instances": [ROW]}):
            assert client.post(path, json=frame).json() == {**told, "predictions": [answer]}
        reply = client.post(path, content=named, headers={"Content-Type": "text/csv", "Accept": JSON})
        assert reply.json() == {**told, "rows": [answer]}
        packed = gzip.compress(json.dumps({"rows": [ROW]}).encode())
        reply = client.post(path, content=packed, headers={"Content-Encoding": "gzip", "Accept": "text/*"})
        assert reply.text == f"{HEAD}\n{PREDICTED}\n"
    many = "\n".join([f"{LOAD},{AIR}", *["50,10"] * 3000])
    reply = client.post(
        PREDICT, content=gzip.compress(many.encode()), headers={"Content-Type": CSV, "Content-Encoding": "gzip"}
    )
    assert reply.text.splitlines() == [HEAD, *[PREDICTED] * 3000]


def test_all_set_points_are_expected_in_csv_too(serve: Serve) -> None:
    client = serve()
    for head, kind in ((f"{LOAD},{AIR},{FLUE},{RATIO}\n", CSV), ("", f"{CSV};header=absent")):
        reply = client.post(INVOKE, content=f"{head}50,10,2,3", headers={"Content-Type": kind, "Accept": JSON})
        assert reply.json()["rows"][0]["expected_gj_per_h"] == pytest.approx(1020.9, rel=1e-6)
    gap = {LOAD: 50, AIR: 10, FLUE: 2, RATIO: 3, ENERGY: 1040}
    csv = ",".join(gap) + "\n" + ",".join(map(str, gap.values()))
    refused = client.post("/plants/fjord/gap", content=csv, headers={"Content-Type": CSV})
    assert (refused.status_code, refused.json()["detail"]) == (
        415,
        "A body of 'text/csv' is not taken here. Send application/json.",
    )
    packed = gzip.compress(json.dumps({"rows": [gap]}).encode())
    assert client.post("/plants/fjord/gap", content=packed, headers={"Content-Encoding": "gzip"}).status_code == 200


def test_several_plants_are_to_be_named(serve: Serve) -> None:
    client = serve()
    refused = client.post("/invocations", json={"rows": [ROW]})
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")
    assert refused.json()["detail"].startswith("There are several plants, so name one: /invocations?plant=...")
    named = client.post(
        "/invocations", json={"rows": [ROW]}, headers={"X-Amzn-SageMaker-Custom-Attributes": "plant=delta"}
    )
    assert named.json()["plant"] == "delta"
    assert client.post("/invocations?plant=moon", json={"rows": [ROW]}).status_code == 404
    assert client.get("/invocations").status_code == 405
    assert 'elc_requests_total{kind="predict",outcome="answered",plant="delta"} 1.0' in client.get("/metrics").text


@pytest.mark.parametrize(
    ("plants", "query", "attributes", "found"),
    [
        (("fjord",), "", "", "fjord"),
        (("all",), "plant=delta", "", "delta"),
        (("all",), "", "trace=7; plant=delta", "delta"),
        (("all",), "plant=delta&x=1", "plant=delta,trace=7", "delta"),
        (
            ("fjord",),
            "plant=delta",
            "",
            "delta",
        ),  # which this key may not see: refused later, by the same words as ever
        (("all",), "", "transplant=delta", 400),
        (("all",), "plant=delta&plant=fjord", "", 400),
        (("all",), "plant=delta", "plant=fjord", 400),
        (("all",), "&".join(["a=1"] * 30), "", 400),
        (("moon",), "", "", 404),
    ],
)
def test_the_plant_of_an_invocation(plants: tuple[str, ...], query: str, attributes: str, found: str | int) -> None:
    headers = {"X-Amzn-SageMaker-Custom-Attributes": attributes} if attributes else {}
    scope = build_scope(headers, path="/elc/invocations", query=query, root_path="/elc")
    scope[CLIENT] = Client("dcs", plants, ("read",))
    assert HTTPConnection(scope).scope is scope
    if isinstance(found, str):
        assert find_asked(scope, ["fjord", "delta"]) == (found, "predict")
    else:
        with pytest.raises(ProblemError) as refused:
            find_asked(scope, ["fjord", "delta"])
        assert refused.value.status == found


def read_csv(text: str | bytes, *, has_header: bool = True, max_rows: int = 3) -> Any:
    body = text if isinstance(text, bytes) else text.encode()
    return parse_csv(body, has_header=has_header, features=FEATURES, setpoints=SETPOINTS, max_rows=max_rows)["rows"]


def test_csv_as_programs_write_it() -> None:
    expected = [{LOAD: 50.0, AIR: -1.5}, {LOAD: 60.0, AIR: 0.1}]
    assert read_csv(f"\ufeff{LOAD}, {AIR}\r\n50,-1.5\r\n6e1,.1\r\n\r\n") == expected
    assert read_csv(f'"{LOAD}","{AIR}"\n"50"," -1.5 "\n60.,+0.1') == expected
    assert read_csv("50,-1.5\r60,0.1", has_header=False) == expected
    assert read_csv("1,2,3,4", has_header=False) == [{LOAD: 1, AIR: 2, FLUE: 3, RATIO: 4}]


@pytest.mark.parametrize(
    ("body", "has_header", "field", "found", "expected"),
    [
        ("50,10\n51,11", True, "/header", "numbers", f"in the order of the card: {LOAD}, {AIR}"),
        (f"{LOAD},air\n50,10", True, "/header/1", "air", f"one of {LOAD}, {AIR}, {FLUE}, {RATIO}"),
        (f"{LOAD},{LOAD}\n50,10", True, "/header/1", f"{LOAD} again", "each column once"),
        (f"{LOAD};{AIR}\n50,5;10", True, "/header/0", f"{LOAD};{AIR}", "one of"),
        (f"{LOAD},{AIR}\n50,10\n51", True, "/rows/1", "1 values", "2 values, one for each column"),
        (f"{LOAD},{AIR}\n50,10\n\n51,11", True, "/rows/1", "0 values", "2 values, one for each column"),
        (f"{LOAD},{AIR}", True, "/rows", "nothing", "a line of values"),
        ("", True, "/rows", "nothing", "a line of values"),
        ("", False, "/rows", "nothing", "a line of values"),
        ("50,10,1", False, "/rows/0", "3 values", f"2 values ({LOAD}, {AIR}), or 4 with all set-points"),
        ("50", False, "/rows/0", "1 values", f"2 values ({LOAD}, {AIR}), or 4 with all set-points"),
        ("50,10\n50,10,2,3", False, "/rows/1", "4 values", "2 values, one for each column"),
    ],
)
def test_csv_whose_columns_are_not_sure_is_refused(
    body: str, has_header: bool, field: str, found: str, expected: str
) -> None:
    with pytest.raises(ProblemError) as refused:
        read_csv(body, has_header=has_header)
    (fault,) = refused.value.faults
    assert (refused.value.status, fault.field, fault.found) == (422, field, found)
    assert expected in fault.expected


@pytest.mark.parametrize("cell", ["", "high", "1_000", "nan", "inf", "0x10", "1e999", "١", "true"])
def test_a_cell_that_is_no_number_stays_a_text(cell: str) -> None:
    (row,) = read_csv(f"{LOAD},{AIR}\n50,{cell}")
    assert row[AIR] == (float("inf") if cell == "1e999" else cell)


def test_a_cell_that_is_no_number_is_refused_with_its_place(serve: Serve) -> None:
    client = serve()
    for kind, head in ((CSV, f"{LOAD},{AIR}\n"), (f"{CSV}; header=absent", "")):
        refused = client.post(PREDICT, content=f"{head}50,10\n51,high", headers={"Content-Type": kind})
        assert refused.status_code == 422
        assert refused.json()["errors"] == [
            {"field": f"/rows/1/{AIR}", "found": "the text 'high'", "expected": "a number in °C, below 1e15"}
        ]
    assert AGE not in refused.text


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"\xff\xfe", 400, "not CSV in UTF-8: byte 0 is not UTF-8"),
        (b'a,"b', 400, "not CSV in UTF-8: unexpected end of data"),
        (b'a,"b"c', 400, "not CSV in UTF-8: ',' expected after"),
        (b"a" * 200_000, 400, "field larger than field limit"),
        (b"a,b\n" + b"1,2\n" * 4, 413, "more lines or values than 3 rows can have"),
        (b"," * 301, 413, "more lines or values than 3 rows can have"),
    ],
)
def test_what_is_no_csv_or_too_much(body: bytes, status: int, words: str) -> None:
    with pytest.raises(ProblemError) as refused:
        read_csv(body)
    assert (refused.value.status, words in refused.value.detail) == (status, True), refused.value.detail


@pytest.mark.parametrize(
    ("content", "field", "found", "expected"),
    [
        ({"dataframe_split": [1]}, "/dataframe_split", "something else", "an object of columns and data"),
        ({"dataframe_split": {"data": [[1]]}}, "/dataframe_split/columns", "nothing", "a list"),
        ({"dataframe_split": {"columns": [LOAD], "data": 1}}, "/dataframe_split/data", "no list", "a list"),
        (
            {"dataframe_split": {"columns": ["x"], "data": []}},
            "/dataframe_split/columns/0",
            "x",
            f"one of {LOAD}, {AIR}",
        ),
        (
            {"dataframe_split": {"columns": [[]], "data": []}},
            "/dataframe_split/columns/0",
            "[]",
            f"one of {LOAD}, {AIR}",
        ),
        (
            {"dataframe_split": {"columns": [LOAD], "data": [[1], [1, 2]]}},
            "/dataframe_split/data/1",
            "2 values",
            "1 values, one for each column",
        ),
    ],
)
def test_tables_of_mlflow_that_are_refused(content: Any, field: str, found: str, expected: str) -> None:
    with pytest.raises(ProblemError) as refused:
        read_frame(content, known=FEATURES)
    (fault,) = refused.value.faults
    assert (fault.field, fault.found, fault.expected) == (field, found, expected)


def test_numbers_without_names_are_refused(serve: Serve) -> None:
    client = serve()
    refused = client.post(INVOKE, json={"instances": [[50, 10]]})
    assert (refused.status_code, refused.json()["errors"][0]["expected"]) == (422, "an object of columns and numbers")
    for content in (
        {"inputs": {LOAD: [50]}},
        {"instances": [ROW], "dataframe_records": [ROW]},
        {"rows": [ROW], "params": {}},
    ):
        assert client.post(INVOKE, json=content).status_code == 422
    largest = {"dataframe_split": {"columns": [LOAD, AIR], "data": [[50, 10]] * 10_000}}
    assert len(client.post(INVOKE, json=largest).json()["predictions"]) == 10_000


@pytest.mark.parametrize(
    ("sent", "accept", "wanted"),
    [
        (JSON, "*/*", JSON),
        (JSON, "", JSON),
        ("TEXT/CSV; Charset=UTF-8", "*/*", f"{CSV}; charset=utf-8; header=present"),
        (f"{CSV};header=absent", "text/csv", f"{CSV}; charset=utf-8; header=absent"),
        (f"{CSV};header=absent", "text/csv;header=present", f"{CSV}; charset=utf-8; header=present"),
        (JSON, "text/csv; header=absent", f"{CSV}; charset=utf-8; header=absent"),
        (JSON, "text/html, application/*;q=0.9, */*;q=0.1", JSON),
        (JSON, f"text/csv;q=0.1, {ARROW};q=0.5, application/json;q=0", ARROW),
        (ARROW, "application/*", ARROW),
        (JSON, "application/json;q=none, text/csv", f"{CSV}; charset=utf-8; header=present"),
    ],
)
def test_the_form_of_an_answer(sent: str, accept: str, wanted: str) -> None:
    headers = {"Content-Type": sent} | ({"Accept": accept} if accept else {})
    assert read_forms(build_scope(headers), KNOWN).wanted.content_type == wanted


@pytest.mark.parametrize(
    ("headers", "status", "words", "told"),
    [
        (
            {"Content-Type": "application/x-www-form-urlencoded"},
            415,
            "A body of 'application/x-www-form-urlencoded' is not taken here. Send application/json, text/csv or "
            "application/vnd.apache.arrow.stream.",
            {"Accept": f"{JSON}, {CSV}, {ARROW}"},
        ),
        ({"Content-Type": "text/csv; charset=latin1"}, 415, "The text is in 'latin1'. Send it in UTF-8.", {}),
        ({"Content-Type": "text/csv; header=no"}, 415, "header='no' is not known. Say header=present, or", {}),
        ({"Content-Encoding": "br"}, 415, "Content-Encoding: 'br' is not taken. Send", {"Accept-Encoding": "gzip"}),
        ({"Content-Encoding": "gzip, gzip"}, 415, "Content-Encoding: 'gzip, gzip' is not", {"Accept-Encoding": "gzip"}),
        ({"Accept": "application/xml"}, 406, f"can be given here. Accept {JSON} or {CSV} or {ARROW}.", {}),
        ({"Accept": "application/json;q=0"}, 406, "None of what the header Accept names can be given here", {}),
    ],
)
def test_a_form_that_is_not_taken_is_said(
    headers: dict[str, str], status: int, words: str, told: dict[str, str]
) -> None:
    with pytest.raises(ProblemError) as refused:
        read_forms(build_scope(headers), KNOWN)
    assert (refused.value.status, refused.value.headers) == (status, told)
    assert words in refused.value.detail


def test_a_packed_body_is_never_more_than_it_may_be() -> None:
    bomb = zlib.compressobj(1, wbits=31)
    packed = b"".join([bomb.compress(b" " * 2**20) for _ in range(60)]) + bomb.flush()
    tracemalloc.start()
    with pytest.raises(ProblemError, match="more than 8 MiB once it is unpacked"):
        unpack(packed, most=8 * 2**20)
    assert tracemalloc.get_traced_memory()[1] < 30 * 2**20
    tracemalloc.stop()
    assert unpack(gzip.compress(b"a" * 100), most=100) == b"a" * 100
    with pytest.raises(ProblemError, match="more than"):
        unpack(gzip.compress(b"a" * 101), most=100)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        gzip.compress(b"{}")[:-1],
        gzip.compress(b"{}") + b"x",
        gzip.compress(b"{}") * 2,
        zlib.compress(b"{}"),
    ],
    ids=["nothing", "plain", "cut", "more behind it", "two", "zlib"],
)
def test_a_body_that_is_not_packed_as_it_says(body: bytes) -> None:
    with pytest.raises(ProblemError) as refused:
        unpack(body, most=1000)
    assert (refused.value.status, "not one whole gzip stream" in refused.value.detail) == (400, True)


def test_a_body_of_thousands_of_packed_parts_takes_no_time() -> None:
    start = time.perf_counter()
    with pytest.raises(ProblemError):
        unpack(gzip.compress(b"") * 400_000, most=8 * 2**20)
    assert time.perf_counter() - start < 1.0

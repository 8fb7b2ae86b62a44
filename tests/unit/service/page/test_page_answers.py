"""Answers of operators: checked word by word, and kept so that advise reads them."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from elc import advise
from elc.paths import Project
from elc.records.answer import Answer
from elc.service.clients import READ, Client
from elc.service.page.answers import MOST_ANSWERS, append_answer
from elc.service.problems import ProblemError
from tests.unit.service.page.conftest import OpenPage
from tests.unit.service.page.present import CARBON, FLUE, HOUR, PLANT, leave_hour, read_lines

GIVEN = {"hour": HOUR, "setpoint": FLUE, "answer": "followed", "why": ""}
ANSWER = Answer(hour=HOUR, setpoint=FLUE, answer="followed")
ADDRESS = f"/plants/{PLANT}/answers"


def test_an_answer_lands_in_the_notes_and_on_the_page(project: Project, open_page: OpenPage) -> None:
    reply = open_page().post(ADDRESS, json={**GIVEN, "answer": "not_possible", "why": " analyser\u2028 out  "})
    assert reply.status_code == 201
    assert reply.json()["moves"][0]["answered"] == {
        "answer": "not_possible",
        "why": "analyser out",
        "hour": "2026-06-20T23:00:00+00:00",
    }
    (line,) = read_lines(project)
    assert {key: line[key] for key in ("hour", "setpoint", "answer", "why", "by")} == {
        "hour": HOUR,
        "setpoint": FLUE,
        "answer": "not possible",
        "why": "analyser out",
        "by": "local",
    }
    notes = advise.read_notes(project.advice_notes(PLANT))
    assert (notes.unread, notes.rows["answer"].tolist()) == (0, ["not possible"])


def test_the_last_answer_counts_and_holds_while_the_case_lasts(project: Project, open_page: OpenPage) -> None:
    page = open_page()
    page.post(ADDRESS, json={**GIVEN, "answer": "not_possible", "why": "no"})
    assert page.post(ADDRESS, json=GIVEN).json()["moves"][0]["answered"]["answer"] == "followed"
    page.post(ADDRESS, json={**GIVEN, "setpoint": CARBON})
    leave_hour(project, hour="2026-06-21T00:00:00Z")
    flue, carbon = page.get(f"/plants/{PLANT}/now").json()["moves"]
    assert flue["answered"]["hour"] == "2026-06-20T23:00:00+00:00"  # its case of advice goes on
    assert carbon["answered"] is None


@pytest.mark.parametrize(
    ("change", "status", "field", "words"),
    [
        ({"hour": "2026-06-20T22:00:00Z"}, 409, "/hour", "the advice is of 2026-06-20T23:00:00Z now"),
        ({"hour": "2026-06-20T23:00:00"}, 422, "/hour", "The hour cannot be read"),
        ({"hour": "soon"}, 422, "/hour", "The hour cannot be read"),
        ({"hour": 5}, 422, "/hour", "not as expected"),
        ({"setpoint": "loop_inerts_pct"}, 422, "/setpoint", "No move of this set-point"),
        ({"answer": "not possible"}, 422, "/answer", "not as expected"),
        ({"answer": "not_possible", "why": "  "}, 422, "/why", "Say in a word why"),
        ({"why": "x" * 501}, 422, "/why", "not as expected"),
        ({"why": "bell\u0007"}, 422, "/why", "not plain text"),
        ({"why": None}, 422, "/why", "not as expected"),
        ({"who": "me"}, 422, "/who", "not as expected"),
    ],
)
def test_a_wrong_field_is_named(
    project: Project, open_page: OpenPage, change: dict[str, Any], status: int, field: str, words: str
) -> None:
    reply = open_page().post(ADDRESS, json={**GIVEN, **change})
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")
    assert words in reply.json()["detail"]
    assert [error["field"] for error in reply.json()["errors"]] == [field]
    assert read_lines(project) == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'"\\ud800"', "application/json", 400),
        (b"[]", "application/json", 422),
        (b"{}", "text/plain", 415),
        (b" " * 10_001, "application/json", 413),
    ],
)
def test_a_body_that_is_no_answer_is_refused(open_page: OpenPage, body: bytes, kind: str, status: int) -> None:
    assert open_page().post(ADDRESS, content=body, headers={"content-type": kind}).status_code == status


def test_who_may_only_read_cannot_answer(project: Project, open_page: OpenPage) -> None:
    reply = open_page(Client("screen", (PLANT,), (READ,))).post(ADDRESS, json=GIVEN)
    assert reply.status_code == 403
    assert "acknowledge" in reply.json()["detail"]
    assert read_lines(project) == []


def test_a_strange_plant_is_one_that_is_not_there(open_page: OpenPage) -> None:
    page = open_page(Client("other", ("delta",), ("read", "acknowledge")))
    texts = {page.post(f"/plants/{plant}/answers", json=GIVEN).text for plant in (PLANT, "nowhere")}
    assert len(texts) == 1
    assert page.get(f"/plants/{PLANT}/now").status_code == 404


def test_advice_that_cannot_be_read_is_said(project: Project, open_page: OpenPage) -> None:
    (project.operation("advice", PLANT) / "moves.parquet").unlink()
    assert open_page().post(ADDRESS, json=GIVEN).status_code == 503


def test_a_half_line_costs_no_other(project: Project) -> None:
    path = project.advice_notes(PLANT)
    append_answer(path, ANSWER)
    path.write_bytes(path.read_bytes() + b'{"hour": "2026')
    append_answer(path, ANSWER.model_copy(update={"setpoint": CARBON}))
    notes = advise.read_notes(path)
    assert (notes.unread, notes.rows["setpoint"].tolist()) == (1, [FLUE, CARBON])


def test_answers_at_once_are_all_kept(project: Project) -> None:
    path = project.advice_notes(PLANT)
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda number: append_answer(path, ANSWER.model_copy(update={"answer": str(number) * 200})), range(40)
            )
        )
    assert len(path.read_text().splitlines()) == 40


def test_a_full_disk_leaves_the_notes_as_they_were(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project.advice_notes(PLANT)
    append_answer(path, ANSWER)
    before, write = path.read_bytes(), os.write

    def write_half(descriptor: int, line: bytes) -> int:
        write(descriptor, line[:5])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", write_half)
    with pytest.raises(ProblemError, match="the disk is full") as caught:
        append_answer(path, ANSWER)
    assert (caught.value.status, path.read_bytes()) == (507, before)


def test_the_same_answer_again_is_no_new_line_and_answers_to_one_move_end(
    project: Project, open_page: OpenPage
) -> None:
    page = open_page()
    for _ in range(30):
        assert page.post(ADDRESS, json=GIVEN).status_code == 201
    assert len(read_lines(project)) == 1
    replies = [page.post(ADDRESS, json={**GIVEN, "why": f"word {number}"}) for number in range(30)]
    assert [reply.status_code for reply in replies] == [201] * (MOST_ANSWERS - 1) + [429] * (31 - MOST_ANSWERS)
    assert "This move was answered 20 times" in replies[-1].json()["detail"]
    assert len(read_lines(project)) == MOST_ANSWERS
    assert page.post(ADDRESS, json={**GIVEN, "setpoint": CARBON}).status_code == 201

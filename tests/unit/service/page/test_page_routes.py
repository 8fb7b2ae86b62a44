"""The page's files, texts and events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from elc.paths import Project
from elc.service.clients import READ, Client
from elc.service.page import feed as feeds
from elc.service.page import routes
from elc.service.page.feed import Feed, Listener
from elc.service.page.files import stamp_files
from tests.unit.records.examples import LISTENING
from tests.unit.service.page.conftest import Asker, OpenPage, build_app
from tests.unit.service.page.present import GAP_NOW, PLANT, leave_hour, make_project


def test_the_page_has_no_script_and_no_style_in_it(open_page: OpenPage) -> None:
    reply = open_page().get("/")
    assert '<html lang="en">' in reply.text
    assert "{{" not in reply.text
    assert " style=" not in reply.text
    assert "<style" not in reply.text
    assert reply.text.count("<script") == reply.text.count('<script type="module" src=')


def test_files_are_asked_for_anew_and_never_leave_their_folder(open_page: OpenPage) -> None:
    page = open_page()
    for name in ("main.js", "page.css", "icon.svg"):
        reply = page.get(f"/static/{name}")
        assert (reply.status_code, reply.headers["cache-control"]) == (200, "no-cache")
    assert page.get("/static/..%2froutes.py").status_code == 404


def test_texts_are_in_the_language_of_the_site(tmp_path: Path) -> None:
    page = Asker(build_app(make_project(tmp_path / "norsk", spoken="nb")))
    words = page.get("/words.json").json()
    assert (words["language"], words["texts"]["what_if"]) == ("nb", "Hva om")
    assert '<html lang="nb">' in page.get("/").text
    assert page.get(f"/plants/{PLANT}/now").json()["quantities"][0]["label"] == "last"


def test_an_hour_is_said_in_the_language_it_was_left_in_and_the_list_in_that_of_the_site(tmp_path: Path) -> None:
    project = make_project(tmp_path / "norsk", spoken="nb")
    leave_hour(project, spoken="en")
    page = Asker(build_app(project))
    now = page.get(f"/plants/{PLANT}/now").json()
    assert (now["language"], now["state_text"], now["quantities"][0]["label"]) == ("en", "running", "load")
    assert now["answer"].startswith("Fjord uses")
    (line,) = [one for one in page.get("/now").json()["plants"] if one["plant"] == PLANT]
    assert (line["state_text"], line["version_text"]) == ("i drift", "v1.2.0 i prod")
    assert (line["hour_text"], line["answer"]) == ("søn. 21. juni 2026 01:00–02:00, Europe/Oslo", "")
    assert page.get("/words.json?language=en").json()["texts"]["what_if"] == "What if"


def test_no_texts_are_made_up_for_a_language_that_is_not_there(open_page: OpenPage) -> None:
    reply = open_page().get("/words.json?language=de")
    assert (reply.status_code, reply.json()["errors"][0]["expected"]) == (422, "en or nb")


def test_the_list_holds_what_a_client_may_see(open_page: OpenPage) -> None:
    assert [one["plant"] for one in open_page().get("/now").json()["plants"]] == ["delta", PLANT]
    (only,) = open_page(Client("one", (PLANT,), (READ,))).get("/now").json()["plants"]
    assert (only["plant"], only["gap_gj_per_h"]) == (PLANT, GAP_NOW)
    assert only["age_s"] > 0


def test_the_hour_is_read_once_until_a_file_changes(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    from elc.service.page import routes

    calls = []
    read = routes.read_now
    monkeypatch.setattr(routes, "read_now", lambda *given, **named: calls.append(1) or read(*given, **named))
    page = open_page()
    for _ in range(3):
        page.get(f"/plants/{PLANT}/now")
    assert len(calls) == 1


def test_a_listener_is_told_once_of_what_it_may_see() -> None:
    listener = Listener(lambda plant: plant == PLANT, "screen")
    for _ in range(1000):
        listener.tell([PLANT, "delta"])
    assert listener.take() == [PLANT]
    assert listener.take() == []
    listener.tell(["delta"])
    assert not listener.woken.is_set()


async def _read_until(stream: AsyncIterator[bytes], words: bytes) -> bytes:
    async with asyncio.timeout(5):
        async for part in stream:
            if words in part:
                return part
    raise AssertionError("the stream ended")


def test_changes_reach_all_who_listen_by_one_task_that_ends_with_them(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "POLL_S", 0.02)

    async def listen() -> int:
        feed, closing = Feed(partial(stamp_files, project), lambda: {PLANT}), asyncio.Event()
        listeners = [await feed.join(lambda _: True, name="screen") for _ in range(3)]
        streams = [feed.stream(listener, closing) for listener in listeners]
        for stream in streams:
            await _read_until(stream, b": ping")
        tasks = sum("_look" in repr(task) for task in asyncio.all_tasks())
        project.advice_notes(PLANT).parent.mkdir(parents=True, exist_ok=True)
        project.advice_notes(PLANT).write_text("{}\n")
        for stream in streams:
            assert await _read_until(stream, b"event: now") == b'event: now\ndata: {"plant":"fjord"}\n\n'
        closing.set()
        for stream in streams:
            async with asyncio.timeout(1):
                assert [part async for part in stream] == []
        await asyncio.sleep(0.1)
        assert not any("_look" in repr(task) for task in asyncio.all_tasks())
        return tasks

    assert asyncio.run(listen()) == 1


def test_too_many_listeners_are_refused(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MAX_LISTENERS", 0)
    reply = open_page().get("/events")
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "30")


def test_one_client_leaves_room_for_other_pages(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "MAX_OF_CLIENT", 0)
    assert open_page().get("/events").status_code == 503


def test_a_full_disk_is_said_on_the_page(project: Project, open_page: OpenPage) -> None:
    page = open_page()
    told = "The disk is full, so nothing new is written. Tell whoever runs this."
    assert told not in page.get(f"/plants/{PLANT}/now").json()["notes"]
    status = project.listen(PLANT) / "status.json"
    status.parent.mkdir(parents=True)
    status.write_text(json.dumps({**LISTENING, "cannot_write": "no space left on device"}) + "   \n")
    assert page.get(f"/plants/{PLANT}/now").json()["notes"][-1] == told
    status.write_text(json.dumps(LISTENING))
    assert told not in page.get(f"/plants/{PLANT}/now").json()["notes"]

"""Delivery to real servers on this machine: at least once, folded, and not held up by who does not answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from elc.alerts import Alert, build_alert, deliver, deliver_all, find_told
from elc.errors import ElcError
from elc.failures import write_failure
from elc.paths import Project
from tests.unit.alerts.conftest import GAP_SENTENCE, NOW, Prepare, build_gap, leave
from tests.unit.alerts.receivers import Hook, serve_hook

HOUR = timedelta(hours=1)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with serve_hook(Hook()) as served:
        yield served


def tell(project: Project, *, hours: float = 0, plant: str = "fjord") -> list[str]:
    return deliver(project, plant, environment="", now=NOW + hours * HOUR)


def read_log(project: Project) -> list[dict[str, Any]]:
    text = (project.operation("alerts", "fjord") / "alerts.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def states(records: list[dict[str, Any]]) -> list[str]:
    return [record["state"] for record in records]


def build_violation(column: str) -> Alert:
    sentence = f"{column} drifts."
    return build_alert("fjord", "violation", f"drift:{column}", sentence, since=NOW - 9 * HOUR, last=NOW)


def test_alert_is_posted_once_and_its_end_too(prepare: Prepare, hook: Hook) -> None:
    project = prepare(webhook=hook.url)
    leave(project, build_gap())
    assert tell(project) == []
    assert tell(project, hours=1) == []
    leave(project)
    assert tell(project, hours=2) == []
    assert tell(project, hours=3) == []
    assert states(hook.posts) == ["open", "recovered"]
    assert hook.posts[0]["sentence"] == GAP_SENTENCE
    assert {post["id"] for post in hook.posts} == {build_gap().id}
    assert hook.headers[0]["Content-Type"] == "application/json; charset=utf-8"
    assert [header["Idempotency-Key"] for header in hook.headers] == [post["message"] for post in hook.posts]
    log = read_log(project)
    assert [(line["state"], line["at"]) for line in log] == [
        ("open", "2026-06-21T10:00:00+00:00"),
        ("recovered", "2026-06-21T12:00:00+00:00"),
    ]


def test_open_alert_is_told_again_each_day(prepare: Prepare, hook: Hook) -> None:
    project = prepare(webhook=hook.url, repeat_h=24)
    leave(project, build_gap())
    for hour in (0, 1, 23, 24, 25, 48):
        assert tell(project, hours=hour) == []
    assert states(hook.posts) == ["open", "still open", "still open"]


def test_a_plant_that_was_never_judged_tells_what_failed_and_no_more(prepare: Prepare) -> None:
    project = prepare()
    write_failure(project, "ingest", "fjord", ElcError("plant fjord: the export holds no files."))
    assert tell(project) == []
    assert [line["sentence"] for line in read_log(project)] == ["plant fjord: the export holds no files."]


def test_nobody_to_tell_still_keeps_the_log(prepare: Prepare) -> None:
    project = prepare()
    leave(project, build_gap())
    assert tell(project) == []
    assert states(read_log(project)) == ["open"]
    assert find_told(project.operation("alerts", "fjord")).unsent == ()


def test_server_that_fails_gets_the_same_messages_later(prepare: Prepare, hook: Hook) -> None:
    project = prepare(webhook=hook.url, repeat_h=1)
    hook.answers = [500]
    leave(project, build_gap())
    words = (
        "plant fjord: alerts: the webhook at 127.0.0.1 did not take 1 of 1 messages: it answered 500 Internal Server "
        "Error. They are sent again in the next run."
    )
    assert tell(project) == [words]
    tell(project, hours=1)
    tell(project, hours=2)
    leave(project)
    tell(project, hours=3)
    assert {post["message"] for post in hook.posts} == {f"{build_gap().id}-1"}  # one try each run
    hook.answers, tried = [204], len(hook.posts)
    assert tell(project, hours=4) == []
    assert states(hook.posts[tried:]) == ["open", "still open", "recovered"]  # of "still open" the last
    assert [post["message"][-1] for post in hook.posts[tried:]] == ["1", "3", "4"]
    assert states(read_log(project)) == ["open", "still open", "still open", "recovered"]


def test_message_that_is_refused_does_not_hold_up_the_others(prepare: Prepare, hook: Hook) -> None:
    project = prepare(webhook=hook.url)
    hook.answers = [400, 200]
    leave(project, build_gap(), build_violation("a_degc"))
    (sentence,) = tell(project)
    assert "did not take 1 of 2 messages: it answered 400 Bad Request" in sentence
    assert len(hook.posts) == 2
    assert tell(project, hours=1) == []
    assert [post["kind"] for post in hook.posts] == ["gap", "violation", "gap"]


def test_receiver_that_is_down_is_asked_once_for_all_plants(prepare: Prepare, hook: Hook) -> None:
    project = prepare(webhook=hook.url)
    hook.answers = [503]
    for plant in ("fjord", "delta", "steppe"):
        leave(project, build_gap(plant=plant), plant=plant)
    failed = deliver_all(project, ["fjord", "delta", "steppe"], environment="", now=NOW)
    assert len(hook.posts) == 1
    assert [sentence.split(":")[0] for sentence in failed] == ["plant fjord", "plant delta", "plant steppe"]
    assert "it failed before in this run" in failed[2]


def test_what_waits_too_long_is_let_go_aloud(prepare: Prepare, hook: Hook) -> None:
    project = prepare(webhook=hook.url, repeat_h=0)
    hook.answers = [500]
    leave(project, build_gap())
    tell(project)
    hook.answers = [200]
    (sentence,) = tell(project, hours=24 * 7 + 1)
    assert sentence.startswith("plant fjord: alerts: 1 unsent messages are let go: ")
    assert sentence.endswith("older than 7 days. They stand in alerts.jsonl.")
    assert len(hook.posts) == 1
    assert states(read_log(project)) == ["open"]


def test_webhook_of_the_environment_comes_first(prepare: Prepare, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELC_ALERT_WEBHOOK", hook.url)
    project = prepare(webhook="http://127.0.0.1:9/never")
    leave(project, build_gap())
    assert tell(project) == []
    assert states(hook.posts) == ["open"]


def test_environment_and_plant_may_have_other_receivers(prepare: Prepare, hook: Hook) -> None:
    project = prepare()
    params = project.params.read_text()
    project.params.write_text(
        params.replace("    overrides: {}", f"    overrides: {{alerts: {{webhook: '{hook.url}'}}}}")
    )
    leave(project, build_gap())
    assert deliver(project, "fjord", environment="prod", now=NOW) == []
    assert states(hook.posts) == ["open"]
    with pytest.raises(ElcError, match=r"environment prd is unknown: did you mean prod\?"):
        deliver(project, "fjord", environment="prd", now=NOW)


def fail_stage(project: Project, text: str) -> None:
    path = project.receipts / "fjord" / "explain.failed.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_stage_that_failed_is_told_until_it_succeeds(prepare: Prepare, hook: Hook) -> None:
    project = prepare(webhook=hook.url)
    leave(project)
    sentence = "stage explain fjord: cell 5 failed"
    fail_stage(project, json.dumps({"stage": "explain", "plant": "fjord", "sentence": sentence}))
    tell(project)
    fail_stage(project, "{")  # a record that cannot be read is a failure all the same
    tell(project, hours=1)
    (project.receipts / "fjord" / "explain.failed.json").unlink()
    tell(project, hours=2)
    assert [(post["state"], post["kind"], post["subject"]) for post in hook.posts] == [
        ("open", "stage", "explain"),
        ("recovered", "stage", "explain"),
    ]
    assert hook.posts[0]["sentence"] == sentence
    assert (
        hook.posts[1]["sentence"] == "stage explain fjord failed, and its record explain.failed.json is not readable."
    )


def test_data_that_stay_away_are_told_and_that_they_came(prepare: Prepare, hook: Hook) -> None:
    project = prepare(webhook=hook.url, stale_h=3, is_real=True)
    leave(project, last=NOW)
    for hour in (0, 1, 3, 4, 5):
        assert tell(project, hours=hour) == []
    leave(project, last=NOW + 6 * HOUR)
    assert tell(project, hours=6) == []
    assert [(post["kind"], post["state"]) for post in hook.posts] == [("stale", "open"), ("stale", "recovered")]
    assert hook.posts[0]["text"] == "Fjord has sent no new data since Sun 21 Jun 2026 12:00. Check its export."
    assert hook.posts[1]["text"] == "Over: Fjord has sent no new data since Sun 21 Jun 2026 12:00."
    assert hook.posts[1]["until"] == "2026-06-21T15:00:00+00:00"


@pytest.mark.parametrize(("stale_h", "is_real"), [(None, True), (3, False)])
def test_data_that_end_are_not_told_where_nobody_waits_for_more(
    stale_h: float | None, is_real: bool, prepare: Prepare, hook: Hook
) -> None:
    project = prepare(webhook=hook.url, stale_h=stale_h, is_real=is_real)
    leave(project)
    assert tell(project, hours=1000) == []
    assert hook.posts == []


def test_clock_in_the_future_is_told(prepare: Prepare, hook: Hook) -> None:
    project = prepare(webhook=hook.url, is_real=True)
    leave(project, last=NOW + HOUR)
    assert tell(project) == []
    assert hook.posts == []
    leave(project, last=NOW + 24 * HOUR)
    assert tell(project) == []
    (post,) = hook.posts
    told = "Fjord has data dated in the future, up to Mon 22 Jun 2026 12:00."
    assert post["text"] == f"{told} Check the clock of its historian."


def test_alerts_that_monitor_did_not_leave_are_not_over(prepare: Prepare, hook: Hook) -> None:
    project = prepare(webhook=hook.url)
    leave(project, build_gap())
    tell(project)
    for spoil in (lambda path: path.write_text("{"), lambda path: path.unlink()):
        spoil(project.operation("monitor", "fjord") / "alerts.json")
        (sentence,) = tell(project, hours=1)
        assert sentence.startswith("plant fjord: alerts: ")
        assert "elc run monitor fjord" in sentence
    leave(project, build_gap())
    tell(project, hours=2)
    assert states(hook.posts) == ["open"]


def test_state_that_is_spoilt_is_begun_anew(prepare: Prepare, hook: Hook) -> None:
    project = prepare(webhook=hook.url)
    leave(project, build_gap())
    tell(project)
    (project.operation("alerts", "fjord") / "state.json").write_text('{"open": [1]}')
    (sentence,) = tell(project, hours=1)
    assert "state.json: 3 faults\n  - open.0 is 1, expected an object. The next elc hourly begins it anew" in sentence
    assert [post["message"] for post in hook.posts] == [f"{build_gap().id}-1"] * 2
    assert tell(project, hours=2) == []


def test_log_that_was_cut_short_goes_on(prepare: Prepare) -> None:
    project = prepare()
    leave(project, build_gap())
    tell(project)
    log = project.operation("alerts", "fjord") / "alerts.jsonl"
    log.write_text('{"message": "cut')
    leave(project)
    tell(project, hours=1)
    assert log.read_text().splitlines()[0] == '{"message": "cut'
    assert json.loads(log.read_text().splitlines()[1])["state"] == "recovered"


class KilledError(BaseException):
    """What stands for the end of the process in this one."""


@pytest.mark.parametrize("step", range(12))
def test_run_that_ends_anywhere_loses_no_message(
    step: int, prepare: Prepare, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before or after each write and each post: the next run sends what was not sent, and the log has no double."""
    project = prepare(webhook=hook.url)
    leave(project, build_gap(), build_violation("a_degc"))
    left = [step]

    def end_at(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            for moment in ("before", "after"):
                if left[0] == 0:
                    raise KilledError
                left[0] -= 1
                if moment == "before":
                    result = real(*given, **named)
            return result

        return call

    with monkeypatch.context() as patch:
        for name in ("append_log", "write_state", "_send"):
            module = sys.modules["elc.alerts.deliver"]
            patch.setattr(module, name, end_at(getattr(module, name)))
        with pytest.raises(KilledError):
            tell(project)
    assert tell(project, hours=1) == []
    names = [post["message"] for post in hook.posts]
    wanted = {f"{build_gap().id}-1", f"{build_violation('a_degc').id}-1"}
    assert set(names) == wanted
    assert len(names) <= len(wanted) + 1  # at most the one that was on its way
    assert sorted(line["message"] for line in read_log(project)) == sorted(wanted)


def test_killed_process_sends_the_same_message_again(prepare: Prepare) -> None:
    """`kill -9` when the server has the message and has not answered yet."""
    started: list[subprocess.Popen[bytes]] = []
    is_heard = threading.Event()

    class Killer(Hook):
        def answer(self, handler: BaseHTTPRequestHandler) -> None:
            if not is_heard.is_set():
                os.kill(started[0].pid, signal.SIGKILL)
            try:
                super().answer(handler)  # its answer may meet a closed connection
            finally:
                is_heard.set()

    with serve_hook(Killer()) as hook:
        project = prepare(webhook=hook.url)
        leave(project, build_gap())
        code = (
            "import datetime, pathlib, time; from elc.alerts import deliver; from elc.paths import Project; "
            f"deliver(Project(pathlib.Path({str(project.root)!r})), 'fjord', environment='', "
            f"now=datetime.datetime.fromisoformat({NOW.isoformat()!r}))"
        )
        started.append(subprocess.Popen([sys.executable, "-c", code]))
        assert started[0].wait(60) == -signal.SIGKILL
        assert is_heard.wait(60)
        assert tell(project, hours=1) == []
        assert [post["message"] for post in hook.posts] == [f"{build_gap().id}-1"] * 2
        assert tell(project, hours=2) == []
        assert len(hook.posts) == 2


def test_two_runs_at_once_tell_once(prepare: Prepare, hook: Hook) -> None:
    project = prepare(webhook=hook.url)
    leave(project, build_gap())
    runs = [threading.Thread(target=tell, args=(project,)) for _ in range(3)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert states(hook.posts) == ["open"]


def test_sentences_are_in_the_language_of_the_site_and_the_choice_does_not_leak(prepare: Prepare) -> None:
    from elc.pages import language

    project = prepare(is_real=True)
    project.params.write_text(project.params.read_text().replace("language: en", "language: nb"))
    leave(project)
    assert tell(project, hours=9) == []
    assert "søn. 21. juni 2026 12:00" in read_log(project)[0]["sentence"]
    assert language.get_language() == "en"

"""elc alerts: what is open and whether it was told, and a message to try it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from elc.alerts import deliver
from elc.cli import main
from elc.paths import CANDIDATE, Project
from tests.unit.alerts.conftest import GAP_SENTENCE, NOW, Prepare, build_gap, leave
from tests.unit.alerts.conftest import prepare as prepare  # a fixture
from tests.unit.alerts.receivers import Hook, serve_hook


def run(project: Project, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Any:
    for name in ("ELC_ALERT_WEBHOOK", "ELC_SMTP_USER", "ELC_SMTP_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.chdir(project.root)
    return CliRunner().invoke(main, ["alerts", *arguments])


def test_open_alerts_are_listed(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    project = prepare()
    leave(project.operate(CANDIDATE), build_gap())
    done = run(project, monkeypatch, "fjord")
    assert (done.exit_code, done.output) == (0, f"fjord  gap  (not sent yet)  {GAP_SENTENCE}\n")
    deliver(project.operate(CANDIDATE), "fjord", environment=CANDIDATE, now=NOW)
    assert run(project, monkeypatch, "fjord").output.startswith("fjord  gap  (sent 1 time)  Fjord has used")
    (record,) = json.loads(run(project, monkeypatch, "fjord", "--json").output)
    assert (record["id"], record["messages"], record["told"]) == (build_gap().id, 1, NOW.isoformat())
    leave(project.operate(CANDIDATE))
    assert run(project, monkeypatch, "fjord").output == "Nothing is open.\n"


def test_what_cannot_be_read_is_said_and_the_rest_listed(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    project = prepare()
    leave(project, build_gap())
    done = run(project, monkeypatch)
    assert done.exit_code == 0
    assert done.stdout.startswith("fjord  gap")
    assert "data/monitor/delta/alerts.json: not found" in done.stderr


def test_unknown_plant_is_refused_with_the_nearest(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(prepare(), monkeypatch, "fjrod")
    assert (done.exit_code, done.stderr) == (1, "elc: params.yaml: plant fjrod is unknown: did you mean fjord?\n")


def test_a_test_message_says_what_happened(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_hook(Hook(answers=[200, 404])) as hook:
        project = prepare(webhook=hook.url)
        done = run(project, monkeypatch, "fjord", "--test")
        assert (done.exit_code, done.stdout) == (0, "plant fjord: the webhook at 127.0.0.1: it answered 200\n")
        done = run(project, monkeypatch, "fjord", "--test")
        words = "plant fjord: the webhook at 127.0.0.1 did not take it: it answered 404 Not Found\n"
        assert (done.exit_code, done.stdout, done.stderr) == (1, "", words)
    assert hook.posts[0]["kind"] == "test"
    assert hook.posts[0]["sentence"] == "A test of the alerts of Fjord: nothing is wrong."
    assert not project.operation("alerts", "fjord").exists()


def test_nobody_to_tell_is_said(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(prepare(), monkeypatch, "fjord", "--test")
    assert done.exit_code == 1
    assert done.stderr.startswith(
        "plant fjord: nobody is notified. Set alerts.webhook, email or apprise in params.yaml"
    )

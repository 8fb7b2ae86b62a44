"""Apprise sends to a real server on this machine; what keeps it from that is said without the URL."""

from __future__ import annotations

import sys
import time

import pytest

from elc.alerts import UndeliveredError, build_channels, deliver
from elc.alerts.apprise import Apprise
from elc.settings import AlertSettings
from tests.unit.alerts.conftest import GAP_SENTENCE, NOW, Prepare, build_gap, build_message, leave
from tests.unit.alerts.receivers import Hook, hang, serve_bytes, serve_hook

VARIABLE = "ELC_ALERT_TEAMS"
LATE_S = 3.0


def build_service(url: str, timeout_s: float = 5.0) -> Apprise:
    return Apprise(url.replace("http://", "json://"), timeout_s, VARIABLE)


def test_one_notification_says_everything() -> None:
    with serve_hook(Hook()) as hook:
        service = build_service(hook.url)
        assert service.send([build_message(), build_message(message="abc-2")]) == "it took the notification"
        assert service.send([build_message(state="recovered", text="It is over.")]) == "it took the notification"
    first, second = hook.posts
    assert (first["title"], first["type"]) == ("Fjord uses more. (+1)", "warning")
    assert first["message"].split("\n") == [
        "Fjord uses more.",
        "[open, abc-1]",
        "",
        "Fjord uses more.",
        "[open, abc-2]",
    ]
    assert (second["title"], second["type"]) == ("It is over.", "success")
    assert hook.paths == ["/secret-path"] * 2


def test_alert_reaches_the_service_of_a_variable(
    prepare: Prepare, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project = prepare(apprise=[VARIABLE])
    leave(project, build_gap())
    with serve_hook(Hook(answers=[500, 200])) as hook:
        monkeypatch.setenv(VARIABLE, hook.url.replace("http://", "json://"))
        (sentence,) = deliver(project, "fjord", environment="", now=NOW)
        assert sentence == (
            f"plant fjord: alerts: the service of {VARIABLE} did not take 1 of 1 messages: it did not take the "
            "notification. Check that its URL is still valid. They are sent again in the next run."
        )
        assert deliver(project, "fjord", environment="", now=NOW) == []
    assert [GAP_SENTENCE in post["message"] for post in hook.posts] == [True, True]
    shown = capfd.readouterr()
    assert "secret-path" not in f"{sentence}{shown.out}{shown.err}"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", rf"^{VARIABLE} is not set, expected a URL of Apprise\. Write it as in msteams://"),
        ("secret", rf"^{VARIABLE} holds no URL that Apprise knows\. Write it as in msteams://"),
        ("nowhere://secret", rf"^{VARIABLE} holds no URL that Apprise knows\. Write it as in msteams://"),
        ("json://127.0.0.1:1/secret", r"^it did not take the notification\. Check that its URL"),
    ],
)
def test_what_keeps_it_is_said_without_the_url(url: str, words: str) -> None:
    (channel,) = build_channels(AlertSettings(apprise=[VARIABLE]), {VARIABLE: url})
    with pytest.raises(UndeliveredError, match=words) as caught:
        channel.send([build_message()])
    assert "secret" not in f"{caught.value}{channel.label}{channel!r}"


def test_service_is_given_its_time_and_no_more() -> None:
    with serve_bytes(hang) as port:
        start = time.monotonic()
        with pytest.raises(UndeliveredError, match=r"^it did not answer in time \(timeout_s\)$"):
            build_service(f"http://127.0.0.1:{port}/?rto=1", timeout_s=0.4).send([build_message()])
        assert time.monotonic() - start < LATE_S


def test_apprise_that_is_not_installed_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    words = r"^package apprise is not installed; install the extra that brings it: pip install 'elc\[hourly\]'$"
    with pytest.raises(UndeliveredError, match=words):
        build_service("http://127.0.0.1:1/").send([build_message()])

"""A webhook and a mail server as they are: slow, dripping, gone, redirecting, not trusted; and no secret gets out."""

from __future__ import annotations

import email
import email.policy
import re
import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from elc.alerts import UndeliveredError, build_channels, deliver
from elc.alerts.deadline import Watch, finish_within
from elc.alerts.mail import Mail, build_mail
from elc.alerts.webhook import Webhook
from elc.paths import Project
from elc.settings import AlertSettings, EmailSettings, read_settings
from tests.unit.alerts.conftest import NOW, Prepare, build_gap, build_message, leave
from tests.unit.alerts.receivers import Hook, Post, drip, hang, serve_bytes, serve_hook, serve_post, write_certificate

TIMEOUT_S = 0.4
LATE_S = 3.0  # a busy machine included; a drip would go on for ever
MESSAGE = build_message()
PHRASE = "pass-word-7"
Serve = Callable[[socket.socket], None]


def build_hook(url: str, timeout_s: float = 5.0) -> Webhook:
    return Webhook(url, timeout_s, "alerts.webhook")


def build_email(port: int, **keys: Any) -> EmailSettings:
    plain = {"host": "127.0.0.1", "security": "none", "sender": "elc@example.org", "recipients": ["a@example.org"]}
    return EmailSettings.model_validate({**plain, "port": port, **keys})


def parse_mail(text: str) -> EmailMessage:
    return email.message_from_bytes(text.encode(), policy=email.policy.default)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return write_certificate(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize(
    "answer",
    [hang, drip(b"HTTP/1.1 200 OK\r\nX-Drip: "), drip(b"")],
    ids=["hangs", "drips a header", "drips its first line"],
)
def test_webhook_is_given_its_time_and_no_more(answer: Serve) -> None:
    with serve_bytes(answer) as port:
        start = time.monotonic()
        with pytest.raises(UndeliveredError, match=r"^it did not answer in time \(timeout_s\)$") as caught:
            build_hook(f"http://127.0.0.1:{port}/", TIMEOUT_S).send([MESSAGE])
        assert time.monotonic() - start < LATE_S
    assert caught.value.is_down


def test_webhook_that_drips_instead_of_tls_is_given_its_time() -> None:
    with serve_bytes(drip(b"\x16\x03\x03\x40\x00")) as port:
        start = time.monotonic()
        with pytest.raises(UndeliveredError):
            build_hook(f"https://127.0.0.1:{port}/", TIMEOUT_S).send([MESSAGE])
        assert time.monotonic() - start < LATE_S


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
@pytest.mark.parametrize("answer", [hang, drip(b"220-")], ids=["hangs", "drips"])
def test_mail_server_is_given_its_time_and_no_more(answer: Serve, security: str) -> None:
    with serve_bytes(answer) as port:
        start = time.monotonic()
        with pytest.raises(UndeliveredError):
            Mail(build_email(port, security=security), None, TIMEOUT_S).send([MESSAGE])
        assert time.monotonic() - start < LATE_S


def test_name_server_that_is_slow_is_given_its_time_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(*_: Any, **__: Any) -> Any:
        time.sleep(1.0)
        raise OSError("too late")

    monkeypatch.setattr("elc.alerts.deadline.GRACE_S", 0.0)
    monkeypatch.setattr(socket, "getaddrinfo", find)
    start = time.monotonic()
    with pytest.raises(UndeliveredError, match="it did not answer in time"):
        build_hook("http://hooks.example.org/", 0.1).send([MESSAGE])
    assert time.monotonic() - start < 0.9


def test_connection_that_comes_too_late_is_shut() -> None:
    with serve_bytes(hang) as port, socket.create_connection(("127.0.0.1", port)) as late:
        watch = Watch()
        watch.shut()
        watch.add(late)
        assert late.recv(1) == b""


def test_what_fails_in_time_fails_as_it_does() -> None:
    def fail(_: Watch) -> None:
        raise LookupError("its own")

    with pytest.raises(LookupError, match="its own"):
        finish_within(5, fail)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda connection: connection.close(), "it closed the connection"),
        (lambda connection: (connection.recv(9999), connection.sendall(b"no http\r\n")), "of another protocol"),
    ],
    ids=["closes", "speaks another protocol"],
)
def test_webhook_that_is_none_is_named(answer: Serve, words: str) -> None:
    with serve_bytes(answer) as port, pytest.raises(UndeliveredError, match=rf"{words}|Connection reset|Broken pipe"):
        build_hook(f"http://127.0.0.1:{port}/").send([MESSAGE])


def test_port_that_nobody_serves_is_named() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        for channel in (build_hook(f"http://127.0.0.1:{port}/"), Mail(build_email(port), None, 5.0)):
            with pytest.raises(UndeliveredError, match=r"^it cannot be reached: Connection refused$"):
                channel.send([MESSAGE])


def test_name_that_nobody_knows_is_named() -> None:
    with pytest.raises(UndeliveredError, match=r"^its name is not known here$"):
        build_hook(f"http://{'x' * 70}.example.org/").send([MESSAGE])


def test_redirect_is_not_followed() -> None:
    with serve_hook(Hook()) as other, serve_hook(Hook(answers=[307], location=other.url)) as hook:
        with pytest.raises(UndeliveredError, match=r"^it answered 307 Temporary Redirect, which points elsewhere; "):
            build_hook(hook.url).send([MESSAGE])
        assert len(hook.posts) == 1
        assert other.posts == []


def test_certificate_must_be_trusted(certificate: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    context, path = certificate
    with serve_hook(Hook(), context) as hook:
        with pytest.raises(UndeliveredError, match=r"^its certificate is not trusted: self.signed certificate$"):
            build_hook(hook.url).send([MESSAGE])
        assert hook.posts == []
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        assert build_hook(hook.url).send([MESSAGE]) == "it answered 200"
        assert hook.posts == [MESSAGE.model_dump(mode="json")]
        with pytest.raises(UndeliveredError, match=r"not trusted: .*(mismatch|not valid for).*localhost"):
            build_hook(hook.url.replace("127.0.0.1", "localhost")).send([MESSAGE])


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://example.org/x", "not an http or https URL with a host"),
        ("file:///etc/passwd", "not an http or https URL with a host"),
        ("https:///x", "not an http or https URL with a host"),
        ("https://example.org:99999/x", "it is not a URL; write it as in https://hooks"),
        ("https://me:xxx@example.org/x", "it contains a user name; write it without one"),
        ("https://example.org/a b", "it contains a space or a character that a URL cannot contain"),
        ("https://example.org/a\r\nX: y", "it contains a space or a character that a URL cannot contain"),
    ],
)
def test_url_of_the_environment_is_checked_and_not_repeated(url: str, words: str) -> None:
    settings = read_settings(Project(Path(__file__).resolve().parents[3])).alerts
    (channel,) = build_channels(settings, {"ELC_ALERT_WEBHOOK": url})
    with pytest.raises(UndeliveredError, match=rf"^ELC_ALERT_WEBHOOK: .*{words}") as caught:
        channel.send([MESSAGE])
    assert not re.search("secret|xxx", f"{caught.value}{channel.label}{channel!r}")


def test_mail_says_everything_in_one() -> None:
    other = build_message(message="def-2", state="recovered", text="Over: Fjord bruker 31 GJ/h – for mye.")
    with serve_post(Post()) as post:
        settings = build_email(post.port, recipients=["a@example.org", "b@example.org"])
        assert Mail(settings, None, 5.0).send([MESSAGE, other]) == "it took the mail to a@example.org, b@example.org"
    (mail,) = map(parse_mail, post.mails)
    assert mail["Subject"] == "Fjord uses more. (+1)"
    assert (mail["From"], mail["To"]) == ("elc@example.org", "a@example.org, b@example.org")
    assert "Over: Fjord bruker 31 GJ/h – for mye." in mail.get_content()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert post.recipients == ["a@example.org", "b@example.org"]
    assert post.logins == []


def test_mail_of_the_same_messages_has_the_same_id() -> None:
    at, settings = datetime.now(UTC), build_email(25)
    same, other = build_message(runs=7), build_message(message="abc-2")
    ids = [build_mail([message], settings, at=at)["Message-ID"] for message in (MESSAGE, same, other)]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].endswith("@example.org>")


def test_subject_is_one_line_of_a_length_that_can_be_read() -> None:
    long = build_message(text="Fjord:\r\nBcc: x@example.org " + "very " * 50)
    subject = build_mail([long], build_email(25), at=NOW)["Subject"]
    assert len(subject) == 120
    assert subject.startswith("Fjord: Bcc: x@example.org very")
    assert subject.endswith("…")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_login_goes_through_tls(
    security: str, certificate: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    context, path = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    login = ("elc", PHRASE)
    with serve_post(Post(tls=context, is_tls_first=security == "tls", login=login)) as post:
        Mail(build_email(post.port, security=security), login, 5.0).send([MESSAGE])
    assert post.logins == [login]
    assert len(post.mails) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_server_that_is_not_trusted_gets_nothing(security: str, certificate: tuple[ssl.SSLContext, Path]) -> None:
    with (
        serve_post(Post(tls=certificate[0], is_tls_first=security == "tls")) as post,
        pytest.raises(UndeliveredError, match=r"^its certificate is not trusted: self.signed certificate$"),
    ):
        Mail(build_email(post.port, security=security), ("elc", PHRASE), 5.0).send([MESSAGE])
    assert post.logins == post.mails == []


def test_password_is_never_sent_in_the_clear() -> None:
    with serve_post(Post(login=("elc", PHRASE))) as post:
        with pytest.raises(UndeliveredError, match=r"^user and password are not sent in the clear\. Set alerts\.email"):
            Mail(build_email(post.port), ("elc", PHRASE), 5.0).send([MESSAGE])
        with pytest.raises(UndeliveredError, match=r"^it offers no STARTTLS, or no login$"):
            Mail(build_email(post.port, security="starttls"), ("elc", PHRASE), 5.0).send([MESSAGE])
    assert post.logins == []


def test_recipient_that_is_refused_does_not_keep_the_mail_from_the_others() -> None:
    with serve_post(Post(refused=("b@example.org",))) as post:
        both = build_email(post.port, recipients=["a@example.org", "b@example.org"])
        assert Mail(both, None, 5.0).send([MESSAGE]) == ("it took the mail to a@example.org, and refused b@example.org")
        alone = build_email(post.port, recipients=["b@example.org"])
        with pytest.raises(UndeliveredError, match=r"^it refused every recipient \(550\)$"):
            Mail(alone, None, 5.0).send([MESSAGE])
    assert len(post.mails) == 1


def read_everything(project: Project) -> str:
    """The text of every file of the project and the names of all."""
    paths = [path for path in project.root.rglob("*") if path.is_file()]
    return "\n".join(f"{path}\n{path.read_bytes().decode('utf-8', 'replace')}" for path in paths)


@pytest.mark.parametrize("is_taken", [True, False])
def test_no_secret_is_written_or_said(
    is_taken: bool,
    prepare: Prepare,
    certificate: tuple[ssl.SSLContext, Path],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The webhook's address, the mail server's user and password: not in a file, not in a sentence, not on a screen."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
    monkeypatch.setenv("ELC_SMTP_USER", "user-name-5")
    monkeypatch.setenv("ELC_SMTP_PASSWORD", PHRASE)
    login = ("user-name-5", PHRASE if is_taken else "other")
    hook, post = Hook(answers=[200 if is_taken else 403]), Post(tls=certificate[0], login=login)
    with serve_hook(hook) as served, serve_post(post):
        monkeypatch.setenv("ELC_ALERT_WEBHOOK", served.url)
        project = prepare(email=build_email(post.port, security="starttls").model_dump())
        leave(project, build_gap())
        failed = deliver(project, "fjord", environment="", now=NOW)
    assert (len(hook.posts), post.logins[0]) == (1, ("user-name-5", PHRASE))
    assert len(post.mails) == is_taken
    if not is_taken:
        assert "it answered 403 Forbidden" in failed[0]
        assert "the mail server 127.0.0.1 did not take 1 of 1 messages: it refused user and password (535)" in failed[1]
    shown = capfd.readouterr()
    text = "\n".join([*failed, shown.out, shown.err, read_everything(project)])
    assert build_gap().id in text
    for secret in ("secret-path", "user-name-5", PHRASE):
        assert secret not in text


def test_channel_that_hangs_does_not_hold_up_the_other(prepare: Prepare) -> None:
    with serve_bytes(hang) as port, serve_post(Post()) as post:
        project = prepare(
            webhook=f"http://127.0.0.1:{port}/", email=build_email(post.port).model_dump(), timeout_s=TIMEOUT_S
        )
        leave(project, build_gap())
        start = time.monotonic()
        (sentence,) = deliver(project, "fjord", environment="", now=NOW)
        assert time.monotonic() - start < LATE_S
    assert "the webhook at 127.0.0.1 did not take 1 of 1 messages: it did not answer in time (timeout_s)" in sentence
    assert len(post.mails) == 1


def test_user_without_a_password_is_no_login() -> None:
    settings = read_settings(Project(Path(__file__).resolve().parents[3])).alerts
    with_mail = AlertSettings.model_validate({**settings.model_dump(), "email": build_email(25).model_dump()})
    for given, login in (({}, None), ({"ELC_SMTP_USER": "a"}, None)):
        (channel,) = build_channels(with_mail, given)
        assert isinstance(channel, Mail)
        assert channel.login == login
    (channel,) = build_channels(with_mail, {"ELC_SMTP_USER": "a", "ELC_SMTP_PASSWORD": PHRASE})
    assert isinstance(channel, Mail)
    assert channel.login == ("a", PHRASE)
    assert PHRASE not in repr(channel)

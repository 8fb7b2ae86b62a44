"""The section alerts: addresses and URLs that can be used, others refused by their key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from elc.errors import ElcError
from elc.settings import AlertSettings, parse_settings

ROOT = Path(__file__).resolve().parents[3]
EMAIL = {
    "host": "smtp.example.org",
    "port": 587,
    "security": "starttls",
    "sender": "elc@example.org",
    "recipients": ["shift@example.org"],
}


def parse(**keys: Any) -> AlertSettings:
    content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    content["alerts"].update(keys)
    return parse_settings(yaml.safe_dump(content, sort_keys=False)).alerts


def test_the_project_tells_nobody_until_it_is_told_whom() -> None:
    assert (parse().webhook, parse().email, parse().apprise) == (None, None, [])


@pytest.mark.parametrize("url", ["https://hooks.example.org/a?b=c", "http://10.0.0.7:8080/x", "https://[::1]/x"])
def test_url_to_post_to(url: str) -> None:
    assert parse(webhook=url).webhook == url


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"webhook": "ftp://example.org"}, r"alerts\.webhook: found .*: it is not an http or https URL with a host; "),
        ({"webhook": "hooks.example.org"}, r"alerts\.webhook: found .*: it is not an http or https URL with a host; "),
        (
            {"webhook": "https://a:xxx@example.org"},
            r"alerts\.webhook: found .*: it contains a user name; write it without one",
        ),
        (
            {"apprise": ["slack://a/b/c"]},
            r"alerts\.apprise\.0: found .*: it is not the name of an environment variable",
        ),
        ({"gap_h": 0}, r"alerts\.gap_h: found 0: Input should be greater than 0"),
        ({"repeat_h": -1}, r"alerts\.repeat_h: found -1: Input should be greater than or equal to 0"),
        ({"web_hook": "x"}, r"alerts\.web_hook: unknown key: did you mean webhook\?"),
        ({"email": {**EMAIL, "port": 0}}, r"alerts\.email\.port: found 0: Input should be greater than 0"),
        (
            {"email": {**EMAIL, "security": "ssl"}},
            r"alerts\.email\.security: found 'ssl': .*'none', 'starttls' or 'tls'",
        ),
        ({"email": {**EMAIL, "recipients": []}}, r"alerts\.email\.recipients: found \[\]: .*at least 1 item"),
        ({"email": {**EMAIL, "recipient": "a"}}, r"alerts\.email\.recipient: unknown key: did you mean recipients\?"),
        (
            {"email": {**EMAIL, "sender": "elc"}},
            r"alerts\.email\.sender: found 'elc': it is not a mail address; write it as",
        ),
        (
            {"email": {**EMAIL, "recipients": ["a@example.org", "b@x.org\nBcc: c@x.org"]}},
            r"alerts\.email\.recipients\.1: found .*: it is not a mail address",
        ),
        ({"email": {**EMAIL, "host": "smtp example"}}, r"alerts\.email\.host: found 'smtp example': "),
    ],
)
def test_what_cannot_be_used_is_named(keys: dict[str, Any], words: str) -> None:
    with pytest.raises(ElcError, match=rf"^params\.yaml: {words}"):
        parse(**keys)


def test_mail_may_be_written_in_full() -> None:
    email = parse(email=EMAIL).email
    assert email is not None
    assert email.recipients == ["shift@example.org"]


def test_plant_and_environment_may_have_their_own() -> None:
    content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    content["plants"]["fjord"]["alerts"] = {"gap_hours": 2}
    content["environments"]["dev"]["overrides"] = {"alerts": {"webhok": None}}
    with pytest.raises(
        ElcError, match=r"(?s)2 faults.*plants\.fjord\.alerts\.gap_hours: .*overrides\.alerts\.webhok: "
    ):
        parse_settings(yaml.safe_dump(content, sort_keys=False))

"""Where tags go: pushed, with the address said, or kept in this clone, which is shown until the remote has them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from elc.registry import read_context
from elc.registry.git import hide_secrets, shorten
from elc.registry.remote import read_url
from tests.pipeline.clones import call, fail
from tests.unit.registry.keys import make_repository, run
from tests.unit.registry.test_audit import History


@pytest.fixture
def history(tmp_path: Path) -> History:
    """A version that nobody decided about, and two Git remotes that are no remotes of it yet."""
    history = History(make_repository(tmp_path / "project"))
    history.register("fjord", "v1.0.0")
    for name in ("one", "two"):
        run(tmp_path, "init", "--quiet", "--bare", name)
    return history


def share(history: History, *names: str) -> None:
    """Let remotes be known by names, and have what is here."""
    for name, folder in zip(names, ("one", "two"), strict=False):
        url = str(history.root.parent / folder)
        run(history.root, "remote", "add", name, url)
        run(history.root, "push", "--quiet", "--tags", name, "HEAD:main")


def set_registry(history: History, keys: str) -> None:
    text = history.project.params.read_text(encoding="utf-8")
    start, end = text.index("\nregistry:"), text.index("\nenvironments:")
    history.project.params.write_text(f"{text[:start]}\nregistry: {keys}\n{text[end:]}", encoding="utf-8")
    history.commit("params.yaml")


def decide(history: History, verb: str, *options: str) -> str:
    return call(history.project, verb, "fjord", "v1.0.0", "--reason", "because", *options)


def read_there(history: History, folder: str) -> list[str]:
    return run(history.root.parent / folder, "tag").split()


def test_a_tag_is_pushed_and_the_command_says_where_to(history: History) -> None:
    share(history, "origin", "other")
    said = decide(history, "approve")
    assert said == f"approved: fjord v1.0.0, by tag fjord#approved#1, pushed to origin, {history.root.parent / 'one'}\n"
    assert read_there(history, "one") == ["fjord#approved#1", "fjord@v1.0.0"]
    assert read_there(history, "two") == ["fjord@v1.0.0"]
    assert "in this clone alone" not in call(history.project, "models") + call(history.project, "audit")


def test_a_named_remote_comes_before_origin(history: History) -> None:
    share(history, "origin", "registry")
    set_registry(history, "{git_remote: registry}")
    assert f"pushed to registry, {history.root.parent / 'two'}" in decide(history, "reject")
    assert "fjord#approved!#1" in read_there(history, "two")
    assert "fjord#approved!#1" not in read_there(history, "one")


def test_a_tag_that_is_kept_is_shown_until_the_remote_has_it(history: History) -> None:
    share(history, "origin")
    said = decide(history, "approve", "--no-push")
    push = "git push <remote> 'refs/tags/fjord#approved#1'"
    assert said.endswith(f"it stays in this clone, as --no-push says. To share: {push}\n")
    assert read_there(history, "one") == ["fjord@v1.0.0"]
    alone = "1 tag is in this clone alone: fjord#approved#1.\n"
    assert call(history.project, "models").endswith(alone)
    assert call(history.project, "models", "fjord").endswith(alone)
    assert json.loads(call(history.project, "models", "--json"))["local"] == ["fjord#approved#1"]
    # It belongs on the remote, so the audit asks for it.
    assert history.find("remote").repair == "git push origin 'refs/tags/fjord#approved#1'"
    run(history.root, "push", "--quiet", "origin", "refs/tags/fjord#approved#1")
    assert "in this clone alone" not in call(history.project, "models")
    assert run(history.root, "for-each-ref", "refs/elc") == ""


def test_settings_keep_tags_here_which_is_no_problem(history: History) -> None:
    share(history, "one", "two")
    set_registry(history, "{push: false}")
    assert "it stays in this clone, as registry.push: false in params.yaml says." in decide(history, "approve")
    assert read_there(history, "one") == read_there(history, "two") == ["fjord@v1.0.0"]
    said = call(history.project, "audit")
    assert said.startswith("The registry is sound")
    assert "1 tag is in this clone alone as far as is known here: no Git remote is named" in said
    set_registry(history, "{push: false, git_remote: two}")
    assert call(history.project, "audit").endswith("1 tag is in this clone alone: fjord#approved#1.\n")


def test_two_remotes_of_which_none_is_origin_ask(history: History) -> None:
    share(history, "one", "two")
    said = fail(history.project, "reject", "fjord", "v1.0.0", "--reason", "because")
    assert "there are the Git remotes one, two and none is called origin, so it is not known where tags go" in said
    assert "Name one under registry in params.yaml, such as git_remote: one; or keep the tags in this clone" in said
    assert run(history.root, "tag").split() == ["fjord@v1.0.0"]
    assert "none is called origin" in history.find("remote").sentence
    assert "fjord" in call(history.project, "models")
    assert "as --no-push says" in decide(history, "reject", "--no-push")
    set_registry(history, "{git_remote: tow}")
    said = fail(history.project, "approve", "fjord", "v1.0.0", "--reason", "because")
    assert "params.yaml: registry.git_remote: Git has no remote tow; did you mean two?" in said


def test_without_a_remote_all_tags_are_here_alone(history: History) -> None:
    assert decide(history, "approve").endswith("it stays in this clone: Git has no remote\n")
    assert call(history.project, "audit").endswith("2 tags are in this clone alone: fjord#approved#1, fjord@v1.0.0.\n")


def test_a_remote_that_does_not_answer_leaves_it_open(history: History) -> None:
    share(history, "origin")
    decide(history, "approve", "--no-push")
    (history.root.parent / "one").rename(history.root.parent / "away")
    said = call(history.project, "models")
    assert "1 tag is in this clone alone as far as is known here: Git remote origin does not answer" in said


ADDRESSES = {
    "https://ann:***@ss@example.org/plants.git": "https://***@example.org/plants.git",
    "https://ghp_token@example.org/plants.git": "https://***@example.org/plants.git",
    "ssh://git@example.org/plants.git": "ssh://git@example.org/plants.git",
    "git@example.org:plants.git": "git@example.org:plants.git",
    "https://example.org/@v1": "https://example.org/@v1",
}


def test_what_is_secret_in_an_address_is_hidden(history: History) -> None:
    for number, (address, shown) in enumerate(ADDRESSES.items()):
        run(history.root, "remote", "add", f"remote{number}", address)
        assert read_url(history.root, f"remote{number}") == hide_secrets(address) == shown
        said = "fatal: unable to access '{}': no route"
        assert shorten(said.format(address)) == said.format(shown)


def test_help_says_that_a_tag_is_pushed(history: History) -> None:
    for verb in ("register", "approve", "reject", "promote", "rollback"):
        said = " ".join(call(history.project, verb, "--help").split())
        assert "pushed to the Git remote" in said, verb
        assert "--no-push" in said, verb


def test_a_tag_is_signed_only_where_that_is_asked_for(history: History) -> None:
    for name, value in {"tag.gpgSign": "true", "gpg.format": "ssh", "user.signingkey": "/nowhere"}.items():
        run(history.root, "config", name, value)
    decide(history, "approve")
    (event,) = [it for it in read_context(history.project).registry.line("fjord").events if it.stage]
    assert not event.is_signed

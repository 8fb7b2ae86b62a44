"""Secrets come from the environment, else from the keyring of the system, and are asked for by name where neither."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from elc.fetch.secrets import find_secret, read_secret
from elc.fetch.source import RefusedError

keyring = pytest.importorskip("keyring", reason="elc[fetch] is not installed")
NAME = "ELC_SQL_PASSWORD"


class Locked(keyring.backend.KeyringBackend):  # type: ignore[misc, name-defined]
    """A keyring that nobody unlocked."""

    priority = 1

    def get_password(self, *_: str) -> str | None:
        raise keyring.errors.KeyringLocked("no one is here")

    def set_password(self, *_: str) -> None:
        raise NotImplementedError


class Opened(Locked):
    """A keyring that holds one entry."""

    def get_password(self, *names: str) -> str | None:
        return "from the keyring" if names == ("elc", NAME) else None


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    former = keyring.get_keyring()
    monkeypatch.delenv(NAME, raising=False)
    yield
    keyring.set_keyring(former)


def test_the_environment_comes_before_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring.set_keyring(Opened())
    assert read_secret(NAME, "plant fjord: source sql") == "from the keyring"
    monkeypatch.setenv(NAME, "from the environment")
    assert find_secret(NAME) == "from the environment"
    assert find_secret("ELC_PI_PASSWORD") is None


def test_a_keyring_that_is_locked_has_none_and_the_cure_is_said() -> None:
    keyring.set_keyring(Locked())
    assert find_secret(NAME) is None
    with pytest.raises(RefusedError, match=f"the secret {NAME} was found neither .* or run: keyring set elc {NAME}$"):
        read_secret(NAME, "plant fjord: source sql")

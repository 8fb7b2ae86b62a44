"""Secrets of sources: from the environment, or else from the keyring of the system."""

from __future__ import annotations

import os

from elc.fetch.source import RefusedError

SERVICE = "elc"  # under which the keyring holds them: keyring set elc NAME


def find_secret(name: str) -> str | None:
    """Find a secret by its name: an environment variable, or else an entry of the keyring; None where neither is."""
    given = os.environ.get(name)
    return given if given else _ask_keyring(name)


def read_secret(name: str, where: str) -> str:
    """Read a secret that a source cannot do without.

    Raises:
        RefusedError: it is nowhere.
    """
    found = find_secret(name)
    if found is None:
        raise RefusedError(
            f"{where}: the secret {name} was found neither in the environment nor in the keyring. Set the environment "
            f"variable {name}, or run: keyring set {SERVICE} {name}"
        )
    return found


def _ask_keyring(name: str) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:  # a machine without one has the environment
        return None
    try:
        return keyring.get_password(SERVICE, name)
    except KeyringError:  # locked, or none here
        return None

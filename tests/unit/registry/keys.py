"""Throwaway SSH keys, and temporary Git repositories that sign with them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Key:
    """A key pair without a passphrase; `public` is the file whose name Git is given, `text` its first two words."""

    public: Path
    text: str
    fingerprint: str


def make_key(folder: Path, name: str, kind: str = "ed25519") -> Key:
    """Make a key pair `folder/name` and `folder/name.pub` of a type: ed25519, ecdsa or rsa."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    _run(folder, "ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", str(path))
    public = path.with_suffix(".pub")
    fingerprint = _run(folder, "ssh-keygen", "-l", "-f", str(public)).split()[1]
    return Key(public, " ".join(public.read_text().split()[:2]), fingerprint)


def make_repository(root: Path) -> Path:
    """Make a Git repository with one empty commit, which signs nothing yet."""
    root.mkdir(parents=True, exist_ok=True)
    run(root, "init", "--quiet")
    for name, value in {"user.name": "Test", "user.email": "test@example.org", "gc.auto": "0"}.items():
        run(root, "config", name, value)
    run(root, "commit", "--quiet", "--allow-empty", "--message", "first")
    return root


def configure_signing(root: Path, key: Key) -> None:
    """Let a repository sign with a key from now on, when it is asked to."""
    run(root, "config", "gpg.format", "ssh")
    run(root, "config", "user.signingkey", str(key.public))


def commit_signers(root: Path, *lines: str) -> None:
    """Commit `models/allowed_signers` with these lines."""
    path = root / "models" / "allowed_signers"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))
    run(root, "add", "models/allowed_signers")
    run(root, "commit", "--quiet", "--message", "signers")


def sign_tag(root: Path, name: str, key: Key, *, message: str = "Approve.", day: str = "") -> str:
    """Make a signed tag at HEAD, on a day such as 2024-05-01 or now, and return the id of its object."""
    configure_signing(root, key)
    dated = {"GIT_COMMITTER_DATE": f"{day}T12:00:00Z"} if day else {}
    run(root, "tag", "--sign", "--message", message, name, **dated)
    return run(root, "rev-parse", f"refs/tags/{name}").strip()


def write_tag(root: Path, content: bytes) -> str:
    """Write a tag object as it is given, valid or not, and return its id."""
    command = ["git", "hash-object", "-t", "tag", "-w", "--literally", "--stdin"]
    return subprocess.run(command, cwd=root, input=content, check=True, capture_output=True).stdout.decode().strip()


def read_tag(root: Path, oid: str) -> bytes:
    """Read the bytes of a tag object."""
    return subprocess.run(["git", "cat-file", "tag", oid], cwd=root, check=True, capture_output=True).stdout


def run(root: Path, *arguments: str, **variables: str) -> str:
    """Run Git in a folder, with some variables of the environment, and return what it wrote."""
    return _run(root, "git", *arguments, **variables)


def _run(folder: Path, *command: str, **variables: str) -> str:
    environment = {**os.environ, **variables}
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout

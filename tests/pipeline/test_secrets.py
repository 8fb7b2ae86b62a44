"""No secret is in Git: every file it knows is scanned. What is planted here to be found is put together from parts."""

from __future__ import annotations

import configparser
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import git

ROOT = Path(__file__).resolve().parents[2]
# A value that a program fills in later is no secret, nor is the word that local test servers take.
PLACE = r"test(?:ing)?[\"'\s]|[$<{%(\[]|\*{3}|x{3}|null\b|none\b|true\b|false\b|str\b|os\.|\.\.\."
WORD = r"(?:[a-z0-9_-]*[_-])?(?:password|passwd|passphrase|secret|token|(?:api|access|account|secret)[_-]?key)"
PATTERNS = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    "a PuTTY key": re.compile(r"^PuTTY-User-Key-File-\d", re.MULTILINE),
    "an AWS key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{60,})"),
    "a password in a URL": re.compile(rf"\b[a-z][a-z0-9+.-]*://[^\s/:@\"'`]*:(?!{PLACE})[^\s/:@\"'`]+@", re.IGNORECASE),
    "a secret setting": re.compile(
        rf"(?<![a-z0-9]){WORD}[\"']?\s*[:=]\s*([\"'])(?!{PLACE})[^\"'\s]{{4,}}\1", re.IGNORECASE
    ),
}
# Without quotes only where it cannot be code.
BARE = re.compile(
    rf"^[\s-]*(?:export )?{WORD}\s*[:=]\s*(?!{PLACE}|[\"'])[^\s()]{{4,}}\s*(?:#.*)?$", re.IGNORECASE | re.MULTILINE
)
# Of all kinds of DVC remotes (dvc/config_schema.py, 3.67): the options that hold a credential or the path to one.
CREDENTIALS = {
    "access_key_id", "secret_access_key", "session_token", "credentialpath", "configpath", "sse_customer_key",
    "password", "passphrase", "token", "connection_string", "sas_token", "account_key", "client_secret",
    "keyfile", "oss_key_id", "oss_key_secret", "gdrive_client_secret", "gdrive_service_account_json_file_path",
    "gdrive_user_credentials_file", "custom_auth_header", "bearer_token_command", "key_path",
}  # fmt: skip


def find_secrets(root: Path) -> Iterator[str]:
    """Say where a file that Git knows, or would take, seems to hold a secret; the secret itself is not said."""
    listed = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in sorted(filter(None, listed.split("\0"))):
        path = root / name
        if path.is_file():
            yield from find_in_text(name, path.read_bytes().decode("utf-8", errors="replace"))
            if name == ".dvc/config.local":
                yield f"{name}: Git takes this file; add it to .dvc/.gitignore."
            elif path.parent.name == ".dvc" and path.name.startswith("config"):
                yield from find_in_config(name, path.read_text())


def find_in_text(name: str, text: str) -> Iterator[str]:
    patterns = [*PATTERNS.items(), *([] if name.endswith(".py") else [("a secret setting", BARE)])]
    for kind, pattern in patterns:
        for found in pattern.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield f"{name}:{line}: seems to hold {kind}. Take it out and change it; it belongs in the environment."


def find_in_config(name: str, text: str) -> Iterator[str]:
    """The options of a DVC configuration that may stand in .dvc/config.local only."""
    config = configparser.ConfigParser(interpolation=None)
    config.read_string(text)
    for section in config.sections():
        for option in sorted(CREDENTIALS & set(config[section])):
            yield f"{name}: {section} sets {option}. Move it: dvc remote modify --local."


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small repository with this project's rules about DVC's files, and no secret."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / ".dvc").mkdir()
    shutil.copyfile(ROOT / ".dvc/.gitignore", tmp_path / ".dvc/.gitignore")
    shutil.copyfile(ROOT / ".gitignore", tmp_path / ".gitignore")
    remote = "[core]\n    remote = prod\n['remote \"prod\"']\n    url = s3://plants/prod\n    region = eu-north-1\n"
    (tmp_path / ".dvc/config").write_text(
        f"{remote}    sse = aws:kms\n    sse_kms_key_id = alias/elc-prod\n    profile = prod\n"
    )
    (tmp_path / "read.py").write_text('token = tokens[0]\npassword = os.environ["PASSWORD"]\n')
    git(tmp_path, "add", "--all")
    assert list(find_secrets(tmp_path)) == []
    return tmp_path


def test_this_project_holds_no_secret() -> None:
    assert list(find_secrets(ROOT)) == []


def test_git_ignores_the_local_configuration_of_dvc() -> None:
    assert git(ROOT, "check-ignore", ".dvc/config.local").strip() == ".dvc/config.local"
    assert git(ROOT, "ls-files", ".dvc/config.local", ".dvc/tmp") == ""


PLANTED = [
    ("a private key", "-----BEGIN " + "OPENSSH PRIVATE " + "KEY-----\nb3BlbnNzaC1rZXk\n"),
    ("a private key", "-----BEGIN " + "PRIVATE " + "KEY-----\n"),
    ("a private key", "-----BEGIN " + "PGP PRIVATE " + "KEY BLOCK-----\n"),
    ("a PuTTY key", "PuTTY-User-" + "Key-File-3: ssh-ed25519\n"),
    ("an AWS key", "id is AKIA" + "IOSFODNN7" + "EXAMPLE here"),
    ("an AWS key", "ASIA" + "IOSFODNN7" + "EXAMPLE"),
    ("a GitHub token", "ghp_" + "0123456789abcdefghij" + "0123456789abcdef"),
    ("a password in a URL", "url = https://ann:" + "hunter2" + "@example.org/store\n"),
    ("a password in a URL", "postgresql://" + ":s3cret@" + "db/plants"),
    ("a secret setting", "pass" + "word: hunter2\n"),
    ("a secret setting", "mqtt_pass" + "word: 'correct-horse'  # the broker\n"),
    ("a secret setting", "call(DB_PASS" + 'WORD="hunter2")\n'),
    ("a secret setting", "historian:\n  - tok" + "en: abc123def456\n"),
    ("a secret setting", '{"client_sec' + 'ret": "letmein-now"}'),
    ("a secret setting", "export AWS_SECRET_ACCESS_" + "KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCY\n"),
    ("a secret setting", "account-" + "key='0f9e8d7c'\n"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), PLANTED)
@pytest.mark.parametrize("name", ["params.yaml", "notes/read me.md", "src/hidden.bin"])
def test_planted_secret_is_found(project: Path, kind: str, text: str, name: str) -> None:
    path = project / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"\xff\x00 first line\n" + text.encode())
    found = list(find_secrets(project))
    assert any(line.startswith(f"{name}:") and f"seems to hold {kind}." in line for line in found), found
    assert not any("hunter2" in line for line in found), "a report shows no secret"


@pytest.mark.parametrize(
    "text",
    [
        "password: ${{ secrets.DB_PASSWORD }}\n",
        "password: $DB_PASSWORD\n",
        "token: <your token>\n",
        "token = read_token(path)\n",
        "secret: null\n",
        "def read(token: str, password: str) -> None: ...\n",
        "The password: ask the plant's IT for it.\n",
        "https://user:$PASSWORD@example.org\n",
        "https://example.org:8080/a@b\n",
        "AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}\n",
    ],
)
def test_what_is_no_secret_is_left_alone(project: Path, text: str) -> None:
    (project / "notes.md").write_text(text)
    assert list(find_secrets(project)) == []


@pytest.mark.parametrize("option", sorted(CREDENTIALS))
def test_credential_in_the_shared_configuration_of_dvc_is_found(project: Path, option: str) -> None:
    config = project / ".dvc/config"
    config.write_text(config.read_text() + f"    {option} = abc\n")
    found = [line for line in find_secrets(project) if "dvc remote modify --local" in line]
    assert found == [f".dvc/config: 'remote \"prod\"' sets {option}. Move it: dvc remote modify --local."]


def test_local_configuration_is_allowed_while_git_ignores_it(project: Path) -> None:
    (project / ".dvc/config.local").write_text("['remote \"prod\"']\n    access_key_id = abc\n")
    assert list(find_secrets(project)) == []
    git(project, "add", "--force", ".dvc/config.local")
    assert [line for line in find_secrets(project) if "Git takes this file" in line]


def test_every_credential_that_dvc_knows_is_listed() -> None:
    from dvc.config_schema import REMOTE_SCHEMAS

    options = {str(option) for schema in REMOTE_SCHEMAS.values() for option in schema}
    asks = {option for option in options if option.startswith(("ask_", "exclude_"))}
    words = re.compile(
        r"password|passphrase|secret|token|credential|connection_string|_key$|keyfile|key_path|auth_header"
    )
    assert {option for option in options - asks if words.search(option)} <= CREDENTIALS

"""Storage: hashes equal DVC's, packages go to a remote and back whole, what is altered or down is one error."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from elc.errors import ElcError
from elc.registry import storage
from tests.unit.registry.s3 import add_folder_remote, add_s3_remote, add_to_cache, serve_s3, start_repository

ROOT = Path(__file__).resolve().parents[3]
FILES = {"card.json": b'{"plant": "fjord"}', "model.onnx": b"onnx" * 100, "sub/stück.txt": b"deep", "empty": b""}


def write_package(folder: Path) -> None:
    for name, raw in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)


def find_cached(root: Path, md5: str) -> Path:
    return root / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]


def find_model(root: Path) -> Path:
    return find_cached(root, hashlib.md5(FILES["model.onnx"]).hexdigest())


def alter(path: Path) -> None:
    """Alter a file as DVC does not see it: read-only before and after."""
    path.chmod(0o644)
    path.write_bytes(b"altered")
    path.chmod(0o444)


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DVC_SITE_CACHE_DIR", "DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_MAX_ATTEMPTS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    root = tmp_path_factory.mktemp("made")
    start_repository(root)
    write_package(root / "models" / "fjord")
    return root, add_to_cache(root, "models/fjord")


@pytest.fixture
def root(made: tuple[Path, str], tmp_path: Path) -> Path:
    return Path(shutil.copytree(made[0], tmp_path / "root"))


@pytest.fixture
def package(made: tuple[Path, str]) -> str:
    return made[1]


@pytest.fixture
def content(root: Path) -> str:
    return storage.hash_content(root / "models" / "fjord", without=())


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with serve_s3("elc-packages") as address:
        yield address


def test_folder_hashes_as_dvc_does(root: Path, package: str) -> None:
    assert storage.hash_folder(root / "models" / "fjord") == package


def test_content_hash_is_what_sha256sum_says(tmp_path: Path) -> None:
    write_package(tmp_path / "package")
    command = "find . -type f ! -name deployed.json -printf '%P\\0' | xargs -0 sha256sum | LC_ALL=C sort | sha256sum"
    (tmp_path / "package" / "deployed.json").write_text("{}")
    said = subprocess.run(command, shell=True, cwd=tmp_path / "package", capture_output=True, text=True, check=True)
    assert storage.hash_content(tmp_path / "package", without=("deployed.json",)) == said.stdout.split()[0]


@pytest.mark.parametrize("change", ["alter", "remove", "add", "rename"])
def test_content_hash_sees_any_change(tmp_path: Path, change: str) -> None:
    write_package(tmp_path)
    before = storage.hash_content(tmp_path, without=())
    model = tmp_path / "model.onnx"
    {
        "alter": lambda: model.write_bytes(b"other"),
        "remove": model.unlink,
        "add": lambda: (tmp_path / "more").touch(),
        "rename": lambda: model.rename(tmp_path / "b.onnx"),
    }[change]()
    assert storage.hash_content(tmp_path, without=()) != before


def test_odd_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ElcError, match="there is no such folder, expected a model package"):
        storage.hash_folder(tmp_path / "none")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "link").symlink_to(tmp_path)
    with pytest.raises(ElcError, match="'link' is a link to a folder"):
        storage.hash_content(tmp_path / "package", without=())
    (tmp_path / "package" / "link").unlink()
    (tmp_path / "package" / "dangling").symlink_to(tmp_path / "none")
    with pytest.raises(ElcError, match=r"dangling: cannot be read \(No such file"):
        storage.hash_folder(tmp_path / "package")


def test_lock_gives_outputs_and_what_was_evaluated() -> None:
    text = (ROOT / "dvc.lock").read_text(encoding="utf-8")
    locked, judged = storage.read_lock(text), storage.read_evaluated(text)
    assert set(judged) == {"models/fjord", "models/delta", "models/steppe"}
    assert judged.items() <= locked.items()
    assert locked["data/processed/fjord"].endswith(".dir")
    assert "reports/metrics/fjord.json" in locked


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no stages, expected at least one"),
        ("schema: '2.0'\nstages:\n", "has no stages"),
        ("schema: '2.0'\nstages:\n  train@fjord:\n", "stage train@fjord is empty"),
        ("stages:\n  train@fjord:\n    outs:\n    - path: models/fjord\n", "outs models/fjord has the md5 ''"),
        (
            "stages:\n  a:\n    outs:\n    - path: models/fjord\n      md5: cc36898\n",
            "has the md5 'cc36898', expected 32",
        ),
        ("stages:\n  a:\n    outs:\n    - pa", "expected 32 hex digits"),
        ("stages:\n  'a", "is not valid YAML"),
    ],
)
def test_lock_that_was_cut_off_is_refused(text: str, words: str) -> None:
    with pytest.raises(ElcError, match=words) as caught:
        storage.read_lock(text)
    assert "Restore it with `git restore dvc.lock`" in str(caught.value)


def test_remote_is_found_or_named(root: Path, tmp_path: Path) -> None:
    assert storage.find_remote(root, None) is None
    with pytest.raises(ElcError, match="DVC has no remote 'prod'; there is none yet"):
        storage.find_remote(root, "prod")
    add_folder_remote(root, "production", tmp_path / "remote")
    assert storage.find_remote(root, None) == "production"
    assert storage.find_remote(root, "Production") == "production"
    with pytest.raises(ElcError, match="no remote 'prodution'; did you mean production"):
        storage.find_remote(root, "prodution")
    with pytest.raises(ElcError, match=r"there is no \.dvc folder"):
        storage.find_remote(tmp_path, None)


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_package_goes_to_a_remote_and_back(
    root: Path, package: str, content: str, kind: str, tmp_path: Path, endpoint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    if kind == "s3":
        add_s3_remote(root, "store", "elc-packages", endpoint)
    else:
        add_folder_remote(root, "store", tmp_path / "remote")
    storage.push_package(root, package, "store")
    storage.push_package(root, package, "store")
    shutil.rmtree(root / ".dvc" / "cache")
    storage.fetch_package(root, package, "store")
    storage.lay_package(root, package, tmp_path / "laid", content=content)
    assert {name: (tmp_path / "laid" / name).read_bytes() for name in FILES} == FILES
    alter(find_model(root))
    storage.fetch_package(root, package, "store")
    find_cached(root, package).unlink()
    storage.fetch_package(root, package, "store")
    assert find_model(root).read_bytes() == FILES["model.onnx"]
    assert capfd.readouterr().err == ""


def test_whole_package_needs_no_remote(root: Path, package: str) -> None:
    storage.fetch_package(root, package, None)
    add_folder_remote(root, "store", root / "none" / "there")
    storage.fetch_package(root, package, "store")
    assert not (root / "none").exists()


def test_altered_cache_without_a_remote_is_refused(root: Path, package: str, content: str, tmp_path: Path) -> None:
    alter(find_model(root))
    found = hashlib.md5(b"altered").hexdigest()
    words = f"package {package}: model.onnx was altered in the cache: .* hashes to {found}, expected"
    with pytest.raises(ElcError, match=words) as caught:
        storage.fetch_package(root, package, None)
    assert "No remote is set: add the one that holds it with `dvc remote add" in str(caught.value)
    assert find_model(root).read_bytes() == b"altered", "nothing is removed that cannot be fetched"
    with pytest.raises(ElcError, match=words):
        storage.lay_package(root, package, tmp_path / "laid", content=content)
    assert not (tmp_path / "laid").exists()
    with pytest.raises(ElcError, match=r"model.onnx was altered[\s\S]*put the package back with `dvc commit`"):
        storage.push_package(root, package, "store")


def test_missing_cache_is_refused(root: Path, package: str, content: str, tmp_path: Path) -> None:
    find_model(root).unlink()
    with pytest.raises(ElcError, match=r"model.onnx is missing from the cache, expected"):
        storage.lay_package(root, package, tmp_path / "laid", content=content)
    shutil.rmtree(root / ".dvc" / "cache")
    with pytest.raises(ElcError, match="the list of its files is missing from the cache"):
        storage.fetch_package(root, package, None)


def test_altered_list_is_refused(root: Path, package: str) -> None:
    alter(find_cached(root, package))
    with pytest.raises(ElcError, match="the list of its files was altered in the cache"):
        storage.fetch_package(root, package, None)


def test_other_content_hash_is_refused(root: Path, package: str, tmp_path: Path) -> None:
    with pytest.raises(ElcError, match=r"expected 0000 as its tag says. It is not what was registered"):
        storage.lay_package(root, package, tmp_path / "laid", content="0000")


@pytest.mark.parametrize("name", ["../../escaped", "/escaped", "sub/../../escaped", "back\\slash", ""])
def test_list_that_leaves_its_folder_is_refused(root: Path, name: str, tmp_path: Path) -> None:
    raw = json.dumps([{"md5": hashlib.md5(FILES["model.onnx"]).hexdigest(), "relpath": name}]).encode()
    bad = hashlib.md5(raw).hexdigest() + ".dir"
    find_cached(root, bad).parent.mkdir(parents=True, exist_ok=True)
    find_cached(root, bad).write_bytes(raw)
    with pytest.raises(ElcError, match="is not a file of a package"):
        storage.lay_package(root, bad, tmp_path / "laid", content="")
    assert not (tmp_path / "escaped").exists()


@pytest.mark.parametrize("package", ["", "abc.dir", "../../../models/fjord/card.json", "a" * 32])
def test_hash_that_is_none_is_refused(root: Path, package: str) -> None:
    with pytest.raises(ElcError, match=r"is not the hash of a folder, expected 32 hex digits and \.dir"):
        storage.fetch_package(root, package, None)


def test_list_that_is_none_is_refused(root: Path, tmp_path: Path) -> None:
    bad = hashlib.md5(b"[1]").hexdigest() + ".dir"
    find_cached(root, bad).parent.mkdir(parents=True, exist_ok=True)
    find_cached(root, bad).write_bytes(b"[1]")
    with pytest.raises(ElcError, match="is not a list of files"):
        storage.lay_package(root, bad, tmp_path / "laid", content="")


def test_remote_that_lacks_or_alters_a_file_is_named(root: Path, package: str, tmp_path: Path) -> None:
    add_folder_remote(root, "store", tmp_path / "remote")
    storage.push_package(root, package, "store")
    there = tmp_path / "remote" / find_model(root).relative_to(root / ".dvc" / "cache")
    shutil.rmtree(root / ".dvc" / "cache")
    alter(there)
    with pytest.raises(ElcError, match=r"fetched from remote store: model.onnx was altered[\s\S]*Remove it there"):
        storage.fetch_package(root, package, "store")
    assert not find_model(root).exists(), "what is altered does not stay in the cache"
    there.unlink()
    with pytest.raises(ElcError, match=r"model.onnx is missing from the cache"):
        storage.fetch_package(root, package, "store")
    there.write_bytes(FILES["model.onnx"])
    storage.fetch_package(root, package, "store")


def test_push_fills_what_the_remote_lost(root: Path, package: str, tmp_path: Path) -> None:
    add_folder_remote(root, "store", tmp_path / "remote")
    storage.push_package(root, package, "store")
    there = tmp_path / "remote" / find_model(root).relative_to(root / ".dvc" / "cache")
    there.unlink()
    storage.push_package(root, package, "store")
    assert there.read_bytes() == FILES["model.onnx"]


class Refusing(BaseHTTPRequestHandler):
    """Answer as S3 does to the wrong key."""

    def do_GET(self) -> None:
        body = b"<Error><Code>SignatureDoesNotMatch</Code><Message>The signature does not match</Message></Error>"
        self.send_response(403)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    do_HEAD = do_PUT = do_POST = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def refusing() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def silent() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    ("way", "fault"),
    [(way, fault) for fault in ("port", "bucket", "credentials") for way in ("push", "fetch")] + [("fetch", "silence")],
)
def test_remote_that_is_down_is_one_error_in_seconds(
    root: Path,
    package: str,
    way: str,
    fault: str,
    endpoint: str,
    refusing: str,
    silent: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    address = {"port": "http://127.0.0.1:9", "credentials": refusing, "silence": silent}.get(fault, endpoint)
    add_s3_remote(root, "store", "none-such" if fault == "bucket" else "elc-packages", address)
    cached = find_model(root)
    if way == "fetch":
        alter(cached)
    before, start = cached.read_bytes(), time.monotonic()
    words = "cannot be used|does not have package" if fault == "bucket" else "cannot be used .* Check its address"
    with pytest.raises(ElcError, match=f"remote store.*({words})"):
        (storage.push_package if way == "push" else storage.fetch_package)(root, package, "store")
    assert time.monotonic() - start < 15
    assert cached.read_bytes() == before, "the cache is as it was"
    assert capfd.readouterr().err == ""

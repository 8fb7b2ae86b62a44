"""Where pip gets ELC itself from."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from elc import __version__
from elc.errors import ElcError
from elc.projects.package import build_requirement, is_local

COMMIT = "146d9590000000000000000000000000000000aa"
GIT = {"vcs": "git", "requested_revision": "v0.1.0", "commit_id": COMMIT}


@pytest.mark.parametrize(
    ("asked", "requirement"),
    [
        ("elc==1.2.0", "elc==1.2.0"),
        ("git+https://example.org/elc.git@v1.2.0", "elc@ git+https://example.org/elc.git@v1.2.0"),
        ("https://example.org/elc-1.2.0-py3-none-any.whl", "elc@ https://example.org/elc-1.2.0-py3-none-any.whl"),
    ],
)
def test_a_requirement_or_a_url_is_taken_as_pip_does(asked: str, requirement: str) -> None:
    assert build_requirement(asked).replace("elc @", "elc@") == requirement
    assert not is_local(build_requirement(asked))


def test_a_file_is_named_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("elc 1.whl").touch()
    assert build_requirement("elc 1.whl") == f"elc @ file://{tmp_path}/elc%201.whl"
    assert is_local(build_requirement("elc 1.whl"))


@pytest.mark.parametrize("asked", ["dist/elc.whl", "pandas==3.1", "elc==", ""])
def test_what_pip_cannot_install_elc_from_is_refused(asked: str) -> None:
    with pytest.raises(ElcError, match="expected a wheel or folder that exists, a URL, or a requirement such as elc=="):
        build_requirement(asked)


@pytest.mark.parametrize(
    ("origin", "requirement"),
    [
        (None, f"elc=={__version__}"),
        ({"url": "https://example.org/elc.git", "vcs_info": GIT}, f"elc @ git+https://example.org/elc.git@{COMMIT}"),
        ({"url": "file:///srv/elc-1.whl", "archive_info": {}}, "elc @ file:///srv/elc-1.whl"),
        ({"url": "file:///srv/elc", "dir_info": {"editable": True}}, "elc @ file:///srv/elc"),
    ],
)
def test_what_is_not_named_is_where_this_package_came_from(
    origin: dict[str, Any] | None, requirement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "elc-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Name: elc\nVersion: 1\n", encoding="utf-8")
    if origin:
        (installed / "direct_url.json").write_text(json.dumps(origin), encoding="utf-8")
    monkeypatch.setattr(metadata, "distribution", lambda _: metadata.PathDistribution(installed))
    assert build_requirement(None) == requirement

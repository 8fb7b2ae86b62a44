"""The remote of a fleet: what another machine has just put there is found."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

import pytest
from dvc.repo import Repo

from elc.repro.remote import Remote
from tests.unit.registry.s3 import CREDENTIALS, add_s3_remote, serve_s3
from tests.unit.repro.pipeline import make_project

boto3 = pytest.importorskip("boto3")


def find_like(first: bytes) -> tuple[bytes, str]:
    """Find a content whose hash begins as that of another does, so that both lie in one folder of the remote."""
    prefix = hashlib.md5(first).hexdigest()[:2]
    for number in itertools.count():
        content = f"content {number}".encode()
        value = hashlib.md5(content).hexdigest()
        if value.startswith(prefix) and content != first:
            return content, value
    raise AssertionError


def test_an_object_that_another_machine_puts_beside_ones_own_is_found(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    with serve_s3("plants") as endpoint:
        add_s3_remote(project.root, "store", "plants", endpoint)
        with Repo(str(project.root)) as repo:
            (out,) = repo.add(str(project.root / "seed"))
            remote = Remote(repo)
            remote.push([remote.keep(out.outs[0])])
            content, value = find_like(b"seed\n")
            fs = remote._store.fs.fs
            assert len(fs.ls(f"plants/dvc/files/md5/{value[:2]}")) == 1  # as DVC asks where it compares many
            client = boto3.client(
                "s3",
                endpoint_url=endpoint,
                aws_access_key_id=CREDENTIALS["access_key_id"],
                aws_secret_access_key=CREDENTIALS["secret_access_key"],
            )
            client.put_object(Bucket="plants", Key=f"dvc/files/md5/{value[:2]}/{value[2:]}", Body=content)
            remote.fetch([value])
            assert remote.read(value) == content

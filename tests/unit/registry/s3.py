"""A local S3 server, and repositories of Git and DVC that use it. Nothing leaves the machine."""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CREDENTIALS = {"access_key_id": "testing", "secret_access_key": "testing", "region": "eu-north-1"}


@contextmanager
def serve_s3(*buckets: str) -> Iterator[str]:
    """Serve S3 with these buckets on a free port of this machine; yield its address."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)
        for bucket in buckets:
            client.create_bucket(Bucket=bucket)
        client.close()
        yield endpoint
    finally:
        server.stop()


def add_s3_remote(root: Path, name: str, bucket: str, endpoint: str) -> None:
    """Add a default remote on the S3 server; its credentials stand in .dvc/config.local, which Git does not see."""
    from dvc.config import Config

    config = Config(str(root / ".dvc"))
    with config.edit("repo") as shared:
        shared["remote"][name] = {"url": f"s3://{bucket}/dvc"}
        shared["core"]["remote"] = name
    with config.edit("local") as local:
        local["remote"][name] = {"endpointurl": endpoint, "use_ssl": False, **CREDENTIALS}


def add_folder_remote(root: Path, name: str, folder: Path) -> None:
    """Add a default remote that is a folder."""
    from dvc.config import Config

    with Config(str(root / ".dvc")).edit("repo") as shared:
        shared["remote"][name] = {"url": str(folder)}
        shared["core"]["remote"] = name


def start_repository(root: Path) -> None:
    """Start an empty repository of Git and DVC in a folder."""
    from dvc.repo import Repo

    root.mkdir(parents=True, exist_ok=True)
    for arguments in (
        ["init", "--quiet", "--initial-branch=main"],
        ["config", "user.email", "test@example.org"],
        ["config", "user.name", "Test"],
        ["config", "commit.gpgsign", "false"],
    ):
        subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)
    Repo.init(str(root)).close()


def add_to_cache(root: Path, path: str) -> str:
    """Put a file or folder of the repository into its cache; return its hash."""
    from dvc.repo import Repo

    with warnings.catch_warnings(action="ignore"), Repo(str(root)) as repo:  # pygtrie, of DVC
        stages = repo.add(str(root / path))
    return str(stages[0].outs[0].hash_info.value)

"""DVC, called in process: its configuration, cache and remotes. Imported inside functions, for it takes a while.

Whatever a remote's plug-in raises or logs becomes one error, and a remote that is down is found in seconds.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from elc.errors import ElcError, build_nearest
from elc.registry.git import hide_secrets
from elc.registry.storage.cache import PUSH

LOGGERS = ("dvc", "dvc_data", "dvc_objects")
# Without these, boto and s3fs go on for minutes, each with retries of its own.
TIMEOUTS_S = {"connect_timeout": 3, "read_timeout": 5}
PATIENCE = {"AWS_MAX_ATTEMPTS": "2"}


def find_remote(root: Path, name: str | None) -> str | None:
    """Find the remote of DVC of that name, or its default one; None where there is no default.

    Raises:
        ElcError: no remote of that name, or no DVC here.
    """
    from dvc.config import Config, ConfigError

    if not (root / ".dvc").is_dir():
        raise ElcError(f"{root}: there is no .dvc folder, so no cache and no remote. Run `dvc init`.")
    try:
        config = Config(str(root / ".dvc"))
    except ConfigError as error:
        raise ElcError(f"{root / '.dvc' / 'config'}: {error}. Correct it there or in config.local.") from None
    wanted = (name or config["core"].get("remote") or "").lower()
    if wanted and wanted not in config["remote"]:
        nearest = build_nearest(wanted, config["remote"]) if config["remote"] else "there is none yet"
        raise ElcError(f"{root}: DVC has no remote {wanted!r}; {nearest}. Add it with `dvc remote add {wanted} <url>`.")
    return wanted or None


def describe_remote(root: Path) -> str:
    """Describe where the packages of versions are: in DVC's default remote, or in the cache of this clone alone."""
    from dvc.config import Config

    remote = find_remote(root, None)
    if remote is None:
        return "in the cache of this clone alone: DVC has no default remote"
    url = str(Config(str(root / ".dvc"))["remote"][remote].get("url", "no url"))
    return f"pushed to DVC remote {remote}, {hide_secrets(url)}"


@contextmanager
def open_repo(root: Path) -> Iterator[Any]:
    """Open the repository of DVC in a folder.

    Raises:
        ElcError: there is none, or its configuration has a fault.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        repo = Repo(str(root))
    except DvcException as error:
        raise ElcError(f"{root}: DVC cannot open it ({error}). Run `dvc init`, or correct .dvc/config.") from None
    with repo:
        yield repo


@contextmanager
def open_remote(repo: Any, remote: str) -> Iterator[Any]:
    """Open the store of a remote; whatever its plug-in raises or logs becomes one error."""
    settings = repo.config["remote"].get(remote.lower(), {})
    where = f"remote {remote} ({settings.get('url', 'no url')})"
    with _keep_logs() as logged, _set_patience():
        try:
            yield _open_store(repo, remote, settings)
        except ElcError:
            raise
        except Exception as error:  # every plug-in has exceptions of its own
            reasons = "; ".join(dict.fromkeys([*logged, str(error) or type(error).__name__]))
            raise ElcError(
                f"{where}: cannot be used ({reasons}). Check its address, the network and the credentials in "
                ".dvc/config.local or the environment, then run it again."
            ) from error


def _open_store(repo: Any, remote: str, settings: dict[str, Any]) -> Any:
    if not str(settings.get("url", "")).startswith("s3://"):
        return repo.cloud.get_remote_odb(remote)
    for key, seconds in TIMEOUTS_S.items():
        settings.setdefault(key, seconds)
    store = repo.cloud.get_remote_odb(remote)
    store.fs.fs.retries = 1
    return store


def read_object(there: Any, package: str, remote: str) -> bytes:
    """Read the list of a package's files from the store of a remote.

    Raises:
        ElcError: the remote does not hold it.
    """
    try:
        with there.fs.open(there.oid_to_path(package), "rb") as file:
            return bytes(file.read())
    except FileNotFoundError:
        raise ElcError(
            f"remote {remote}: it does not have package {package}, expected at {there.oid_to_path(package)}. Check "
            f"its address with `dvc remote list`. {PUSH}"
        ) from None


def copy_objects(source: Any, target: Any, hashes: list[str]) -> None:
    """Copy what the target lacks from store to store; lists of folders go after the files that they name.

    Raises:
        OSError: some were not copied; DVC logs why.
    """
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_data.hashfile.transfer import transfer

    failed = transfer(source, target, {HashInfo("md5", md5) for md5 in hashes}, cache_odb=source).failed
    if failed:
        raise OSError(f"{len(failed)} of {len(hashes)} files were not copied")


@contextmanager
def _set_patience() -> Iterator[None]:
    added = {name: value for name, value in PATIENCE.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


class _Keep(logging.Handler):
    """Keep what DVC would print, traceback and all."""

    def __init__(self, kept: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.kept.append(" ".join(str(error or record.getMessage()).split()))


@contextmanager
def _keep_logs() -> Iterator[list[str]]:
    kept: list[str] = []
    handler = _Keep(kept)
    loggers = [logging.getLogger(name) for name in LOGGERS]
    former = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    try:
        yield kept
    finally:
        for logger, propagate in zip(loggers, former, strict=True):
            logger.removeHandler(handler)
            logger.propagate = propagate

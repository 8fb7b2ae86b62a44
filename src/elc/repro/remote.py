"""The DVC remote of a checkout: what a stage reads and makes goes there and comes from there, by hash."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from elc.errors import ElcError
from elc.files import FULL

if TYPE_CHECKING:
    from dvc.output import Output
    from dvc.repo import Repo
    from dvc_data.hashfile.hash_info import HashInfo

PATIENCE_S = 120.0  # that a remote may be down before a transfer is given up
_LONGEST_PAUSE_S = 10.0
_TRANSFERS = logging.getLogger("dvc_data.hashfile.transfer")  # it alone is told why an object was not transferred
# Errors that waiting does not end, by the name of their class: those of botocore and of other clouds' libraries.
_RIGHTS = {"NoCredentialsError", "PartialCredentialsError", "PermissionError", "ClientAuthenticationError", "AuthError"}


class Remote:
    """The default remote of a repository, and the cache of this checkout."""

    def __init__(self, repo: Repo) -> None:
        """Find the remote.

        Raises:
            ElcError: there is none, or it keeps versions of files instead of hashes.
        """
        from dvc.exceptions import DvcException

        self._repo = repo
        self._cache = repo.cache.local
        self._known: set[str] = set()  # hashes that are in the remote
        try:
            self._store = repo.cloud.get_remote_odb(command="push")
        except DvcException as error:
            said = " ".join(str(error).split())
            raise ElcError(
                f"{repo.root_dir}: the DVC remote cannot be used: {said}. Workers get inputs and give outputs by it: "
                "set one that all of them reach, with dvc remote add --default."
            ) from None
        self.name = str(self._store.fs.unstrip_protocol(self._store.path)).removesuffix("/files/md5")

    def note(self, hashes: Iterable[str]) -> None:
        """Note that objects are in the remote."""
        self._known.update(hashes)

    def has(self, value: str) -> bool:
        """Whether an object is known to be in the remote."""
        return value in self._known

    def push(self, hashes: Iterable[str]) -> None:
        """Push objects of the cache, folders with their files.

        Raises:
            ElcError: the remote cannot be reached or written.
        """
        from dvc_data.hashfile.db import get_index

        hashes = set(hashes) - self._known
        if hashes:
            objects = self._list_objects(hashes)
            index = get_index(self._store)
            self._insist("write to", lambda: self._transfer(self._cache, self._store, objects, dest_index=index))
            self.note(hashes)

    def fetch(self, hashes: Iterable[str]) -> None:
        """Bring objects to the cache, folders with their files.

        Raises:
            ElcError: the remote cannot be reached or read, or lacks one of them; or this disk is full.
        """
        hashes = set(hashes)
        tops = {_build_info(value) for value in hashes}
        self._insist("read from", lambda: self._transfer(self._store, self._cache, tops))
        self._check_there(tops)
        objects = self._list_objects(hashes)
        self._insist("read from", lambda: self._transfer(self._store, self._cache, objects))
        self._check_there(objects)

    def keep(self, out: Output) -> str:
        """Put a file or folder of the workspace into the cache, whether or not DVC keeps it; return its hash."""
        from dvc_data.hashfile.build import build
        from dvc_data.hashfile.transfer import transfer

        staging, _, built = build(self._cache, out.fs_path, out.fs, "md5", ignore=out.dvcignore)
        transfer(staging, self._cache, {built.hash_info}, shallow=False)
        return str(built.hash_info.value)

    def place(self, out: Output, value: str) -> None:
        """Put an object of the cache where a stage expects it, in place of what is there."""
        from dvc_data.hashfile import load
        from dvc_data.hashfile.checkout import checkout

        wanted = load(self._cache, _build_info(value))
        checkout(
            out.fs_path,
            out.fs,
            wanted,
            self._cache,
            force=True,
            ignore=out.dvcignore,
            state=self._repo.state,
            quiet=True,
        )

    def read(self, value: str) -> bytes:
        """Read a file of the cache."""
        with self._cache.fs.open(self._cache.oid_to_path(value), "rb") as file:
            return bytes(file.read())

    def _list_objects(self, hashes: Iterable[str]) -> set[HashInfo]:
        """List objects of the cache, and the files of those that are folders."""
        from dvc_data.hashfile.tree import Tree

        tops = {_build_info(value) for value in hashes}
        folders = [Tree.load(self._cache, top) for top in tops if top.isdir]
        return tops | {oid for folder in folders for _, _, oid in folder}

    def _transfer(self, source: Any, target: Any, objects: set[HashInfo], **index: Any) -> None:
        from dvc_data.hashfile.transfer import transfer

        # s3fs and its like remember what a folder held, and others write there, too.
        self._store.fs.fs.invalidate_cache()
        with _raise_failures():
            transfer(source, target, objects, cache_odb=self._cache, **index)

    def _check_there(self, objects: Iterable[HashInfo]) -> None:
        lacking = [str(info.value) for info in objects if not self._cache.exists(str(info.value))]
        if lacking:
            raise ElcError(
                f"the DVC remote {self.name} lacks {len(lacking)} objects that are needed, such as {lacking[0]}. "
                "Push them from a checkout that has them, with dvc push, or run the stage that makes them again."
            )

    def _insist(self, what: str, transfer: Callable[[], None]) -> None:
        """Transfer, again and again where the remote is down."""
        end, pause_s = time.monotonic() + PATIENCE_S, 0.5
        while True:
            try:
                return transfer()
            except Exception as error:  # each cloud's library has its own
                self._check_hope(what, error, is_over=time.monotonic() + pause_s > end)
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _check_hope(self, what: str, error: Exception, *, is_over: bool) -> None:
        """Raise the sentence of an error that time does not mend, or has not mended."""
        causes = list(_list_causes(error))
        said = f"{type(causes[-1]).__name__}: {' '.join(str(causes[-1]).split())}"
        if any(isinstance(cause, OSError) and cause.errno in FULL for cause in causes):
            raise ElcError(
                f"the disk is full ({said}). Make room there, for example with dvc gc --workspace."
            ) from None
        if any(base.__name__ in _RIGHTS for cause in causes for base in type(cause).__mro__):
            raise ElcError(
                f"cannot {what} the DVC remote {self.name}: {said}. Give this machine credentials of its own that may "
                "read and write there."
            ) from None
        if is_over:
            raise ElcError(
                f"cannot {what} the DVC remote {self.name}, for {PATIENCE_S:.0f} s now: {said}. When the remote "
                "is there again, run the same command: it goes on where it was."
            ) from None


def _build_info(value: str) -> HashInfo:
    from dvc_data.hashfile.hash_info import HashInfo

    return HashInfo("md5", value)


@contextlib.contextmanager
def _raise_failures() -> Iterator[None]:
    """Raise the first error that DVC's transfer of an object has only logged."""
    errors: list[BaseException] = []

    def take(record: logging.LogRecord) -> bool:
        errors.extend([record.exc_info[1]] if record.exc_info and record.exc_info[1] else [])
        return not record.exc_info

    _TRANSFERS.addFilter(take)
    try:
        yield
    finally:
        _TRANSFERS.removeFilter(take)
    if errors:
        raise errors[0]


def _list_causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__

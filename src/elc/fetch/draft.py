"""What sources have to offer, before there is a tag list: their tags, and an export of the last days to draft from."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError

from elc.errors import ElcError, build_error
from elc.fetch.kinds import open_source
from elc.fetch.run import Fetched, Run, Wanted
from elc.fetch.source import SourceTag
from elc.paths import Project
from elc.settings import Tag, TagList, read_yaml
from elc.settings.faults import read_faults
from elc.settings.fetch import Sources, SourceSettings
from elc.settings.section import Section


class SourcesFile(Section):
    """The sources of a plant that is not added yet."""

    sources: Sources


@dataclass(frozen=True)
class Offer:
    """The tags of sources, and what was fetched of them."""

    tags: tuple[SourceTag, ...]
    fetched: Fetched


def read_sources(path: Path) -> list[SourceSettings]:
    """Read the sources of a plant that is not added yet, from a file that holds the key `sources` alone.

    Raises:
        ElcError: the file was not found, or has faults (all are named).
    """
    if not path.is_file():
        raise ElcError(f"{path}: not found, expected a file with the key sources. Write it (docs/fetch.md).")
    try:
        return SourcesFile.model_validate(read_yaml(path)).sources
    except ValidationError as error:
        raise build_error(str(path), read_faults(error, SourcesFile)) from None


def fetch_offer(
    sources: list[SourceSettings],
    plant: str,
    export: Path,
    *,
    pattern: str,
    since: datetime,
    now: datetime | None = None,
) -> Offer:
    """List the tags of sources, and fetch the readings of those that fit a pattern into the folder of an export.

    Raises:
        ElcError: a source fails, there is no such tag, or the folder exists.
    """
    if export.exists():
        raise ElcError(f"{export}: already exists, expected no export yet. Move it away to draft another.")
    listed = {source.name: _find(source, plant, pattern) for source in sources}
    tags = [tag for found in listed.values() for tag in found]
    if not tags:
        raise ElcError(f"plant {plant}: no tag of its sources fits {pattern}, expected one. Give another --pattern.")
    chosen = [
        source.model_copy(update={"tags": {tag.name: tag.name for tag in listed[source.name]}}) for source in sources
    ]
    names = TagList(plant, tuple(_build_tag(tag.name, place) for place, tag in enumerate(tags)))
    moment = now or datetime.now(UTC)
    export.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".draft-", dir=export.parent) as folder:
        project = Project(Path(folder))
        fetched = Run(project, chosen, "UTC", names, Wanted(since=since), lambda: moment).run()
        if fetched.failures:
            raise build_error(f"plant {plant}", fetched.failures)
        shutil.move(project.raw(plant), export)
    return Offer(tuple(tags), fetched)


def _find(source: SourceSettings, plant: str, pattern: str) -> list[SourceTag]:
    with closing(open_source(source, f"plant {plant}: source {source.name}")) as opened:
        return list(opened.find(pattern))


def _build_tag(name: str, place: int) -> Tag:
    return Tag(name, f"tag_{place}_raw", "state", "", 1.0, 0.0, None, None, "")

"""The names of all tags of an export, listed or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tqdm import tqdm

from elc.ingest.cells import read_cells
from elc.ingest.engine import connect
from elc.ingest.files import Source
from elc.ingest.layout import Layout
from elc.ingest.sources import Survey
from elc.settings import StageSettings

FILES = 100  # files in one query, so that the progress is seen


def read_names(survey: Survey, sources: dict[str, Source], settings: StageSettings) -> list[str]:
    """Read the names of all tags: from the header of a wide file, from the rows of any other; in order.

    Raises:
        ElcError: a file cannot be read.
    """
    layouts = {source.layout for source in sources.values()}
    names = {name for layout in layouts if layout.fields.is_wide for name in _find_wide(layout)}
    batches = list(_build_batches(sources))
    with connect(settings.engine, survey.where) as engine:
        for layout, files in tqdm(batches, "names of tags", unit="batch", disable=None, leave=False):
            paths = [survey.layouts.find_path(name, sources[name].key, layout) for name in files]
            cells = read_cells(engine, layout, paths, survey.export)
            names.update(engine.execute(cells.select("tag").distinct())["tag"].dropna())
    return sorted(names)


def find_unread(sources: dict[str, Source]) -> list[str]:
    """List the columns of long files that are read as nothing, in order."""
    layouts = {source.layout for source in sources.values() if not source.layout.fields.is_wide}
    return sorted({name for layout in layouts for name in layout.columns if name not in layout.fields.names})


def _find_wide(layout: Layout) -> Iterable[str]:
    return (name for name in layout.columns if name not in {*layout.fields.times, *layout.fields.qualities})


def _build_batches(sources: dict[str, Source]) -> Iterator[tuple[Layout, list[str]]]:
    groups: dict[Layout, list[str]] = {}
    for name, source in sources.items():
        if not source.layout.fields.is_wide:
            groups.setdefault(source.layout, []).append(name)
    for layout, files in groups.items():
        for start in range(0, len(files), FILES):
            yield layout, files[start : start + FILES]

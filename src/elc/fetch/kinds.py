"""The kinds of sources: a module each, which is imported only where a plant has such a source."""

from __future__ import annotations

from importlib import import_module

from elc.extras import say_missing
from elc.fetch.source import HistorianSource, SourceError
from elc.settings.fetch import SourceSettings

KINDS = {kind: f"elc.fetch.{kind}" for kind in ("http", "ip21", "opcua", "pi", "sitewise", "sql")}


def open_source(settings: SourceSettings, where: str) -> HistorianSource:
    """Open a source; `where` names it in errors.

    Raises:
        SourceError: it cannot be opened.
    """
    try:
        opened: HistorianSource = import_module(KINDS[settings.kind]).open_source(settings, where)
    except ModuleNotFoundError as error:
        raise SourceError(f"{where}: {say_missing(error.name or '', command='fetch')}") from None
    return opened

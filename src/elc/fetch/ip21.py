"""Readings from Aspen InfoPlus.21 by its web interface: actual values, the texts of digital states and their level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from tagreader.utils import ReaderType, urljoin
from tagreader.web_handlers import AspenHandlerWeb

from elc.fetch.handlers import build_auth, fetch, limit_time
from elc.fetch.pages import BAD, GOOD, UNCERTAIN, Page, TagFault, build_page
from elc.fetch.source import SourceError, SourceTag
from elc.settings.fetch import Ip21Source

# Source: Aspen SQLplus, field status: 0 good, 1 suspect, 2 bad; 4 more where somebody changed the value.
QUALITIES = {0: GOOD, 1: UNCERTAIN, 2: BAD, 4: GOOD, 5: UNCERTAIN, 6: BAD}
ASK_BY_POST = 5  # the error of a tag whose name a URL cannot hold


def open_source(settings: Ip21Source, where: str) -> Ip21Historian:
    """Open an IP.21; nothing is asked yet."""
    return Ip21Historian(settings, where)


class Ip21Historian:
    """One data source of IP.21. A tag may name its map, as in `FT101;IP_AnalogMap`."""

    def __init__(self, settings: Ip21Source, where: str) -> None:
        self._settings, self._where = settings, where
        self._handler = AspenHandlerWeb(
            datasource=settings.server,
            url=settings.url,
            auth=build_auth(settings, where),
            verify_ssl=settings.certificates or True,
            options={"max_rows": settings.page_rows},
        )
        limit_time(self._handler, settings.timeout_s)

    def find(self, pattern: str) -> Iterator[SourceTag]:
        params = self._handler.generate_search_query(tag=pattern, desc=None, datasource=self._settings.server)
        answer = self._ask(f"Browse?{urlencode(params, safe='*', quote_via=quote)}", None)
        for item in self._read_data(answer).get("tags", []):
            name = str(item["t"])
            unit = self._read_attribute(self._handler.generate_get_unit_query(name), "Units")
            description = self._read_attribute(self._handler.generate_get_description_query(name), "DSCR")
            yield SourceTag(name, unit, description)

    def read(self, tags: Sequence[str], start: datetime, end: datetime) -> Iterator[Page]:
        for tag in tags:
            yield from self._read_tag(tag, start, end)

    def close(self) -> None:
        self._handler.session.close()

    def _read_tag(self, tag: str, start: datetime, end: datetime) -> Iterator[Page]:
        since = start
        while True:
            samples = self._read_samples(tag, since, end + timedelta(seconds=1))
            if samples and samples[0].get("er"):
                yield build_page([], [], [], [], [TagFault(tag, "unknown", example=str(samples[0].get("es", "")))])
                return
            times = [datetime.fromtimestamp(sample["t"] / 1000, UTC) for sample in samples]
            qualities = [QUALITIES.get(sample.get("l", 0), BAD) for sample in samples]
            yield build_page(times, tag, [sample.get("v") for sample in samples], qualities)
            if len(samples) < self._settings.page_rows:
                return
            # It asks in whole seconds.
            if times[-1].replace(microsecond=0) <= since:
                raise SourceError(
                    f"{self._where}: tag {tag} has {len(samples):,} readings or more in the second {since:%F %T}, "
                    "expected fewer in one page. Raise page_rows."
                )
            since = times[-1].replace(microsecond=0)

    def _read_samples(self, tag: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
        name, map_name = self._handler.split_tagmap(tag)
        query = self._handler.generate_read_query(
            tagname=name,
            mapname=map_name or "",
            start=start,
            end=end,
            sample_time=None,
            read_type=ReaderType.RAW,
            metadata={},
        )
        samples = self._ask_samples(query, is_post=not name.isascii())
        if samples and samples[0].get("er") == ASK_BY_POST:
            return self._ask_samples(query, is_post=True)
        return samples

    def _ask_samples(self, query: str, *, is_post: bool) -> list[dict[str, Any]]:
        answer = self._ask("History", query, is_post=is_post)
        data = self._read_data(answer, kind=list) if answer else []
        found: list[dict[str, Any]] = data[0].get("samples", []) if data else []
        return found

    def _read_attribute(self, query: str, name: str) -> str:
        """Read an attribute of a tag; empty where it has none."""
        tags = self._read_data(self._ask("TagInfo", query)).get("tags", [])
        for attribute in tags[0].get("attrData", []) if tags else []:
            if attribute.get("g") == name and attribute.get("samples"):
                return str(attribute["samples"][0].get("v", ""))
        return ""

    def _ask(self, path: str, params: str | Mapping[str, Any] | None, *, is_post: bool = False) -> Any:
        url = urljoin(self._settings.url, path)
        return fetch(self._handler, url, params, where=self._where, is_post=is_post)

    def _read_data(self, answer: Any, kind: type = dict) -> Any:
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, kind):
            raise SourceError(
                f"{self._where}: the answer holds no data, expected them as Aspen's ProcessData interface gives them. "
                "Check url of the source in params.yaml; it ends in AtProcessDataREST.dll."
            )
        return data

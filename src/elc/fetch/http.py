"""Readings of an interface of one's own: a URL with {tag}, {start} and {end} that answers JSON or CSV, page by page."""

from __future__ import annotations

import fnmatch
import io
import json
import ssl
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import httpx
import pandas as pd

from elc.fetch.answers import check_answer
from elc.fetch.pages import GOOD, Page, TagFault, build_page
from elc.fetch.qualities import Qualities
from elc.fetch.secrets import read_secret
from elc.fetch.source import AwayError, SourceError, SourceTag
from elc.settings.fetch import PLACE, HttpSource

UNITS = {"unix_s": 1.0, "unix_ms": 1000.0}  # in a second
SHOWN_CHARACTERS = 80


def open_source(settings: HttpSource, where: str) -> Http:
    """Make the client of an interface; certificates are checked.

    Raises:
        SourceError: a secret or the file of certificates was not found.
    """
    headers = {name: _fill(text, where) for name, text in settings.headers.items()}
    try:
        verify = ssl.create_default_context(cafile=settings.certificates)
    except OSError as error:
        raise SourceError(
            f"{where}: certificates {settings.certificates} cannot be read ({error.strerror}), expected a PEM file. "
            "Correct certificates of the source in params.yaml."
        ) from None
    client = httpx.Client(headers=headers, timeout=settings.timeout_s, verify=verify, follow_redirects=False)
    return Http(client, settings, where)


def _fill(text: str, where: str) -> str:
    return PLACE.sub(lambda place: read_secret(place[1], where), text)


class Http:
    """A client of one interface."""

    def __init__(self, client: httpx.Client, settings: HttpSource, where: str) -> None:
        self._client, self._settings, self._where = client, settings, where
        self._qualities = Qualities(settings.quality_codes or "", settings.quality)

    def find(self, pattern: str) -> Iterator[SourceTag]:
        """List the tags that `list_url` answers: objects with name, unit and description, or names alone."""
        if self._settings.list_url is None:
            raise SourceError(
                f"{self._where}: no list of tags is known, expected one. Set list_url of the source, or write the tag "
                "list by hand."
            )
        for content in self._list_pages(self._settings.list_url.replace("{pattern}", quote(pattern, safe="")), ""):
            for row in self._find_rows(content):
                tag = _build_tag(row)
                if tag.name and fnmatch.fnmatchcase(tag.name.upper(), pattern.upper()):
                    yield tag

    def read(self, tags: Sequence[str], start: datetime, end: datetime) -> Iterator[Page]:
        """Read one tag after the other, and each page of its answer."""
        for tag in tags:
            url = self._settings.url
            for place, text in (("tag", tag), ("start", self._write_time(start)), ("end", self._write_time(end))):
                url = url.replace(f"{{{place}}}", quote(text, safe=""))
            yield from (self._build(content, tag) for content in self._list_pages(url, tag))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _list_pages(self, url: str, tag: str) -> Iterator[Any]:
        """Ask for an answer and for those that it says come next; a tag that is not there is None."""
        seen: set[str] = set()
        while url:
            seen.add(url)
            answer = self._get(url)
            if answer.status_code == 404 and tag:
                yield None
                return
            check_answer(answer.status_code, answer.headers, answer.text, self._where)
            content = self._parse(answer)
            yield content
            url = self._find_next(answer, content, url)
            if url in seen:
                raise SourceError(
                    f"{self._where}: names {url} as its next page, which came already, expected another one or none. "
                    "Correct next of the source in params.yaml."
                )

    def _get(self, url: str) -> httpx.Response:
        try:
            return self._client.get(url)
        except httpx.HTTPError as error:
            raise AwayError(
                f"{self._where}: does not answer ({error or type(error).__name__}), expected readings. If this lasts, "
                "check url of the source, its certificate, and that a firewall lets this machine through."
            ) from None

    def _parse(self, answer: httpx.Response) -> Any:
        try:
            if self._settings.format == "json":
                return answer.json()
            return pd.read_csv(io.StringIO(answer.text), dtype=str).to_dict("records")
        except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError, RecursionError):
            raise SourceError(
                f"{self._where}: answered {answer.text[:SHOWN_CHARACTERS]!r}, expected {self._settings.format}. "
                "Correct url or format of the source in params.yaml."
            ) from None

    def _find_next(self, answer: httpx.Response, content: Any, url: str) -> str:
        """Find the URL of the next page: by the header Link, or by a path in the JSON; empty where it is the last."""
        if self._settings.next is None:
            return ""
        if self._settings.next == "link":
            found = answer.links.get("next", {}).get("url", "")
        else:
            found = _follow(content, self._settings.next) or ""
        following = urljoin(url, str(found)) if found else ""
        if following and urlsplit(following)[:2] != urlsplit(self._settings.url)[:2]:
            raise SourceError(
                f"{self._where}: names a next page on another server ({urlsplit(following).netloc}), expected its own, "
                "for secrets go with each request. Correct next of the source in params.yaml."
            )
        return following

    def _find_rows(self, content: Any) -> list[Any]:
        path = self._settings.rows if self._settings.format == "json" else ""
        rows = _follow(content, path)
        if rows is None and path:
            raise SourceError(
                f"{self._where}: answered without {path} ({json.dumps(content)[:SHOWN_CHARACTERS]}), expected rows "
                "there. Correct rows of the source in params.yaml."
            )
        return rows if isinstance(rows, list) else [rows]

    def _build(self, content: Any, tag: str) -> Page:
        if content is None:
            return build_page([], tag, [], faults=[TagFault(tag, "unknown", example="404")])
        settings, rows = self._settings, self._find_rows(content)
        if rows and all(_follow(row, settings.time) is None for row in rows):
            raise SourceError(
                f"{self._where}: answered rows without {settings.time} ({json.dumps(rows[0])[:SHOWN_CHARACTERS]}), "
                "expected the time there. Correct time of the source in params.yaml."
            )
        times = [self._read_time(_follow(row, settings.time)) for row in rows]
        values = [_follow(row, settings.value) for row in rows]
        qualities: Any = GOOD
        faults: Sequence[TagFault] = ()
        if settings.quality_path:
            words = pd.Series([_follow(row, settings.quality_path) for row in rows], dtype=object)
            qualities, faults = self._qualities.read(words, tag)
        return build_page(times, tag, values, qualities, faults, zone=settings.time_zone)

    def _write_time(self, moment: datetime) -> str:
        unit = UNITS.get(self._settings.time_form)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if unit is None else str(int(moment.timestamp() * unit))

    def _read_time(self, given: Any) -> Any:
        unit = UNITS.get(self._settings.time_form)
        if unit is None or given is None:
            return given
        try:
            return pd.Timestamp(round(float(given) / unit * 1_000_000), unit="us", tz="UTC")
        except (TypeError, ValueError, OverflowError):
            return None


def _follow(content: Any, path: str) -> Any:
    """Follow a path of keys and places, joined by dots; None where it leads nowhere."""
    for part in filter(None, path.split(".")):
        if isinstance(content, Mapping):
            content = content.get(part)
        elif isinstance(content, list) and part.isdigit() and int(part) < len(content):
            content = content[int(part)]
        else:
            return None
    return content


def _build_tag(row: Any) -> SourceTag:
    if isinstance(row, Mapping):
        return SourceTag(*(str(row.get(key) or "") for key in ("name", "unit", "description")))
    return SourceTag(str(row))

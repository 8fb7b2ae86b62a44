"""Servers on 127.0.0.1 that answer as PI Web API and IP.21 document, with the faults that a test asks for.

Source of the bodies: PI Web API Reference, docs.aveva.com; what tagreader reads of IP.21.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.builders.servers import serving

Answer = tuple[int, dict[str, str], Any]
START = datetime(2026, 6, 20, tzinfo=UTC)


def build_item(moment: str, value: Any, **flags: Any) -> dict[str, Any]:
    """A recorded value of PI Web API."""
    flags = {"Good": True, "Questionable": False, "Substituted": False, "Annotated": False, **flags}
    return {"Timestamp": moment, "Value": value, "UnitsAbbreviation": "", **flags}


@dataclass
class Historian:
    """What a server holds and has been asked; the first of `faults` is answered instead, and used up."""

    points: dict[str, tuple[str, str]] = field(default_factory=dict)  # unit and description by name
    values: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    faults: list[Answer | None] = field(default_factory=list)
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    posts: list[tuple[dict[str, list[str]], Any]] = field(default_factory=list)
    delay_s: float = 0.0
    url: str = ""

    def answer(self, path: str, query: dict[str, list[str]]) -> Answer:
        raise NotImplementedError


class PiServer(Historian):
    """A PI Web API with the archive PI1."""

    def answer(self, path: str, query: dict[str, list[str]]) -> Answer:
        if path == "/piwebapi/dataservers":
            return 200, {}, {"WebId": "F1DS1", "Name": query["name"][0]}
        if path == "/piwebapi/dataservers/F1DS1/points":
            first, most = int(query["startIndex"][0]), int(query["maxCount"][0])
            names = [name for name in self.points if fnmatch(name, query["nameFilter"][0])][first : first + most]
            items = [{"Name": name, "EngineeringUnits": unit, "Descriptor": text} for name in names
                     for unit, text in [self.points[name]]]  # fmt: skip
            return 200, {}, {"Links": {}, "Items": items}
        if path == "/piwebapi/points/multiple":
            return 207, {}, {"Items": [self._find_point(given) for given in query["path"]]}
        if path == "/piwebapi/streamsets/recorded":
            ids = query["webId"]
            return 200, {}, {"Items": [{"WebId": one, "Items": self._read(one, query)} for one in ids]}
        match = re.fullmatch(r"/piwebapi/streams/(\w+)/recorded", path)
        if match:
            return 200, {}, {"Items": self._read(match[1], query)}
        return 404, {}, {"Errors": [f"{path} is not there."]}

    def _find_point(self, path: str) -> dict[str, Any]:
        name = path.removeprefix("\\\\PI1\\")
        if name in self.points:
            return {"Identifier": path, "Object": {"WebId": self._build_id(name)}, "Exception": None}
        errors = [f"PI Point not found '{name}'."]
        return {"Identifier": path, "Object": None, "Exception": {"Errors": errors}}

    def _build_id(self, name: str) -> str:
        return f"P1{list(self.points).index(name)}"

    def _read(self, web_id: str, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        start, end = (_read_time(query[key][0]) for key in ("startTime", "endTime"))
        name = next(name for name in self.points if self._build_id(name) == web_id)
        inside = [item for item in self.values.get(name, []) if start <= _read_time(item["Timestamp"]) <= end]
        return inside[: int(query["maxCount"][0])]


class Ip21Server(Historian):
    """A ProcessData interface with the data source IP1."""

    def answer(self, path: str, query: dict[str, list[str]]) -> Answer:
        text = "".join(query.get("", []))
        name = next(iter(re.findall(r"<N><!\[CDATA\[(.*?)\]\]></N>", text)), "")
        if path.endswith("/Browse"):
            names = [name for name in self.points if fnmatch(name, query["tag"][0])]
            return 200, {}, {"data": {"tags": [{"t": name} for name in names]}}
        if path.endswith("/TagInfo"):
            place, attribute = (0, "Units") if "<A>Units</A>" in text else (1, "DSCR")
            sample = {"g": attribute, "samples": [{"v": self.points[name][place]}]}
            return 200, {}, {"data": {"tags": [{"attrData": [sample]}]}}
        if name not in self.points:
            return 200, {}, {"data": [{"samples": [{"er": 1, "es": "Tag not found"}]}]}
        start, end, most = (int(re.findall(rf"<{key}>(\d+)</{key}>", text)[0]) for key in ("St", "Et", "X"))
        inside = [sample for sample in self.values.get(name, []) if start <= sample["t"] <= end]
        return 200, {}, {"data": [{"samples": inside[:most]}]}


def _read_time(text: str) -> datetime:
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text).replace("Z", "+00:00"))


@contextlib.contextmanager
def serve(historian: Historian, path: str, port: int = 0) -> Iterator[None]:
    """Serve a historian on a port, or any that is free; its `url` is filled in."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            # IP.21 takes XML in place of parameters.
            given = parse_qs(parts.query) if not parts.query.startswith("%3C") else {"": [_unquote(parts.query)]}
            historian.asked.append((parts.path, given))
            historian.headers.append(dict(self.headers))
            self._answer(parts.path, given)

        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            historian.posts.append((parse_qs(parts.query), body))
            assert self.headers["X-Requested-With"]
            self._answer("", {})

        def _answer(self, path: str, given: dict[str, list[str]]) -> None:
            time.sleep(historian.delay_s)
            fault = historian.faults.pop(0) if historian.faults else None
            status, headers, content = fault or (historian.answer(path, given) if path else (202, {}, ""))
            body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
            with contextlib.suppress(OSError):  # who asked may be gone
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        historian.url = f"http://127.0.0.1:{server.server_address[1]}{path}"
        with serving(server):
            yield


def _unquote(text: str) -> str:
    return next(iter(parse_qs(f"q={text.replace('+', '%2B').replace('&', '%26')}")["q"]))

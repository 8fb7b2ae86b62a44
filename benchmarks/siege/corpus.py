"""Requests that break servers, made by chance: heads, JSON, Arrow, CSV, MLflow's forms, events, answers."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

JSON, ARROW = "application/json", "application/vnd.apache.arrow.stream"
LONG = "9**9**9**9"
NUMBERS = ("1e400", "-0", "NaN", "Infinity", "1" * 400, "1e-400", "0x10", "1_000", "٣", "1.", ".5", "+1", "--1")
TEXTS = ("", "\u0000", "\ud800", "x" * 100_000, "<script>", "${jndi:ldap://a}", "../../etc/passwd", "9" * 5000, LONG)
PATHS = (
    "/", "/healthz", "/readyz", "/metrics", "/plants", "/plants/fjord/card", "/plants/fjord/now", "/now",
    "/openapi.json", "/words.json?language=nb", "/words.json?language=" + "x" * 3000, "/session", "/static/main.js",
    "/static/../../../params.yaml", "/static/%2e%2e/%2e%2e/params.yaml", "/static/%00", "/plants/%2e%2e/card",
    "/plants/" + "f" * 9000 + "/card", "/plants/fjord%0d%0aX: y/card", "/plants//predict", "//healthz", "*",
    "/ping", "/invocations", "/invocations?" + "plant=fjord&" * 400, "/invocations?plant=%00",
    "http://127.0.0.1/healthz", "/healthz?" + "a=1&" * 4000, "/healthz#" + "a" * 200, "/\xff\xfe", "/favicon.ico",
)  # fmt: skip
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PATCH", "get", "X" * 500, "")
Make = Callable[[random.Random], bytes]


class Corpus:
    """The makers of requests; `row` is a sound one of the model, `answer` a sound answer to present advice."""

    def __init__(self, path: str, row: Mapping[str, float], answer: Mapping[str, str], columns: Sequence[str]) -> None:
        self._path, self._row, self._answer, self._columns = path, dict(row), dict(answer), list(columns)
        self.makers: dict[str, Make] = {
            "head": self._build_head,
            "framing": self._build_framing,
            "noise": self._build_noise,
            "json": self._build_json,
            "deep": self._build_deep,
            "arrow": self._build_arrow,
            "csv": self._build_csv,
            "frames": self._build_frame,
            "events": self._build_events,
            "answers": self._build_answer,
        }

    def draw(self, number: int, seed: int) -> Iterator[tuple[str, bytes]]:
        """Draw so many requests, each kind in turn: the kind, and all the bytes."""
        chance, kinds = random.Random(seed), list(self.makers)
        for place in range(number):
            kind = kinds[place % len(kinds)]
            yield kind, self.makers[kind](chance)

    def _build_head(self, chance: random.Random) -> bytes:
        version = chance.choice(["HTTP/1.1", "HTTP/1.0", "HTTP/9.9", ""])
        lines = [f"{chance.choice(METHODS)} {chance.choice(PATHS)} {version}"]
        headers = [
            "Host: 127.0.0.1", "Host: elsewhere.example", "Host:", "X-Forwarded-For: 10.0.0.1", "Via: 1.1 x",
            "Authorization: Bearer elc_" + "x" * chance.choice([1, 50, 20_000]), "Authorization: Basic Og==",
            "Cookie: " + "elc=x; " * chance.choice([1, 500]), "Upgrade: websocket", "Connection: Upgrade",
            "Expect: 100-continue", "Range: bytes=0-," * 50, "Accept-Encoding: " + "gzip," * 2000, " folded: x",
            "X-\x00: \x01", "X: " + "y" * chance.choice([10, 40_000]), "Transfer-Encoding: chunked",
            "Content-Length: 5", "X-Forwarded-Prefix: //x", "X-Forwarded-For: " + "1," * 9000, "Content-Encoding: br",
            "Accept: " + "text/csv;q=x," * 1000, "X-Amzn-SageMaker-Custom-Attributes: plant=../x",
        ]  # fmt: skip
        lines += chance.sample(headers, chance.randrange(8)) + [
            f"A{place}: b" for place in range(chance.choice([0, 900]))
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")

    def _build_framing(self, chance: random.Random) -> bytes:
        body = json.dumps({"rows": [self._row]}).encode()
        length = chance.choice([len(body), 0, 1, len(body) + 50, -1, 10**30, "5, 6", "0x10", "+7"])
        chunk = chance.choice([b"%x" % len(body), b"-1", b"ffffffffffffffffff", b"zz", b"5;" + b"e" * 50_000])
        extra = b"Content-Length: 3\r\n" if chance.random() < 0.5 else b""
        chunked = b"Transfer-Encoding: chunked\r\n" + extra + b"\r\n" + chunk + b"\r\n" + body + b"\r\n0\r\n"
        plain = f"Content-Length: {length}\r\n".encode() + extra + b"\r\n" + body
        trailers = b"Authorization: Bearer x\r\n" * chance.choice([0, 1, 900]) + b"\r\n"
        head = f"POST {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {JSON}\r\n".encode()
        return head + chance.choice([plain, chunked + trailers, plain + head + plain])

    def _build_noise(self, chance: random.Random) -> bytes:
        sound = self._send(self._path, JSON, json.dumps({"rows": [self._row]}).encode())
        noise = [
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + chance.randbytes(50),
            b"\x16\x03\x01\x02\x00\x01" + chance.randbytes(500),
            chance.randbytes(chance.choice([1, 100, 70_000])), b"\r\n" * 5000, b"GET " + b"/" * 100_000,
            change(sound, chance, 3), change(sound, chance, 30), sound[: chance.randrange(len(sound))],
        ]  # fmt: skip
        return chance.choice(noise)

    def _build_json(self, chance: random.Random) -> bytes:
        row: dict[str, object] = dict(self._row)
        column = chance.choice(list(row))
        odd: list[object] = [None, True, [], {}, [[1]], 10**400, 1e308, -1e308, *TEXTS]
        row[chance.choice([column, column, *TEXTS[:4]])] = chance.choice(odd)
        units = {column: chance.choice([LONG, "t/h", "GJ", "1/0", "(" * 5000, "m**" + "9" * 300, *TEXTS])}
        rows: object = chance.choice([[row], [row] * 50, row, [[row]], [], None, [row, None], [self._row] * 20_000])
        text = json.dumps(
            chance.choice([{"rows": rows}, {"rows": rows, "units": units}, {"rows": rows, "x": units}, rows])
        )
        text = text.replace(str(self._row[column]), chance.choice([str(self._row[column]), *NUMBERS]), 1)
        code = chance.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"])
        body = text.encode(code, "replace")
        path = chance.choice([self._path, self._path.replace("predict", "gap")])
        return self._send(path, JSON, change(body, chance, 1) if chance.random() < 0.3 else body)

    def _build_deep(self, chance: random.Random) -> bytes:
        part, times = (
            chance.choice([b"[", b'{"a":', b"[],", b"{},", b"1,", b'"",', b'{"rows":[']),
            chance.choice([50, 5000]),
        )
        times = 2_000_000 // len(part) if chance.random() < 0.05 else times
        return self._send(
            self._path, JSON, b'{"rows":[' * chance.randrange(2) + b"[" * chance.randrange(2) + part * times
        )

    def _build_arrow(self, chance: random.Random) -> bytes:
        size = chance.choice([0, 1, 3])
        values: list[pa.Array] = [
            pa.array(np.ones(size)), pa.array([1] * size), pa.array(["x"] * size), pa.array([[1.0]] * size),
            pa.array([{"a": 1}] * size), pa.array(["x"] * size).dictionary_encode(), pa.nulls(size),
            pa.array([1] * size, pa.decimal128(38, 2)), pa.array([True] * size), pa.array([None] * size, pa.float64()),
        ]  # fmt: skip
        names = [*self._columns, *chance.sample(TEXTS, chance.randrange(3))]
        arrays = [values[0] if chance.random() < 0.7 else chance.choice(values) for _ in names]
        names = [name.encode("utf-8", "replace").decode() for name in names]
        if chance.random() < 0.02:
            names, arrays = [f"c{place}" for place in range(10_000)], [pa.array(np.ones(20))] * 10_000
        table = pa.Table.from_arrays(arrays, names=names)
        options = pa.ipc.IpcWriteOptions(compression=chance.choice([None, None, "zstd", "lz4"]))
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
            writer.write_table(table)
        body = sink.getvalue().to_pybytes()
        if chance.random() < 0.6:
            body = chance.choice([change(body, chance, chance.choice([1, 10])), body[: chance.randrange(len(body))]])
        return self._send(self._path, ARROW, body)

    def _build_csv(self, chance: random.Random) -> bytes:
        head, line = ",".join(self._row), ",".join(map(str, self._row.values()))
        line = line.replace("5", chance.choice(["5", "5", *NUMBERS, *TEXTS[2:5], '"', '"5', ";"]), 1)
        lines = chance.choice(
            [[head, line], [line], [head], [head + ",", line], [head] + [line] * 20_000, ["," * 10**6]]
        )
        body = chance.choice(["\n", "\r\n", "\r", "\n\n"]).join(lines).encode("utf-8", "replace")
        kind = chance.choice(
            ["text/csv", "text/csv; header=absent", "text/csv; charset=utf-16", "text/csv; header=" + "x" * 99]
        )
        path = chance.choice([self._path, "/invocations?plant=fjord", "/invocations"])
        return self._pack(path, kind, change(body, chance, 3) if chance.random() < 0.3 else body, chance)

    def _build_frame(self, chance: random.Random) -> bytes:
        names, values = list(self._row), list(self._row.values())
        odd: list[object] = [[values], [values] * 20_000, values, [[]] * 5000, {}, None, [{"a": 1}], *TEXTS[2:4]]
        table = {"columns": chance.choice([names, names * 2, [[]], names[:1], None]), "data": chance.choice(odd)}
        name = chance.choice(["dataframe_split", "dataframe_records", "instances", "inputs"])
        body = json.dumps({name: chance.choice([table, table["data"], [self._row]])}).encode()
        return self._pack("/invocations?plant=fjord", JSON, body, chance)

    def _pack(self, path: str, kind: str, body: bytes, chance: random.Random) -> bytes:
        """Send a body, at times by gzip: whole, cut, of many parts, or a bomb."""
        if chance.random() < 0.5:
            return self._send(path, kind, body)
        packed = gzip.compress(body, 1)
        parts = [
            packed,
            packed,
            packed[:-5],
            packed * 50,
            gzip.compress(b"\0" * 30_000_000, 1),
            change(packed, chance, 2),
        ]
        return self._send(path, f"{kind}\r\nContent-Encoding: gzip", chance.choice(parts))

    def _build_events(self, chance: random.Random) -> bytes:
        method, tail = chance.choice(["GET", "GET", "HEAD", "POST"]), chance.choice(["", "?a=" + "x" * 3000, "/"])
        last = chance.choice(TEXTS[3:])[:20_000]
        lines = f"Host: 127.0.0.1\r\nLast-Event-ID: {last}\r\nAccept: text/event-stream\r\n\r\n"
        return f"{method} /events{tail} HTTP/1.1\r\n{lines}".encode("utf-8", "replace")

    def _build_answer(self, chance: random.Random) -> bytes:
        given: dict[str, object] = dict(self._answer)
        key = chance.choice([*given, "x"])
        given[key] = chance.choice([given.get(key), None, 1, [], {}, *TEXTS])
        path = self._path.replace("predict", "answers")
        return self._send(path, chance.choice([JSON, JSON, "text/plain"]), json.dumps(given).encode())

    def _send(self, path: str, kind: str, body: bytes) -> bytes:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body


def change(content: bytes, chance: random.Random, times: int) -> bytes:
    """Change so many bytes."""
    changed = bytearray(content)
    for _ in range(times if changed else 0):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def build_wide(rows: int, columns: int) -> bytes:
    """Build an Arrow body of columns that no model knows, of bits, so that it is below the limit of bodies."""
    bits = np.ones(rows, bool)
    table = pa.table({f"c{number}": bits for number in range(columns)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content

"""Batches as Arrow IPC streams: the same columns as in JSON, one column each, and the answer likewise."""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from flatbuffers.table import Table as FlatTable

from elc.service.api.predict import Table
from elc.service.problems import Fault, ProblemError
from elc.service.rows import MAX_FAULTS, SHOWN

MEDIA_TYPE = "application/vnd.apache.arrow.stream"
HEADER, COMPRESSION = 8, 10  # the places of the fields in their tables
UNREADABLE = "The body is not a complete Arrow IPC stream. Send a schema and record batches, uncompressed."


def parse_arrow(body: bytes, *, known: Collection[str], max_rows: int) -> dict[str, Any]:
    """Read an Arrow IPC stream as the content of a JSON request; names and sizes are checked before it is converted.

    Raises:
        ProblemError: 400 for what is not a stream, 413 for too many rows, 422 for a column of no numbers.
    """
    batches, count = [], 0
    try:
        _check_messages(body)
        with pa.ipc.open_stream(pa.py_buffer(body)) as reader:
            _check_schema(reader.schema, known)
            for batch in reader:
                batch.validate(full=True)
                count += batch.num_rows
                if count > max_rows:
                    raise ProblemError(
                        413, f"The request has more than {max_rows:,} rows. Split it into several requests."
                    )
                batches.append(batch)
    except (pa.ArrowException, OSError, ValueError, IndexError, struct.error):
        raise ProblemError(400, UNREADABLE) from None
    return {"rows": [row for batch in batches for row in batch.to_pylist()]}


def _check_messages(body: bytes) -> None:
    """Refuse compressed batches: a few bytes of them can be gigabytes once they are read."""
    for message in pa.ipc.MessageReader.open_stream(pa.py_buffer(body)):
        if message.type == "record batch" and _is_compressed(message.metadata.to_pybytes()):
            raise ProblemError(415, "The record batches are compressed. Send them uncompressed.")


def _is_compressed(metadata: bytes) -> bool:
    """Whether the flatbuffer of a record batch names a codec (Message.header.compression of Arrow's Message.fbs)."""
    message = FlatTable(metadata, int.from_bytes(metadata[:4], "little"))
    place = message.Offset(HEADER)
    return bool(place and FlatTable(metadata, message.Indirect(message.Pos + place)).Offset(COMPRESSION))


def _check_schema(schema: pa.Schema, valid: Collection[str]) -> None:
    odd = [name for name in schema.names if name not in valid][:MAX_FAULTS]
    if odd:
        expected = f"one of {', '.join(valid)}"
        faults = [Fault(f"/rows/0/{name[:SHOWN]}", "a column that the model does not know", expected) for name in odd]
        raise ProblemError(422, "The Arrow schema has columns that the model does not know.", faults)
    strange = [field for field in schema if not (pa.types.is_integer(field.type) or pa.types.is_floating(field.type))]
    if strange or len(set(schema.names)) != len(schema.names):
        what = (
            f"column {strange[0].name[:40]} is {str(strange[0].type)[:40]}" if strange else ("a column appears twice")
        )
        raise ProblemError(422, f"The Arrow schema is not as expected: {what}. Send each column once, as numbers.")


def write_arrow(table: Table, told: Mapping[str, str]) -> bytes:
    """Write an answer as a stream; which version answered stands in the metadata of the schema."""
    columns = {name: pa.array(np.ascontiguousarray(values)) for name, values in table.items()}
    found = pa.table(columns).replace_schema_metadata(dict(told))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, found.schema) as writer:
        writer.write_table(found)
    content: bytes = sink.getvalue().to_pybytes()
    return content

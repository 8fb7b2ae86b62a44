"""Write the page of records and their JSON schemas: `python -m elc.records docs`."""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from elc.records.files import FILES, File
from elc.records.record import Record

Schema = dict[str, Any]
TYPES = {"string": "text", "number": "number", "integer": "whole number", "boolean": "true or false", "null": "null"}
INTRODUCTION = """# Records

Written by `python -m elc.records docs`, as are the JSON schemas in `docs/schemas`. These are the files that one part of
ELC writes and another reads. Each holds one record; a file of JSON lines holds one on each line. A file that is no such
record is an error that names file, key, what was found, what was expected, and what to do. Paths are below the project,
or below `operation/<environment>` for what an environment's hours made.
"""


def build_schema(kind: type[BaseModel]) -> Schema:
    """Build the JSON schema of a record, with the meaning of each key."""
    schema = kind.model_json_schema()
    parts = {part.__name__: part for part in _find_parts(kind)}
    for name, part in [("", schema), *schema.get("$defs", {}).items()]:
        described = read_docstrings(parts[name] if name else kind)
        for key, content in part.get("properties", {}).items():
            content["description"] = described[key]
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    tidied: Schema = _drop_titles(schema)
    return tidied


def _find_parts(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Find the records that a record is made of."""
    for field in kind.model_fields.values():
        yield from _find_classes(field.annotation)


def _find_classes(annotation: Any) -> Iterator[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
        yield from _find_parts(annotation)
    for part in getattr(annotation, "__args__", ()):
        yield from _find_classes(part)


def _drop_titles(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_drop_titles(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _drop_titles(part) for key, part in schema.items() if key != "title" or isinstance(part, dict)}


def read_docstrings(kind: type[BaseModel]) -> dict[str, str]:
    """Read what stands below each field of a class and of those that it is made from."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if issubclass(base, Record) and base.__module__.startswith("elc."):
            body = ast.parse(inspect.getsource(base)).body[0]
            assert isinstance(body, ast.ClassDef)
            for field, text in zip(body.body, body.body[1:], strict=False):
                is_text = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
                if is_text and isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    found[field.target.id] = str(ast.literal_eval(text.value))  # type: ignore[attr-defined]
    return found


def build_page() -> str:
    """Build the page of records (Markdown)."""
    parts = [INTRODUCTION]
    seen: set[str] = set()
    for file in FILES:
        parts.append(_build_section(file, seen))
    return "\n".join(parts)


def _build_section(file: File, seen: set[str]) -> str:
    schema = build_schema(file.kind)
    name = file.kind.__name__
    heads = [f"## {name}", f"`{file.path}`, written by {file.writer}, read by {file.readers}.", _say(schema)]
    tables = [_build_table(schema)] if "properties" in schema else []
    for part, content in schema.get("$defs", {}).items():
        if part not in seen:
            seen.add(part)
            tables += [f"### {part}", _say(content), _build_table(content)]
    return "\n\n".join([*heads, *tables]) + "\n"


def _say(schema: Schema) -> str:
    return " ".join(schema["description"].split())


def _build_table(schema: Schema) -> str:
    rows = [
        f"| `{key}` | {say_type(content)} | {content['description']} |" for key, content in schema["properties"].items()
    ]
    return "\n".join(["| key | holds | meaning |", "| --- | --- | --- |", *rows])


def say_type(schema: Schema) -> str:
    """Say what a key holds."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(say_type(part) for part in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{choice}`" for choice in schema["enum"])
    if schema.get("format") == "date-time":
        return "time"
    if schema.get("type") == "array":
        return f"list of {say_type(schema['items'])}"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return f"{say_type(values)} by name" if isinstance(values, dict) else "anything by name"
    return TYPES.get(schema.get("type", ""), "anything")


def build_files() -> dict[str, str]:
    """Build the page and the schemas, by their paths below `docs`."""
    schemas = {
        f"schemas/{_write_name(file.kind)}.json": json.dumps(build_schema(file.kind), indent=2, ensure_ascii=False)
        + "\n"
        for file in FILES
    }
    return {"records.md": build_page(), **schemas}


def _write_name(kind: type[BaseModel]) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()


def main(folder: str) -> None:
    """Write the page and the schemas below a folder."""
    for name, text in build_files().items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

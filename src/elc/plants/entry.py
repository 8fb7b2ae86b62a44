"""Edit the entries of plants in params.yaml: every comment and every other key stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter

from elc.files import replace_file


def build_editor() -> YAML:
    """Build a reader and writer of params.yaml that keeps its comments and its form."""
    editor = YAML()
    editor.preserve_quotes = True
    editor.width = 200
    editor.representer.add_representer(type(None), _write_null)
    editor.indent(mapping=2, sequence=4, offset=2)
    return editor


def _write_null(representer: RoundTripRepresenter, _: None) -> ScalarNode:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


def read_lines(path: Path) -> list[str]:
    """Read the lines of a text with their ends; none where there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return file.readlines()


def write_text(path: Path, text: str) -> None:
    """Replace a text whole; an empty one where there is no file makes none."""
    if text or path.exists():
        with replace_file(path) as temporary:
            temporary.write_bytes(text.encode())


def says(text: str, content: Any) -> bool:
    """Whether a YAML text holds this content."""
    try:
        return bool(YAML(typ="safe").load(text) == content)
    except YAMLError:
        return False

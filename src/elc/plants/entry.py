"""Edit the entries of plants in params.yaml: every comment and every other key stays as it is."""

from __future__ import annotations

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter


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

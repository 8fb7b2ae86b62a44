"""YAML that others may have written: bounded before it is built, since a few letters of it can take everything."""

from __future__ import annotations

import yaml

from elc.errors import ElcError

DEEPEST = 32  # ASSUME: of lists and mappings in each other; what people and DVC write is six deep at most
MOST_NAMED = 64  # ASSUME: references to a part that stands elsewhere; each can hold all those before it
OPENING = (yaml.SequenceStartEvent, yaml.MappingStartEvent)
CLOSING = (yaml.SequenceEndEvent, yaml.MappingEndEvent)


def check_yaml(text: str, where: str) -> None:
    """Check that a text can be built: the parser crashes on what is too deep, and references multiply.

    Raises: ElcError: it is nested too deep, or refers to its own parts too often. What is not valid YAML is left to its
    reader."""
    depth = named = 0
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            depth += isinstance(event, OPENING) - isinstance(event, CLOSING)
            named += isinstance(event, yaml.AliasEvent)
            if depth > DEEPEST or named > MOST_NAMED:
                what = f"is nested more than {DEEPEST} deep" if named <= MOST_NAMED else "refers to itself too often"
                line = event.start_mark.line + 1 if event.start_mark else 0
                raise ElcError(f"{where}: cannot be read as YAML: line {line} {what}. Write it out.")
    except yaml.YAMLError:
        return

"""YAML that others may have written: bounded before it is built, since a few letters of it can take everything."""

from __future__ import annotations

import yaml

from elc.errors import ElcError

DEEPEST = 32  # ASSUME: of lists and mappings in each other; what people and DVC write is six deep at most
MOST_NAMED = (
    1_000_000  # ASSUME: of parts that references stand for, written out; those of a thousand plants have 50,000
)
OPENING = (yaml.SequenceStartEvent, yaml.MappingStartEvent)
CLOSING = (yaml.SequenceEndEvent, yaml.MappingEndEvent)


def check_yaml(text: str, where: str) -> None:
    """Check that a text can be built: the parser crashes on what is too deep, and references multiply.

    Raises: ElcError: it is nested too deep, or refers to its own parts too often. What is not valid YAML is left to its
    reader."""
    begun: list[tuple[str | None, int]] = []  # the parts that are open: the name of each, and how much came before
    sizes: dict[str, int] = {}
    total = named = 0
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            size = 1
            if isinstance(event, OPENING):
                begun.append((event.anchor, total))
            elif isinstance(event, CLOSING):
                name, before = begun.pop()
                sizes |= {name: total - before} if name else {}
            elif isinstance(event, yaml.AliasEvent):
                size = sizes.get(str(event.anchor), 1)
                named += size
            total += size
            if len(begun) > DEEPEST or named > MOST_NAMED:
                what = f"is nested more than {DEEPEST} deep" if named <= MOST_NAMED else "refers to itself too often"
                line = event.start_mark.line + 1 if event.start_mark else 0
                raise ElcError(f"{where}: cannot be read as YAML: line {line} {what}. Write it out.")
    except yaml.YAMLError:
        return

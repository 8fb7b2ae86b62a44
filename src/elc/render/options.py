"""Read what Quarto reads of a notebook beside its text: the front matter and the `#|` options of a cell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from elc.errors import ElcError
from elc.settings.bounded import check_yaml

_OPTION = re.compile(r"#\| ?(.*)")
_FRONT = re.compile(r"---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*\n?(.*)", re.DOTALL)


@dataclass(frozen=True)
class CellOptions:
    """What becomes of one code cell; captions and label are empty where the cell has none."""

    include: bool
    echo: bool
    output: bool | str
    warning: bool
    code_fold: bool | str
    code_summary: str
    label: str
    caption: str
    alt: str


def read_front(text: str, where: str) -> tuple[dict[str, Any], str]:
    """Split a raw cell into its front matter and the Markdown after it.

    Raises:
        ElcError: the front matter is not valid YAML.
    """
    match = _FRONT.fullmatch(text.strip())
    if match is None:
        return {}, text
    return _read_yaml(match.group(1), f"{where}, front matter"), match.group(2)


def read_options(source: str, defaults: dict[str, Any], where: str) -> tuple[CellOptions, str]:
    """Split a code cell into its options, over the defaults of its page, and its code.

    Raises:
        ElcError: the options are not valid YAML.
    """
    own, code = split_options(source)
    found = {**defaults, **_read_yaml(own, where)}
    label = str(found.get("label") or "")
    # Quarto takes the caption that fits the label; a cell without a label may carry either.
    kinds = ("tbl-cap", "fig-cap") if label.startswith("tbl-") else ("fig-cap", "tbl-cap")
    caption = next((str(found[kind]) for kind in kinds if found.get(kind)), "")
    options = CellOptions(
        include=found.get("include", True) is not False,
        echo=found.get("echo", True) is not False,
        output=found.get("output", True),
        warning=found.get("warning", True) is not False,
        code_fold=found.get("code-fold", False),
        code_summary=str(found.get("code-summary") or "Code"),
        label=label,
        caption=caption,
        alt=str(found.get("fig-alt") or caption),
    )
    return options, code.strip("\n")


def split_options(source: str) -> tuple[str, str]:
    """Split a code cell into the YAML of its options and the code after them."""
    lines = source.splitlines()
    count = next((i for i, line in enumerate(lines) if not _OPTION.fullmatch(line)), len(lines))
    options = "\n".join(line.removeprefix("#|").removeprefix(" ") for line in lines[:count])
    return options, "\n".join(lines[count:])


def build_defaults(*layers: dict[str, Any]) -> dict[str, Any]:
    """Build the options that every cell starts from; each layer (project, page) goes over the one before."""
    defaults: dict[str, Any] = {}
    for layer in layers:
        html = _get_section(_get_section(layer, "format"), "html")
        for section in (_get_section(layer, "execute"), html, layer):
            keys = ("echo", "output", "warning", "include", "code-fold", "code-summary")
            defaults |= {key: section[key] for key in keys if key in section}
    return defaults


def _get_section(content: dict[str, Any], key: str) -> dict[str, Any]:
    section = content.get(key)
    return section if isinstance(section, dict) else {}


def _read_yaml(text: str, where: str) -> dict[str, Any]:
    check_yaml(text, where)
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ElcError(f"{where}: cannot be read as YAML: {error}") from None
    if content is not None and not isinstance(content, dict):
        raise ElcError(f"{where}: expected `key: value`, found {str(content)[:40]}.")
    return content or {}

"""Drop from an executed notebook what differs between equal runs: times, absolute paths, random ids."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat


def normalise(notebook: nbformat.NotebookNode, root: Path) -> nbformat.NotebookNode:
    """Return an executed notebook that is the same in every equal run, wherever the project lies."""
    stable: nbformat.NotebookNode = nbformat.from_dict(_drop_root(notebook, str(root.resolve())))
    kernel = stable.metadata.get("kernelspec", {})
    stable.metadata = nbformat.from_dict({"kernelspec": kernel} if kernel else {})
    stable.nbformat, stable.nbformat_minor = 4, 5
    for index, cell in enumerate(stable.cells):
        cell.id = f"cell-{index + 1:02d}"
        tags = cell.metadata.get("tags", [])
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
    return stable


def _drop_root(content: Any, root: str) -> Any:
    """Write paths under the project as relative ones, in every text of the notebook."""
    if isinstance(content, str):
        return re.sub(re.escape(root) + r"(?![\w.-])", ".", content.replace(f"{root}/", ""))
    if isinstance(content, list):
        return [_drop_root(item, root) for item in content]
    if isinstance(content, dict):
        return {key: _drop_root(value, root) for key, value in content.items()}
    return content

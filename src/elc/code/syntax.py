"""A module's syntax as a hash: the same for the same statements, whatever is written around them."""

from __future__ import annotations

import ast
import hashlib
from typing import Any

TYPING = "TYPE_CHECKING"


def hash_syntax(tree: ast.AST) -> str:
    """Hash the statements of a module.

    Comments, layout, docstrings, the words of raised errors and imports for types only do not count. The hash is
    the same under every version of Python: fields that only some versions know are left out while they are empty.
    """
    words: list[str] = []
    _tell(tree, words, is_raised=False)
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()


def list_run(tree: ast.AST) -> list[ast.AST]:
    """List every node but those that only a type checker reads, each before what it holds."""
    nodes, pending = [], [tree]
    while pending:
        node = pending.pop()
        nodes.append(node)
        pending += [child for child in ast.iter_child_nodes(node) if not _is_typing(child)]
    return nodes


def _is_typing(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == TYPING


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_silent(parent: ast.AST, child: Any) -> bool:
    """Tell what does not count in a list; Python 3.12 leaves empty texts in formats where 3.11 and 3.13 do not."""
    if isinstance(parent, ast.JoinedStr) and isinstance(child, ast.Constant) and child.value == "":
        return True
    return _is_docstring(child) or _is_typing(child)


def _tell(node: ast.AST, words: list[str], *, is_raised: bool) -> None:
    """Tell a node and all below it, in order."""
    is_raised = is_raised or isinstance(node, ast.Raise)
    words.append(f"({type(node).__name__}")
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            children = [child for child in value if not _is_silent(node, child)]
            if children:
                words.append(f"{name}[{len(children)}")
            for child in children:
                if isinstance(child, ast.AST):
                    _tell(child, words, is_raised=is_raised)
                else:
                    words.append(repr(child))
        elif isinstance(value, ast.AST):
            words.append(name)
            _tell(value, words, is_raised=is_raised)
        elif isinstance(node, ast.Constant):
            if name == "value" and not (is_raised and isinstance(value, str)):
                words.append(repr(value))
        elif value is not None:
            words.append(f"{name}={value!r}")
    words.append(")")

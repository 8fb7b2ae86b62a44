"""Which modules a piece of code uses, and which libraries: told from the syntax, by name. Nothing is imported.

A name that a package takes over from one of its modules stands for that module alone, so `settings.read_plant` does
not use all of `elc.settings`.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from elc.code.syntax import hash_syntax, list_run
from elc.errors import ElcError

IMPORTER = "import_module"
ON_DEMAND = "__getattr__"  # what a package imports only when somebody asks for it by name


@dataclass(frozen=True)
class Use:
    """A name of a module that some code uses; of a whole module where it is empty."""

    module: str
    name: str = ""


@dataclass(frozen=True)
class Module:
    """What the syntax of a module tells: its hash, what it uses, and what others can import from it.

    `exports` are the names that it imports itself, each with what it stands for; `defined` those that it defines;
    `asked` is what it imports when somebody asks for another name.
    """

    digest: str
    uses: frozenset[Use]
    libraries: frozenset[str]
    exports: dict[str, str]
    defined: frozenset[str]
    asked: frozenset[str]


class CodePackage:
    """The modules of one package in `folder`, read when they are asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, folder.name
        self.read = functools.cache(self._read)
        self._find_path = functools.cache(self._look_for)
        self._resolve = functools.cache(self._find_module)

    def find_modules(self, uses: Iterable[Use], without: Collection[str] = ()) -> tuple[set[str], set[str]]:
        """Find the modules that some code uses, directly or through others, and the libraries that these import.

        Modules `without` are left out, and what only they use.

        Raises:
            ElcError: a name is used that its package does not have.
        """
        modules: set[str] = set()
        libraries: set[str] = set()
        pending = {module for use in uses for module in self._resolve(use)} - set(without)
        while pending:
            name = pending.pop()
            modules.add(name)
            module = self.read(name)
            libraries |= module.libraries
            used = {other for use in module.uses for other in self._resolve(use)}
            pending |= used - modules - set(without)
        return modules, libraries

    def find_uses(self, tree: ast.AST) -> tuple[set[Use], set[str]]:
        """Find what some code uses of this package, and the other packages that it imports."""
        nodes = list_run(tree)
        uses, libraries = set(), set()
        bound: dict[str, str] = {}
        for target, alias in _list_imports(nodes):
            if target.split(".")[0] != self.name:
                libraries.add(target.split(".")[0])
            elif self._find_path(target):
                bound[alias] = target
            else:
                module, _, name = target.rpartition(".")
                uses.add(Use(module, name))
        uses |= set(_find_names(nodes, bound))
        return uses, libraries

    def list_files(self) -> Iterator[Path]:
        """List every file of the package, its texts and pictures included, but for what only an installation has."""
        added = {"__pycache__", "repository"}  # by Python, and by setup.py
        paths = (path for path in self.folder.rglob("*") if path.is_file())
        yield from sorted(path for path in paths if added.isdisjoint(path.relative_to(self.folder).parts))

    def _look_for(self, module: str) -> Path | None:
        base = self.folder.joinpath(*module.split(".")[1:])
        paths = (base / "__init__.py", base.with_suffix(".py"))
        return next((path for path in paths if path.is_file()), None)

    def _read(self, name: str) -> Module:
        path = self._find_path(name)
        if path is None:
            raise ElcError(f"module {name} is not in {self.folder}. Install the package again.")
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        delayed = [node for node in tree.body if _is_on_demand(node)]
        uses, libraries = self.find_uses(ast.Module([node for node in tree.body if node not in delayed], []))
        return Module(
            hash_syntax(tree),
            frozenset(uses),
            frozenset(libraries),
            {alias: target for target, alias in _list_imports(tree.body)},
            frozenset(_list_defined(tree.body)),
            frozenset(target for node in delayed for target, _ in _list_imports(list_run(node))),
        )

    def _find_module(self, use: Use) -> frozenset[str]:
        """Find the modules that a used name stands in."""
        path = self._find_path(use.module)
        if not use.name or (path is not None and path.name != "__init__.py"):
            return frozenset([use.module])
        if self._find_path(f"{use.module}.{use.name}"):
            return frozenset([f"{use.module}.{use.name}"])
        module = self.read(use.module)
        if target := module.exports.get(use.name):
            owner, _, name = target.rpartition(".")
            return frozenset([target]) if self._find_path(target) else self._resolve(Use(owner, name))
        if use.name in module.defined:
            return frozenset([use.module])
        if module.asked:
            return module.asked | {use.module}  # whose function imports it
        raise ElcError(f"module {use.module} has no {use.name}. Correct the import.")


def _is_on_demand(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name == ON_DEMAND


def _list_imports(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """List what some code imports, with the name that it has there; what is imported on demand is left out."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, alias.asname or alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module}.{alias.name}", alias.asname or alias.name) for alias in node.names)
        elif isinstance(node, ast.Call) and _is_importer(node):
            yield from ((str(one.value), "") for one in node.args if isinstance(one, ast.Constant))


def _is_importer(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == IMPORTER


def _find_names(nodes: Iterable[ast.AST], bound: dict[str, str]) -> Iterator[Use]:
    """Find the names of the bound modules that some code uses; a module that it passes on is used whole."""
    owners = set()
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in bound:
            owners.add(id(node.value))
            yield Use(bound[node.value.id], node.attr)
        elif isinstance(node, ast.Name) and node.id in bound and id(node) not in owners:
            yield Use(bound[node.id])


def _list_defined(body: Iterable[ast.stmt]) -> set[str]:
    """List the names that a module defines itself."""
    names = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        names |= {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    return names

"""What MkDocs does not know of itself: the documents at the root, and a page of reference for each package."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "elc"
FROM_ROOT = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
FRONT = "elc"  # what a notebook of one's own imports
WITHOUT = ("library", "cli")  # the first is the front, the second says itself: elc --help
LINK = re.compile(r"(?<=\]\()(?:docs/|\.\./)?([\w.-]+\.(?:md|png|svg))(?=[)#])")


def find_public() -> dict[str, list[str]]:
    """Find the public names of each package: `__all__`, else all functions and classes without an underscore."""
    found = {FRONT: ["Curve", "Plant"]}
    for path in sorted(SOURCE.iterdir()):
        file = path / "__init__.py" if path.is_dir() else path
        if file.suffix == ".py" and file.is_file() and path.stem not in ("__init__", *WITHOUT):
            found[f"{FRONT}.{path.stem}"] = _read_names(ast.parse(file.read_text(encoding="utf-8")))
    return found


def _read_names(tree: ast.Module) -> list[str]:
    defined = []
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            return list(ast.literal_eval(node.value))
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            defined.append(node.name)
    return defined


def build_page(package: str, names: list[str]) -> str:
    """Build the page of a package: what its docstring says, then each public name."""
    head = ast.get_docstring(ast.parse(_find_file(package).read_text(encoding="utf-8"))) or ""
    return f"# {package}\n\n{head}\n\n" + "\n".join(f"::: {_find_place(package, name)}" for name in names) + "\n"


def _find_place(package: str, name: str) -> str:
    """Find where a public name is; a function may be named as the module that it stands in."""
    is_module = _find_file(f"{package}.{name}").is_file()
    return f"{package}.{name}.{name}" if is_module else f"{package}.{name}"


def _find_file(package: str) -> Path:
    path = SOURCE.joinpath(*package.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the pages of reference to the navigation."""
    assert config.nav is not None
    config.nav.append({"Reference": [{package: f"reference/{package}.md"} for package in find_public()]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents at the root, and the pages of reference."""
    for source, page in FROM_ROOT.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    for package, names in find_public().items():
        files.append(File.generated(config, f"reference/{package}.md", content=build_page(package, names)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Let links lead to the pages, as they lead to the files where the documents are read as files."""
    if page.file.src_uri.startswith("reference/"):
        return markdown
    return LINK.sub(lambda found: FROM_ROOT.get(found[1], found[1]), markdown)

"""The template of a project: files of this repository as they are, and a few of its own in `template`.

There is no second copy of a notebook or of the pipeline. In a checkout they are read where they are used; setup.py
puts them into `repository` of a package that is built.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from elc.errors import ElcError, check_faults
from elc.files import replace_file

Template = dict[str, bytes]  # by path: copier.yml, and below `project` what becomes a file of the project

_HERE = Path(__file__).parent
_SHIPPED = _HERE / "repository"
_CHECKOUT = _HERE.parents[2]
_PLANTS = re.compile(r"(?m)^(?P<indent> *)plants:(?P<rest>.*\n)(?:(?P=indent) +.*\n)+")
_ARTIFACTS = re.compile(r"(?m)^\n(?:#.*\n)*artifacts:\n(?: +.*\n)+")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP file can hold


def build_template() -> Template:
    """Build the template of this release.

    Raises:
        ElcError: this installation lacks files of it.
    """
    root = _find_root()
    files = {name: (root / source).read_bytes() for source, name in read_files().items()}
    files |= {path.name: path.read_bytes() for path in (_HERE / "template").iterdir()}
    for name, cut in {"params.yaml": cut_plants, "dvc.yaml": cut_artifacts}.items():
        content = files.pop(name)
        files[f"{{% if is_demo %}}{name}{{% endif %}}"] = content
        files[f"{{% if not is_demo %}}{name}{{% endif %}}"] = cut(content.decode()).encode()
    template = {f"project/{name}": content for name, content in files.items()}
    return {"copier.yml": (_HERE / "copier.yml").read_bytes(), **dict(sorted(template.items()))}


def read_files() -> dict[str, str]:
    """Read which files of the repository a project begins with, and what each is called there."""
    lines = (_HERE / "files.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition(" -> ") for line in lines if not line.startswith("#"))
    return {source: name or source for source, _, name in pairs}


def _find_root() -> Path:
    """Find the folder that the files of the repository are in: the package's own copy, or the checkout."""
    root = _SHIPPED if _SHIPPED.is_dir() else _CHECKOUT
    missing = [source for source in read_files() if not (root / source).is_file()]
    if len(missing) == len(read_files()):
        raise ElcError(
            f"{_HERE}: this installation of elc lacks the files that a project begins with, expected them in "
            f"{_SHIPPED.name}. Install elc from a wheel, or from its whole repository."
        )
    check_faults(str(root), [f"{source} of a project's template is missing. Restore it." for source in missing])
    return root


def cut_plants(params: str) -> str:
    """Cut every plant out of the text of params.yaml; the rest keeps its layout and comments."""
    return _PLANTS.sub(lambda found: f"{found['indent']}plants: {{}}{found['rest'].replace('   ', '', 1)}", params)


def cut_artifacts(pipeline: str) -> str:
    """Cut the packages that DVC finds by name, and the comment before them, out of the text of dvc.yaml."""
    return _ARTIFACTS.sub("", pipeline)


def write_template(template: Template, folder: Path) -> None:
    """Write a template as files below a folder."""
    for name, content in template.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def write_archive(path: Path, template: Template) -> None:
    """Write a template as a ZIP file; equal templates give equal bytes."""
    with replace_file(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as to:
        for name, content in template.items():
            to.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)


def read_archive(path: Path) -> Template:
    """Read a template that `write_archive` wrote.

    Raises:
        OSError: there is no such file.
        zipfile.BadZipFile: it is damaged.
    """
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}

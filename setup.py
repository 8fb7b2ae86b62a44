"""Put the files that a project begins with into the package; in this repository they stay where they are used."""

from __future__ import annotations

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PLACE = Path("elc", "projects")


class BuildWithFiles(build_py):
    """Build the package with `elc/projects/repository`: the files that `elc/projects/files.txt` lists."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for name in list_files():
                target = Path(self.build_lib) / PLACE / "repository" / name
                self.mkpath(str(target.parent))
                self.copy_file(name, str(target))

    def get_source_files(self) -> list[str]:
        """List what a source distribution needs."""
        return [*super().get_source_files(), *list_files()]


def list_files() -> list[str]:
    lines = (Path("src") / PLACE / "files.txt").read_text(encoding="utf-8").splitlines()
    return [line.partition(" -> ")[0] for line in lines if not line.startswith("#")]


setup(cmdclass={"build_py": BuildWithFiles})

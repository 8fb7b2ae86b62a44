"""The section registry of params.yaml: whether tags are shared, and by which Git remote."""

from __future__ import annotations

from pydantic import Field

from elc.settings.section import Section


class RegistrySettings(Section):
    """Where the tags of the registry go: to `git_remote`, by None to origin or the only one, where they are pushed."""

    git_remote: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")
    push: bool = True

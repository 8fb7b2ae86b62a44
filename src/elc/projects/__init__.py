"""A project of one's own: made from a template in the package, and brought to a later release by Copier."""

from __future__ import annotations

from elc.projects.new import make_project
from elc.projects.upgrade import Upgrade, upgrade_project

__all__ = ["Upgrade", "make_project", "upgrade_project"]

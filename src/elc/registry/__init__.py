"""The registry: versions, approval, promotion and rollback, all of it tags in Git and packages in DVC."""

from elc.records.assignment import Assignment
from elc.registry.approve import check_approved, decide, find_fallback, find_uses
from elc.registry.assign import assign
from elc.registry.clean import clean
from elc.registry.context import Context, check_fetched, read_context
from elc.registry.deploy import deploy_all, deploy_plant, find_assignment
from elc.registry.deployed import Used, deploy_package, read_deployed, remove_deployed
from elc.registry.former import deprecate, find_former, recall
from elc.registry.git import find_git_folder
from elc.registry.local import describe_local, describe_target, find_local
from elc.registry.operated import choose_operated, find_operated, find_place, has_version
from elc.registry.promote import Move, check_promotion, promote, promote_all
from elc.registry.register import check_registration, register
from elc.registry.rollback import check_rollback
from elc.registry.rules import Followed
from elc.registry.state import Line, Registry, Version, VersionSpan, build_registry, read_registry
from elc.registry.storage import describe_remote as describe_storage
from elc.registry.storage import hash_content
from elc.registry.trust import Problem
from elc.registry.use import find_used, open_former, open_version, read_metrics

__all__ = [
    "Assignment",
    "Context",
    "Followed",
    "Line",
    "Move",
    "Problem",
    "Registry",
    "Used",
    "Version",
    "VersionSpan",
    "assign",
    "build_registry",
    "check_approved",
    "check_fetched",
    "check_promotion",
    "check_registration",
    "check_rollback",
    "choose_operated",
    "clean",
    "decide",
    "deploy_all",
    "deploy_package",
    "deploy_plant",
    "deprecate",
    "describe_local",
    "describe_storage",
    "describe_target",
    "find_assignment",
    "find_fallback",
    "find_former",
    "find_git_folder",
    "find_local",
    "find_operated",
    "find_place",
    "find_used",
    "find_uses",
    "has_version",
    "hash_content",
    "open_former",
    "open_version",
    "promote",
    "promote_all",
    "read_context",
    "read_deployed",
    "read_metrics",
    "read_registry",
    "recall",
    "register",
    "remove_deployed",
]

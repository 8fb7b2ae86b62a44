"""The audit: every rule of the registry over its whole history, what is deployed, and what the remotes hold."""

from __future__ import annotations

from elc.registry.audit.locks import find_lock_problems, find_name_problems
from elc.registry.audit.places import find_deployed_problems, find_package_problems
from elc.registry.audit.policy import find_policy_problems, find_use_problems
from elc.registry.audit.shared import add_repairs, find_shared_problems, read_shared
from elc.registry.audit.tags import find_tag_problems
from elc.registry.context import Context
from elc.registry.trust import Problem

__all__ = ["audit"]


def audit(context: Context, *, is_deep: bool) -> list[Problem]:
    """Find every problem of a registry, ordered by plant and tag; problems of no one plant come first.

    A repair is one command of the shell; it is empty where somebody has to decide. With `is_deep`, the packages in use
    are brought into the cache of DVC and checked.
    """
    shared = read_shared(context)
    broken = add_repairs(context, shared, find_tag_problems(context, shared))
    problems = [
        *broken,
        *shared.problems,
        *find_shared_problems(shared, {problem.tag for problem in broken}),
        *find_policy_problems(context),
        *find_use_problems(context),
        *find_deployed_problems(context),
        *find_lock_problems(context),
        *find_name_problems(context),
        *(find_package_problems(context) if is_deep else []),
    ]
    unique = list(dict.fromkeys(problems))
    return sorted(unique, key=lambda problem: (problem.plant, problem.tag, problem.rule, problem.sentence))

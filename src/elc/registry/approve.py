"""Approve or reject a version: who, when, why, and which package was judged."""

from __future__ import annotations

from elc.errors import ElcError, check_faults
from elc.registry.context import Context
from elc.registry.names import APPROVED
from elc.registry.register import check_registration
from elc.registry.state import Decision, Version
from elc.registry.trust import Problem
from elc.registry.write import TagDraft, write_tag


def decide(context: Context, plant: str, version: str, decision: Decision, *, reason: str) -> str:
    """Record a decision about a version and return its tag; it is signed where an environment of the plant asks for it.

    Raises:
        ElcError: the version is unknown, the reason is empty, it is decided so already, its registration is not sound,
            or the signer may not; nothing is recorded.
    """
    registered = context.line(plant).find_version(version)
    where = f"{plant} {version}"
    if not reason.strip():
        raise ElcError(f"{where}: a decision needs a reason. Give one: --reason ...")
    signed = find_signed(context, plant)
    if registered.status == decision and not _counts_nowhere(context, registered, signed):
        raise ElcError(
            f"{where} is already {decision}, by {registered.decision.who if registered.decision else 'nobody'}."
        )
    check_registration(context, registered)
    fields = {
        "version": version,
        "package": registered.package,
        "sha256": registered.sha256,
        "reason": " ".join(reason.split()),
    }
    verb = "Approve" if decision == "approved" else "Reject"
    return write_tag(
        context,
        TagDraft(
            plant,
            "assign" if decision == "approved" else "unassign",
            registered.commit,
            f"{verb} {where}",
            fields,
            stage=APPROVED,
            right="approve" if signed else None,
            environments=signed,
        ),
    )


def find_signed(context: Context, plant: str) -> tuple[str, ...]:
    """The environments of a plant that ask for a signature."""
    return context.rules.trust.find_signed(plant)


def find_uses(context: Context, version: Version) -> list[str]:
    """The environments that hold a version now."""
    names = context.settings.environments
    return [
        name for name in names if (it := context.follow(version.plant, name).version) and it.version == version.version
    ]


def find_fallback(context: Context, plant: str, environment: str, *, without: str) -> str | None:
    """The version that an environment of a plant can go back to: the last still approved one before another came."""
    line = context.line(plant)
    spans = line.spans(environment)
    first = next((index for index, span in enumerate(spans) if span.version == without), len(spans))
    for span in reversed(spans[:first]):
        version = line.versions.get(span.version)
        is_sound = not context.rules.find_problems(line, span.event, environment)
        if version and version.is_active and is_sound and context.rules.is_approved(version, line, environment):
            return version.version
    return None


def _counts_nowhere(context: Context, version: Version, signed: tuple[str, ...]) -> bool:
    """Whether the last decision does not count in an environment, because it is not signed: it can be made again."""
    line = context.line(version.plant)
    return any(context.rules.find_decision(version, line, name) != version.decision for name in signed)


def check_approved(context: Context, version: Version, environment: str) -> None:
    """Check that a version is approved for an environment, where that is needed.

    Raises:
        ElcError: it is pending or rejected there.
    """
    line = context.line(version.plant)
    if context.rules.is_approved(version, line, environment):
        return
    status = context.find_status(version, environment)
    where = f"{version.plant} {version.version}"
    lead = f"{where} is {status} for {environment}, which accepts approved versions only"
    if status == "rejected":
        decision = context.rules.find_decision(version, line, environment)
        reason = decision.fields.get("reason") if decision else None
        raise ElcError(f"{lead}. It was rejected: {reason or 'no reason was recorded'}.")
    problems = [problem.sentence for problem in _find_uncounted(context, version, environment)]
    check_faults(lead, [*problems, f"compare, then decide: elc compare {where}; elc approve {where} --reason ..."])


def _find_uncounted(context: Context, version: Version, environment: str) -> list[Problem]:
    line = context.line(version.plant)
    decisions = line.at(version.commit, APPROVED)
    return [
        problem for event in decisions for problem in context.rules.judge_decision(line, version, event, environment)
    ]

"""Record that a version is in an environment: what a promotion and a rollback end in."""

from __future__ import annotations

from elc.registry.approve import find_signed
from elc.registry.context import Context
from elc.registry.state import Version
from elc.registry.write import TagDraft, write_tag


def assign(context: Context, version: Version, environment: str, *, reason: str) -> str:
    """Record that a version is in an environment from now on, and return the tag; the checks were made before."""
    plant = version.plant
    before = context.follow(plant, environment).version
    signed = find_signed(context, plant)
    fields = {
        "version": version.version,
        "environment": environment,
        "package": version.package,
        "sha256": version.sha256,
        "before": "" if before is None else before.version,
        "reason": " ".join(reason.split()),
    }
    sentence = f"Put {plant} {version.version} into {environment}"
    is_signed = environment in signed
    draft = TagDraft(
        plant,
        "assign",
        version.commit,
        sentence,
        fields,
        stage=environment,
        right="promote" if is_signed else None,
        environments=(environment,) if is_signed else (),
    )
    return write_tag(context, draft)

"""End a key: what it signed until then is sealed by a commit, and nothing that it signs later counts."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

from elc.errors import ElcError, build_nearest
from elc.registry.context import Context
from elc.registry.events import Event
from elc.registry.git import find_changes, run_git
from elc.registry.signers import FILE, SEAL, verify_tags


def seal(context: Context, principal: str) -> str:
    """End the keys of a principal that have not ended yet, seal what was signed so far, and commit both.

    Sealed is every tag that counts now, whoever signed it, and every one that the principal signed before the end. A
    sealed tag that is gone later stops promotion and deployment.

    Returns:
        What was done, in a line.

    Raises:
        ElcError: nobody has that name, the files differ from the last commit, or a sealed tag is gone.
    """
    signers, root = context.rules.trust.signers, context.project.root
    names = dict.fromkeys(signer.principal for signer in signers.signers)
    if principal not in names:
        raise ElcError(f"{FILE}: {principal} has no line: {build_nearest(principal, names)}")
    changed = find_changes(root, FILE, SEAL)
    if changed:
        raise ElcError(f"{', '.join(changed)}: differs from the last commit. Commit or undo it, then seal.")
    events = _find_sealed(context, principal)
    here = {event.tag: event.oid for event in events}
    gone = [tag for tag, oid in signers.sealed.items() if here.get(tag) != oid]
    if gone:
        raise ElcError(
            f"{SEAL}: {', '.join(gone[:5])} was sealed, and is now missing or a different tag. Run git "
            "fetch --tags --force."
        )
    moment = max([int(time.time()), *(event.time for event in events)]) + 1
    _write_end(context, principal, datetime.fromtimestamp(moment, UTC))
    text = "".join(f"{oid} {tag}\n" for tag, oid in sorted(here.items()))
    (root / SEAL).write_text(text, encoding="utf-8")
    run_git(root, "add", "--force", "--", FILE, SEAL)
    sentence = f"End the key of {principal} and seal what was signed"
    run_git(root, "commit", "--quiet", "--message", sentence, "--only", "--", FILE, SEAL)
    return f"{len(here)} tags are sealed, and the key of {principal} has ended: commit {_read_head(context)}"


def _read_head(context: Context) -> str:
    return run_git(context.project.root, "rev-parse", "--short", "HEAD").strip()


def _find_sealed(context: Context, principal: str) -> list[Event]:
    """Find the tags that count, those that were sealed before, and those that the principal signed in time."""
    trust = context.rules.trust
    events = [event for line in context.registry.lines.values() for event in line.events]
    signed = [event for event in events if event.is_signed]
    trust.verify(signed)
    verified = verify_tags(context.project.root, [event.oid for event in signed], trust.signers)
    vouched = {
        event.oid
        for plant in context.settings.plants
        for event in context.line(plant).events
        if event.action == "register" and trust.find_signed(plant) and trust.is_vouched(context.line(plant), event)
    }
    return [
        event
        for event in events
        if event.oid in vouched
        or trust.signers.sealed.get(event.tag) == event.oid
        or (event.is_signed and (trust.find_signer(event) or verified[event.oid].principal == principal))
    ]


def _write_end(context: Context, principal: str, end: datetime) -> None:
    """Write `valid-before` on each line of a principal that has none."""
    path = context.project.root / FILE
    option = f'valid-before="{end:%Y%m%d%H%M%S}Z"'
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split(maxsplit=2)
        if words and words[0] == principal and "valid-before" not in line:
            has_options = not re.match("ssh-|ecdsa-|sk-", words[1])
            rest = line.split(maxsplit=1)[1]
            line = f"{principal} {option}{',' if has_options else ' '}{rest}"
        lines.append(line)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")

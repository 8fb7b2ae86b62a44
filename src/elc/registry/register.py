"""Register the model package of the last commit as a plant's next version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from elc.errors import ElcError, check_faults
from elc.records.card import Card, read_card
from elc.records.metrics import Metrics, parse_metrics
from elc.registry.context import Context
from elc.registry.git import find_blocked, find_changes, find_untracked, list_names, run_git
from elc.registry.names import Bump, build_name, build_next
from elc.registry.objects import read_committed
from elc.registry.signers import Act
from elc.registry.state import Line, Version
from elc.registry.storage import find_remote, hash_content, hash_folder, push_package, read_evaluated, read_lock
from elc.registry.write import TagDraft, write_tag
from elc.settings.plain import find_markup


def register(context: Context, plant: str, *, bump: Bump) -> str:
    """Register a plant's model package: push it to the default DVC remote, where one is set, and tag the last commit.

    Raises:
        ElcError: the workspace differs from the last commit, its dvc.lock does not hold the package or its metrics,
            the package is registered already, or a remote is down; no version is made.
    """
    root, line = context.project.root, context.line(plant)
    head = run_git(root, "rev-parse", "HEAD").strip()
    _check_clean(context, plant)
    lock = read_commit_lock(context, head)
    package = _find_package(context, plant, lock)
    registered = _find_known(context, line)
    _check_new(plant, registered, package, head)
    fields = _build_fields(context, plant, read_lock(lock), package, head)
    version = _build_version(context, plant, [name for name, it in registered.items() if not it.fault], bump)
    remote = find_remote(root, None)
    if remote is not None:
        push_package(root, package, remote)
    sentence = f"Register {plant} {version}"
    signed = context.rules.trust.find_signed(plant)
    right: Act | None = "register" if signed else None
    return write_tag(
        context,
        TagDraft(plant, "register", head, sentence, fields, version=version, right=right, environments=signed),
    )


def _find_known(context: Context, line: Line) -> dict[str, Version]:
    """Find the versions that stand; where signatures are asked for, those that somebody vouches for."""
    trust = context.rules.trust
    is_free = not trust.find_signed(line.plant)
    return {name: it for name, it in line.versions.items() if is_free or trust.is_vouched(line, it.registered)}


def _build_version(context: Context, plant: str, versions: list[str], bump: Bump) -> str:
    """Build the version after the highest of some; one whose tag is there already, sound or not, is passed over."""
    registry = context.registry
    taken = {event.tag for event in (*registry.line(plant).events, *registry.broken)}
    taken |= find_blocked(list_names(context.project.root))
    version = build_next(versions, bump)
    while build_name(plant, "register", version=version) in taken:
        version = build_next([*versions, version], bump)
    return version


def read_commit_lock(context: Context, commit: str) -> str:
    """Read the text of a commit's dvc.lock.

    Raises:
        ElcError: the commit has none.
    """
    text = read_committed(context.project.root, commit, "dvc.lock")
    if text is None:
        raise ElcError(f"commit {commit[:10]} has no dvc.lock. Run dvc repro, then commit dvc.lock.")
    return text


def check_registration(context: Context, version: Version) -> None:
    """Check that a version's tag points at the commit whose dvc.lock holds its package.

    Raises:
        ElcError: it does not: the tag was moved or made by hand.
    """
    package = read_lock(read_commit_lock(context, version.commit)).get(f"models/{version.plant}")
    if not version.package or not version.sha256 or package != version.package:
        raise ElcError(
            f"{version.plant} {version.version}: tag {version.registered.tag} records package "
            f"{version.package or 'none'}, but dvc.lock of its commit {version.commit[:10]} holds {package or 'none'}. "
            "It is not followed. Register the package again: elc register."
        )


def _check_clean(context: Context, plant: str) -> None:
    changes = find_changes(context.project.root)
    if changes:
        shown = ", ".join(changes[:5]) + (" ..." if len(changes) > 5 else "")
        raise ElcError(
            f"plant {plant}: {len(changes)} files differ from the last commit: {shown}. A version is a commit: commit "
            "or undo them, then register."
        )


def _find_package(context: Context, plant: str, lock: str) -> str:
    """The hash of the package that the lock and the workspace agree on."""
    where, path = f"plant {plant}", f"models/{plant}"
    repair = f"Run dvc repro evaluate@{plant}, then commit dvc.lock."
    locked = read_lock(lock).get(path)
    if locked is None:
        raise ElcError(f"{where}: dvc.lock of the last commit holds no {path}. {repair}")
    if not context.project.model(plant).is_dir():
        raise ElcError(f"{where}: {path} is missing. Bring it: dvc checkout {path}, or dvc pull {path}.")
    present = hash_folder(context.project.model(plant))
    faults = []
    if present != locked:
        faults.append(f"{path} is {present}, dvc.lock of the last commit says {locked}. {repair}")
    if read_evaluated(lock).get(path) != locked:
        faults.append(f"reports/metrics/{plant}.json belongs to another package. {repair}")
    check_faults(where, faults)
    return locked


def _check_new(plant: str, registered: Mapping[str, Version], package: str, head: str) -> None:
    for name, version in registered.items():
        if version.package == package:
            raise ElcError(
                f"plant {plant}: this package is already registered, as "
                f"{name}{'' if version.is_active else ', which was deregistered'}. Train another one, or use that "
                "version."
            )
        if version.commit == head:
            raise ElcError(
                f"plant {plant}: the last commit is already version {name}. Each version needs its own commit."
            )


def _read_metrics(context: Context, plant: str, head: str) -> Metrics:
    """Read what evaluation found, as it stands in the commit that is registered.

    Raises:
        ElcError: it is not in it; with all files of the plant that Git does not know yet.
    """
    root, path = context.project.root, f"reports/metrics/{plant}.json"
    text = read_committed(root, head, path)
    if text is None:
        folders = (f"data/plants/{plant}", f"data/raw/{plant}.dvc", f"reports/plots/{plant}")
        files = " ".join(find_untracked(root, path, *folders)) or path
        raise ElcError(
            f"plant {plant}: {path} is not in the last commit; git commit --all does not add new files. Run git add "
            f"{files}, commit, then register. If there is no such file, run dvc repro evaluate@{plant} first."
        )
    return parse_metrics(text, plant)


def _build_fields(context: Context, plant: str, outs: Mapping[str, str], package: str, head: str) -> dict[str, Any]:
    folder = context.project.model(plant)
    card = read_card(folder, root=context.project.root)
    if card.plant != plant:
        raise ElcError(f"plant {plant}: models/{plant} holds a package of {card.plant}. Train {plant} again.")
    check_faults(f"plant {plant}: models/{plant}/card.json", find_markup(card.model_dump(), "card"))
    first, last = _read_span(card, plant)
    metrics = _read_metrics(context, plant, head)
    return {
        "package": package,
        "sha256": hash_content(folder, without=()),
        "data": outs.get(f"data/processed/{plant}", ""),
        "first": first,
        "last": last,
        "metrics": {
            "rows": metrics.rows,
            "cv_rmse_frac": metrics.typical.cv_rmse_frac,
            "nmbe_frac": metrics.typical.nmbe_frac,
            "coverage_best_frac": metrics.quantiles.best.coverage_frac,
            "pinball_best_gj_per_h": metrics.quantiles.best.pinball_gj_per_h,
        },
    }


def _read_span(card: Card, plant: str) -> tuple[str, str]:
    """Read the start and end of a package's training hours."""
    try:
        return card.trained_on["train"].first, card.trained_on["valid"].last
    except KeyError:
        where = f"plant {plant}: models/{plant}/card.json"
        raise ElcError(f"{where} does not state its training hours (trained_on). Train {plant} again.") from None

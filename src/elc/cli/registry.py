"""The commands of the registry: versions, decisions about them, where they run, and its audit."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from elc.cli.clean import gc
from elc.paths import find_project

if TYPE_CHECKING:
    from elc.registry import Context

_ENVIRONMENT = click.option(
    "--env", "environment", required=True, metavar="NAME", help="An environment in params.yaml."
)
_AS_JSON = click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
_NO_PUSH = click.option(
    "--no-push",
    "is_kept",
    is_flag=True,
    help="Keep the tag in this clone. Default: push it to the Git remote, as registry in params.yaml says.",
)
_REASON = click.option("--reason", required=True, help="The reason, which is recorded with who and when.")


def _read_context(*, is_kept: bool) -> Context:
    from elc import registry

    context = registry.read_context(find_project())
    return context.keep() if is_kept else context


@click.command(epilog="Example: elc register fjord --bump minor")
@click.argument("plant")
@click.option(
    "--bump",
    type=click.Choice(["major", "minor", "patch"]),
    default="minor",
    show_default=True,
    help="Which number to raise; the first version is v1.0.0.",
)
@_NO_PUSH
def register(plant: str, bump: Any, is_kept: bool) -> None:
    """Register the last commit's package as the next version. It is pending until someone approves it.

    The tag is pushed to the Git remote, and the package to DVC's default remote, where there are any.
    """
    from elc import registry

    context = _read_context(is_kept=is_kept)
    tag = registry.register(context, plant, bump=bump)
    click.echo(f"registered: {tag}, {registry.describe_target(context, tag)}")
    following = (
        "compare" if context.line(plant).versions else "approve"
    )  # there is nothing to compare a first version with
    click.echo(
        f"package: {registry.describe_storage(context.project.root)}. Next: elc {following} {tag.replace('@', ' ')}"
    )


@click.command(epilog="Example: elc approve fjord v1.2.0 --reason 'better at part load'")
@click.argument("plant")
@click.argument("version")
@_REASON
@_NO_PUSH
def approve(plant: str, version: str, reason: str, is_kept: bool) -> None:
    """Approve a version. Environments that require approval then accept it. The tag is pushed to the Git remote."""
    from elc import registry

    context = _read_context(is_kept=is_kept)
    tag = registry.decide(context, plant, version, "approved", reason=reason)
    click.echo(f"approved: {plant} {version}, by tag {tag}, {registry.describe_target(context, tag)}")


@click.command(epilog="Example: elc reject fjord v1.2.0 --reason 'learnt from a faulty meter'")
@click.argument("plant")
@click.argument("version")
@_REASON
@_NO_PUSH
def reject(plant: str, version: str, reason: str, is_kept: bool) -> None:
    """Reject a version. If it is in use, the version to go back to is named. The tag is pushed to the Git remote."""
    from elc import registry

    context = _read_context(is_kept=is_kept)
    tag = registry.decide(context, plant, version, "rejected", reason=reason)
    click.echo(f"rejected: {plant} {version}, by tag {tag}, {registry.describe_target(context, tag)}")
    for name in registry.find_uses(context, context.line(plant).find_version(version)):
        back = registry.find_fallback(context, plant, name, without=version)
        advice = (
            f"go back: elc rollback {plant} --env {name} --to {back}"
            if back
            else "no earlier version is still approved"
        )
        click.echo(f"{name} still has it; {advice}")


@click.command(epilog="Example: elc compare fjord v1.2.0")
@click.argument("plant")
@click.argument("version", default="")
@click.option(
    "--env",
    "environment",
    default="",
    metavar="NAME",
    help="Compare with the version in use there. Default: the highest that has a version.",
)
def compare(plant: str, version: str, environment: str) -> None:
    """Compare a version or the candidate with the one in use. Both are judged on the same test hours; the comparison is
    also a page of the site."""
    from elc.cli.compare import render_comparison
    from elc.compare import read_comparison
    from elc.runner import run_stage

    project = find_project()
    page = run_stage(project, "compare", plant, {"version": version, "environment": environment})
    click.echo(render_comparison(read_comparison(project.operation("compare", plant))))
    click.echo(f"\nThe page: {page.relative_to(project.root)}; elc render adds it to the site.")


@click.command(epilog="Example: elc promote fjord v1.2.0 --env test")
@click.argument("plant", required=False)
@click.argument("version", required=False)
@_ENVIRONMENT
@click.option(
    "--all",
    "is_all",
    is_flag=True,
    help="Promote every plant of the environment to the version that is due, wave by wave.",
)
@_NO_PUSH
def promote(plant: str | None, version: str | None, environment: str, is_all: bool, is_kept: bool) -> None:
    """Test a version and promote it to an environment. This is recorded as a tag, which is pushed to the Git remote."""
    from elc import registry

    if is_all == bool(plant) or bool(plant) != bool(version):
        raise click.UsageError("name a plant and a version, or give --all.")
    context = _read_context(is_kept=is_kept)
    if plant and version:
        tag = registry.promote(context, plant, version, environment)
        click.echo(f"promoted: {plant} {version} to {environment}, by tag {tag}. Next: elc deploy --env {environment}")
        click.echo(f"tag {tag}: {registry.describe_target(context, tag)}")
        return
    moves = []
    for move in registry.promote_all(context, environment):
        click.echo(f"{move.state}: {move.plant} {move.version}: {move.text}")
        moves.append(move)
    tags = [move.text for move in moves if move.state == "promoted"]
    if tags:
        click.echo(f"{'tag' if len(tags) == 1 else 'tags'}: {registry.describe_target(context, *tags)}")
    if all(move.state == "passed over" for move in moves):
        click.echo(f"nothing to promote: {environment} already has the versions that are due")
    if any(move.state == "failed" for move in moves):
        sys.exit(1)


@click.command(epilog="Example: elc rollback fjord --env prod --to v1.1.0")
@click.argument("plant")
@_ENVIRONMENT
@click.option("--to", metavar="VERSION", help="Default: the last earlier version that is still approved.")
@click.option("--reason", default="", help="The reason, which is recorded.")
@_NO_PUSH
def rollback(plant: str, environment: str, to: str | None, reason: str, is_kept: bool) -> None:
    """Go back to an earlier version. It is also deployed here if this environment is deployed here.

    The tag is pushed to the Git remote.
    """
    from elc import registry

    context = _read_context(is_kept=is_kept)
    project = context.project
    version = registry.check_rollback(context, plant, environment, to)
    tag = registry.assign(context, version, environment, reason=reason or "rollback")
    where = registry.describe_target(context, tag)
    click.echo(f"rolled back: {plant} to {version.version} in {environment}, by tag {tag}, {where}")
    if project.deployed(environment, plant).is_dir():
        click.echo(registry.deploy_plant(registry.read_context(project), plant, environment))


@click.command(epilog="Example: elc deploy --env prod")
@_ENVIRONMENT
@click.option("--plant", "plants", multiple=True, help="Default: every plant of the environment.")
def deploy(environment: str, plants: tuple[str, ...]) -> None:
    """Deploy the assigned packages to deployed/ENV. Each is verified, and copied whole or not at all."""
    from elc import registry

    context = registry.read_context(find_project())
    registry.check_fetched(context)
    is_failed = False
    for line, is_fault in registry.deploy_all(context, environment, plants):
        click.echo(line, err=is_fault)
        is_failed |= is_fault
    if is_failed:
        sys.exit(1)


@click.command(epilog="Example: elc models fjord --at 2026-05-01")
@click.argument("plant", required=False)
@click.option("--at", "day", metavar="DAY", help="Show what each environment held on a day.")
@_AS_JSON
def models(plant: str | None, day: str | None, is_json: bool) -> None:
    """Show which version runs where, or a plant's history."""
    from elc import registry
    from elc.cli.models import build_content, render_at, render_fleet, render_history

    context = registry.read_context(find_project())
    registry.check_fetched(context)
    if plant is None and day:
        raise click.UsageError("--at needs a plant.")
    local = registry.find_local(context, is_thorough=False)
    context = registry.recall(context, plant) if plant else context
    if is_json:
        content = build_content(context, plant, day) | {"local": list(local.tags)}
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
        return
    if plant is None:
        click.echo(render_fleet(context))
    else:
        click.echo(render_at(context, plant, day) if day else render_history(context, plant))
    if local.tags:
        click.echo(registry.describe_local(local))


@click.command(epilog="Example: elc seal eve@example.org")
@click.argument("principal")
def seal(principal: str) -> None:
    """End the key of somebody who leaves. Commits its end date, and seals what was signed until then."""
    from elc import registry
    from elc.registry.seal import seal as end_key

    context = registry.read_context(find_project())
    registry.check_fetched(context)
    click.echo(f"{end_key(context, principal)}. Next: have it reviewed, then push it.")


@click.command(epilog="Example: elc audit --json")
@_AS_JSON
@click.option("--deep", "is_deep", is_flag=True, help="Also fetch every package in use, to check that it is available.")
def audit(is_json: bool, is_deep: bool) -> None:
    """Check the whole history against every rule. Exits with 1 if a rule is broken."""
    from elc import registry
    from elc.cli.audit import build_content, render_audit
    from elc.registry.audit import audit as find_problems

    context = registry.read_context(find_project())
    registry.check_fetched(context)
    problems = find_problems(context, is_deep=is_deep)
    local = registry.find_local(context, is_thorough=True)
    if is_json:
        content = build_content(context, problems) | {"local": list(local.tags)}
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(filter(None, [render_audit(context, problems), registry.describe_local(local)])))
    if problems:
        sys.exit(1)


COMMANDS = (register, compare, approve, reject, promote, rollback, deploy, models, audit, seal, gc)

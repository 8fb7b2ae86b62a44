"""The command that retires a plant: its tag, what goes, and what stays."""

from __future__ import annotations

import click

from elc.paths import find_project


@click.command(epilog="Example: elc plant retire escalante --reason 'shut down in 2026'")
@click.argument("name")
@click.option("--reason", required=True, help="The reason, which is recorded with who and when.")
@click.option(
    "--no-push", "is_kept", is_flag=True, help="Keep the tag in this clone. Default: push it to the Git remote."
)
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def retire(name: str, reason: str, is_kept: bool, is_sure: bool) -> None:
    """Retire a plant that is gone: no environment holds it any more, and its versions and decisions stay to be read.

    A tag says so, which is pushed to the Git remote. Its settings and what DVC makes of it are removed; the log of
    advice, answers and other files of this machine alone stay.
    """
    from elc import registry
    from elc.plants import find_remains, retire_plant

    project = find_project()
    context = registry.read_context(project)
    context = context.keep() if is_kept else context
    remains = find_remains(project, name)
    own = remains.find_own(project)
    for what in (*remains.keys, *(str(path.relative_to(project.root)) for path in remains.paths if path not in own)):
        click.echo(what)
    if not is_sure:
        click.confirm(f"Retire plant {name}, and remove these?", abort=True)
    tag = retire_plant(context, remains, reason=reason)
    where = f" by tag {tag}, {registry.describe_target(context, tag)}" if tag else ""
    click.echo(f"plant {name} is retired{where}")
    if own:
        click.echo(f"These stay: {', '.join(str(path.relative_to(project.root)) for path in own)}")
    click.echo(
        f"elc models {name} shows its history. Next: git add --all, git commit, dvc repro render; where it is "
        "deployed: git pull, elc deploy"
    )

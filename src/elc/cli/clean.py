"""The command that makes room where DVC keeps packages."""

from __future__ import annotations

import click

from elc.paths import find_project


@click.command(epilog="Example: elc gc --dry")
@click.option(
    "--remote", metavar="NAME", help="Also clean this remote of DVC, which others use, too. Default: the cache alone."
)
@click.option("--dry", "is_dry", is_flag=True, help="Count what would be removed, and remove nothing.")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def gc(remote: str | None, is_dry: bool, is_sure: bool) -> None:
    """Remove what DVC keeps and nothing needs. The package of every registered version is kept.

    The cache keeps what the workspace, every branch and every tag of this clone name; a remote keeps what any of its
    commits names.
    """
    from elc import registry

    context = registry.read_context(find_project())
    if not (is_dry or is_sure):
        others = f" and from DVC remote {remote}, also what others pushed there and did not commit" if remote else ""
        click.confirm(f"Remove what nothing needs from the cache{others}?", abort=True)
    for line in registry.clean(context, remote=remote, is_dry=is_dry):
        click.echo(line)

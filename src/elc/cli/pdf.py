"""`elc pdf`: a page of a plant on paper."""

from __future__ import annotations

from pathlib import Path

import click

from elc.paths import find_project


@click.command(epilog="Example: elc pdf fjord --page monitor")
@click.argument("plant")
@click.option("--page", default="monitor", show_default=True, help="The page: a stage whose notebook has run.")
@click.option("--to", "path", type=click.Path(path_type=Path), help="The file. Default: beside the notebook.")
@click.option(
    "--engine", type=click.Choice(["auto", "quarto", "pandoc"]), help="Default: render.engine in params.yaml."
)
@click.option(
    "--env", "environment", default="", metavar="NAME", help="The page of this environment. Default: of the candidate."
)
def pdf(plant: str, page: str, path: Path | None, engine: str | None, environment: str) -> None:
    """Write a page of a plant as PDF. Prints its path."""
    from elc.registry import choose_operated
    from elc.render import write_pdf
    from elc.settings import read_settings

    project = find_project()
    if environment:
        project = choose_operated(project, environment, where="pdf")
    chosen = engine or read_settings(project).render.engine
    written = write_pdf(project, plant, page, engine=chosen, path=path)  # type: ignore[arg-type]
    click.echo(written.relative_to(project.root) if written.is_relative_to(project.root) else written)

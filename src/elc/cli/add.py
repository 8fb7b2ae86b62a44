"""Add plants to the project: one, one like another, or many from a table."""

from __future__ import annotations

from pathlib import Path

import click

from elc.paths import find_project

_FILE = click.Path(path_type=Path)


@click.command(epilog="Example: elc plant add escalante --from data_small.csv --tags examples/escalante/tags.csv")
@click.argument("plant", default="")
@click.option("--from", "export", type=_FILE, help="The export: a file or a folder.")
@click.option("--tags", type=_FILE, help="The tag list (CSV). Default: that of the plant that --like names.")
@click.option(
    "--entry",
    type=_FILE,
    help="The entry for params.yaml. Default: that of the plant that --like names, or plant.yaml beside the tag list.",
)
@click.option("--like", default="", metavar="PLANT", help="A plant whose region, settings and tag list this one takes.")
@click.option("--region", default="", help="Its region in params.yaml.")
@click.option("--name", default="", help="Its name on pages. Default: from its id.")
@click.option("--prefix", default="", metavar="OLD=NEW", help="What tags begin with: those of --like, and its own.")
@click.option("--table", type=_FILE, help="Many plants: a CSV with a column id and one for each option above.")
def add(plant: str, export: Path | None, table: Path | None, **given: Path | str | None) -> None:
    """Add a plant to the project. Its entry goes to params.yaml, its tag list to data/plants, its export to DVC.

    With --table, all plants of the table are added, or none.
    """
    from elc.plants import Wish, add_wishes, read_table

    if table and (plant or export or any(given.values())):
        raise click.UsageError("--table takes no plant and no other option: its columns say them.")
    if table is None and not (plant and export):
        raise click.UsageError("Name the plant and its export (--from), or a table (--table).")
    if table is None and not (given["tags"] or given["like"]):
        raise click.UsageError("Missing option --tags or --like: where the tag list comes from.")
    wishes = read_table(table) if table else [Wish(plant, export, **given)]  # type: ignore[arg-type]
    add_wishes(find_project(), wishes, f"table {table}")
    if table:
        click.echo(f"{len(wishes)} plants are added: {', '.join(wish.plant for wish in wishes)}. Next: elc repro")
        files, made = "data/plants data/raw", "dvc.lock reports/metrics reports/plots"
    else:
        click.echo(f"plant {plant} is added. Next: dvc repro monitor@{plant} render")
        files = f"data/plants/{plant} data/raw/{plant}.dvc"
        made = f"dvc.lock reports/metrics/{plant}.json reports/plots/{plant}"
    likes = sorted({wish.like for wish in wishes if wish.like})
    if likes:
        click.echo(
            f"Not taken from {', '.join(likes)}: note, turnarounds, events and baseline. Declare those of the new "
            "plants in params.yaml."
        )
    click.echo(
        f"Git does not add new files by itself: git add params.yaml dvc.yaml {files}, and after the run git add {made}"
    )

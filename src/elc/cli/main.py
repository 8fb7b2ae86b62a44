"""The commands, each a thin call. Their modules are imported when a command runs, so that help is quick."""

from __future__ import annotations

import json
import os
import shlex
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import yaml

from elc import __version__
from elc.cli.add import add
from elc.cli.alerts import alerts
from elc.cli.backup import backup, restore
from elc.cli.code import code, why
from elc.cli.export import export
from elc.cli.fetch import fetch
from elc.cli.hourly import hourly
from elc.cli.keys import keys
from elc.cli.listen import listen
from elc.cli.live import live
from elc.cli.pdf import pdf
from elc.cli.projects import new, upgrade
from elc.cli.publish import publish
from elc.cli.registry import COMMANDS
from elc.cli.report import report
from elc.cli.repro import repro
from elc.cli.retire import retire
from elc.cli.retrain import retrain_needed
from elc.cli.serve import serve, swaps
from elc.errors import ElcError
from elc.extras import build_missing
from elc.paths import find_project

ONE_THREAD = ("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Commands(click.Group):
    """A group of commands that prints an ElcError as a sentence, without a traceback."""

    def invoke(self, context: click.Context) -> Any:
        # Linear algebra sums in one order then, however many cores there are; numpy reads this when it is imported.
        os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
        try:
            return self._invoke(context)
        except ElcError as error:
            click.echo(f"elc: {error}", err=True)
            sys.exit(1)

    def _invoke(self, context: click.Context) -> Any:
        """Run a command; if a package is not installed, name the extra that installs it."""
        try:
            return super().invoke(context)
        except ModuleNotFoundError as error:
            command = context.invoked_subcommand or ""
            raise build_missing(error, where=command, command=command) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="elc")
def main() -> None:
    """Energy load curves: the least energy a plant has shown it can run on, and the gap to it."""


@main.command(epilog="Example: elc simulate fjord --until now")
@click.argument("plant")
@click.option(
    "--until",
    metavar="TIME",
    help="Continue from the end of the export to now, or to a time in UTC, as day files in data/live. Nothing else "
    "changes.",
)
def simulate(plant: str, until: str | None) -> None:
    """Simulate a demo plant's historian export. It is written to data/raw, its truth to data/truth."""
    from elc import simulate

    project = find_project()
    if until is None:
        simulate.simulate_plant(project, plant)
    else:
        moment = simulate.read_until(until)
        written = simulate.write_live(project, plant, moment)
        click.echo(f"{project.live(plant)}: readings up to {moment:%Y-%m-%d %H:%M} UTC, {len(written)} files written")


@main.command(epilog="Example: elc run monitor fjord")
@click.argument("stage")
@click.argument("plant")
@click.option("-p", "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A notebook parameter.")
@click.option(
    "--env",
    "environment",
    metavar="NAME",
    help="For ingest, monitor, explain and advise: use the version deployed there. Default: the candidate.",
)
def run(stage: str, plant: str, parameters: tuple[str, ...], environment: str | None) -> None:
    """Run a stage's notebook for a plant. The result is under reports/PLANT. DVC calls this."""
    from elc.runner import run_stage

    values = _read_parameters(parameters) | ({} if environment is None else {"environment": environment})
    project = find_project()
    path = run_stage(project, stage, plant, values)
    click.echo(f"{stage} {plant}: {path.relative_to(project.root)}")


def _read_parameters(texts: tuple[str, ...]) -> dict[str, Any]:
    """Read NAME=VALUE; a value is read as YAML, so 007 in quotes stays text."""
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ElcError(f"parameter {text}: expected NAME=VALUE.")
        try:
            values[name] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise ElcError(f"parameter {text}: its value cannot be read as YAML; put text in quotes.") from None
    return values


@main.command(epilog="Example: elc render --engine pandoc")
@click.option(
    "--engine", type=click.Choice(["auto", "quarto", "pandoc"]), help="Default: render.engine in params.yaml."
)
@click.option(
    "--env", "environment", default="", metavar="NAME", help="The site of this environment. Default: of the candidates."
)
def render(engine: str | None, environment: str) -> None:
    """Render the executed notebooks of all plants to a site. Prints its path."""
    from elc.registry import choose_operated
    from elc.render import render_site
    from elc.settings import read_settings

    project = find_project()
    if environment:
        project = choose_operated(project, environment, where="render")
    used = render_site(project, engine or read_settings(project).render.engine)  # type: ignore[arg-type]
    click.echo(f"site, made by {used}: {(project.site / 'index.html').relative_to(project.root)}")


@main.group()
def plant() -> None:
    """Draft, check, add, rename, retire and remove plants."""


@plant.command(epilog="Example: elc plant draft mill --from history.xlsx")
@click.argument("name")
@click.option("--from", "export", type=click.Path(path_type=Path), help="The export: a file or a folder.")
@click.option(
    "--from-source", "source", type=click.Path(path_type=Path), help="A YAML file with the sources, instead of one."
)
@click.option("--pattern", default="*", help="Which tags of the sources, with * and ?. Default: all.")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="The first day of their readings. Default: 14 days ago."
)
@click.option("--to", "folder", type=click.Path(path_type=Path), help="Folder for the draft. Default: the name.")
def draft(
    name: str, export: Path | None, source: Path | None, pattern: str, since: datetime | None, folder: Path | None
) -> None:
    """Draft a tag list and an entry from an export, or from what sources have. Units are theirs; roles and limits are
    guesses."""
    from elc.plants import draft_from_source, draft_plant

    if (export is None) == (source is None):
        raise click.UsageError("give either --from or --from-source.")
    folder = folder or Path(name)
    if source is not None:
        begin = since.replace(tzinfo=UTC) if since else datetime.now(UTC) - timedelta(days=14)
        export = folder / "export"
        made = draft_from_source(find_project(), name, source, folder, pattern=pattern, since=begin)
    elif export is not None:
        made = draft_plant(find_project(), name, export, folder)
    used = [guess for guess in made.guesses if guess.role != "ignore"]
    for guess in used:
        click.echo(f"{guess.role}: {guess.tag}, {guess.unit} ({guess.why})")
    click.echo(f"{made.tags}: {len(used)} tags, and {len(made.guesses) - len(used)} to ignore, all guesses.")
    others = [guess.tag for guess in made.guesses if guess.role == "ignore" and guess.column.endswith("_gj_per_h")]
    if others:
        click.echo(f"Energies left out because they may be part of others: {', '.join(others)}.")
    lacking = [role for role in ("energy", "throughput") if role not in {guess.role for guess in used}]
    if lacking:
        click.echo(f"No {' and no '.join(lacking)} could be identified: add it, with its unit, before you check.")
    kept = "site, battery limit, prices and CO2 are left for you to write" if made.is_new else "existed, and was used"
    click.echo(f"{made.entry}: {kept}.")
    click.echo(f"Next: elc plant check {name} --from {shlex.quote(str(export))} --tags {shlex.quote(str(made.tags))}")


@plant.command(epilog="Example: elc plant remove escalante")
@click.argument("name")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def remove(name: str, is_sure: bool) -> None:
    """Remove a plant and everything made from it. Its registered versions stay in Git."""
    from elc.plants import find_remains, remove_plant

    project = find_project()
    remains = find_remains(project, name)
    for what in (*remains.keys, *(str(path.relative_to(project.root)) for path in remains.paths)):
        click.echo(what)
    own = [str(path.relative_to(project.root)) for path in remains.find_own(project)]
    if own:
        click.echo(f"Neither Git nor DVC has these files; copy those that you want to keep: {', '.join(own)}")
    if not is_sure:
        click.confirm(f"Remove plant {name}?", abort=True)
    remove_plant(project, remains)
    kept = f" Its versions stay in the registry: {', '.join(remains.versions)}." if remains.versions else ""
    click.echo(f"plant {name} is removed.{kept} Next: git add --all, git commit, dvc repro render")


@plant.command(epilog="Example: elc plant rename escalante mill")
@click.argument("name")
@click.argument("new")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def rename(name: str, new: str, is_sure: bool) -> None:
    """Give a plant another id. Its settings and readings move; what was made from them is removed, to be made again.

    Registered versions stay in Git under the former id, which the log of advice and answers still names.
    """
    from elc.plants import find_moves, find_remains, rename_plant

    project = find_project()
    remains = find_remains(project, name)
    moves = find_moves(project, name, new)
    for path, to in moves.items():
        click.echo(f"{path.relative_to(project.root)} -> {to.relative_to(project.root)}")
    own = [str(path.relative_to(project.root)) for path in remains.find_own(project) if path not in moves]
    if own:
        click.echo(
            "These files are removed, and neither Git nor DVC has them; copy those that you want to keep: "
            f"{', '.join(own)}"
        )
    if not is_sure:
        click.confirm(f"Rename plant {name} to {new}?", abort=True)
    rename_plant(project, remains, new)
    kept = f" Its versions stay in the registry as {name}: {', '.join(remains.versions)}." if remains.versions else ""
    click.echo(f"plant {name} is {new} now.{kept} Next: git add --all, git commit, dvc repro monitor@{new} render")


@plant.command("list", epilog="Example: elc plant list --json")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
def list_plants(is_json: bool) -> None:
    """List the plants in params.yaml."""
    from elc.settings import read_settings

    names = list(read_settings(find_project()).plants)
    click.echo(json.dumps(names) if is_json else "\n".join(names))


@plant.command(epilog="Example: elc plant check fjord")
@click.argument("name")
@click.option("--from", "export", type=click.Path(path_type=Path), help="The export of a plant that is not added yet.")
@click.option("--tags", type=click.Path(path_type=Path), help="Its tag list (CSV).")
@click.option(
    "--entry",
    type=click.Path(path_type=Path),
    help="Its entry for params.yaml. Default: plant.yaml beside the tag list.",
)
def check(name: str, export: Path | None, tags: Path | None, entry: Path | None) -> None:
    """Check an export against its tag list. Lists what is missing to build a curve; exits with 1 if none can be
    built."""
    from elc.cli.check import Brought, check_plant
    from elc.cli.check.page import render_page

    brought = Brought(export, tags, entry or tags.parent / "plant.yaml") if export and tags else None
    if brought is None and (export or tags or entry):
        raise click.UsageError("--from and --tags go together; --entry goes with them.")
    result = check_plant(find_project(), name, brought)
    click.echo(render_page(result))
    if result.readiness.missing:
        sys.exit(1)


plant.add_command(add)
plant.add_command(retire)
_OPERATION = (hourly, publish, alerts, report, retrain_needed, backup, restore)
_PROJECT = (new, upgrade, code, why, repro, pdf, export)
for _command in (*_PROJECT, serve, swaps, keys, listen, fetch, live, *_OPERATION, *COMMANDS):
    main.add_command(_command)

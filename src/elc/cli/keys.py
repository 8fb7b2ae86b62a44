"""The command `elc keys`: who may use the service. A key is shown once, and stored nowhere."""

from __future__ import annotations

import getpass
import json
import os
import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from elc.errors import check_known
from elc.paths import Project, find_project

WIDTH = 120
ALL = "all"


@click.group()
def keys() -> None:
    """Manage the keys of the service's clients. A running service applies a change within 2 s."""


@keys.command("list", epilog="Example: elc keys list --json")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
def list_keys(is_json: bool) -> None:
    """List the clients. Shows their plants, their rights, and how long their keys are valid."""
    from elc.service.guard import find_keys, read_book

    path = find_keys(find_project())
    book = read_book(path)
    rows = [] if book is None else [_describe(name, client) for name, client in book.clients.items()]
    click.echo(json.dumps(rows, indent=2) if is_json else "\n".join(_render(rows, is_found=book is not None)))


def _describe(name: str, client: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "client": name,
        "plants": client.plants,
        "rights": client.rights,
        "keys": [
            {
                "id": key.id,
                "made": key.made.isoformat(timespec="minutes"),
                "until": None if key.until is None else key.until.isoformat(timespec="minutes"),
                "is_valid": key.until is None or key.until > now,
            }
            for key in client.keys
        ],
    }


def _render(rows: Sequence[dict[str, Any]], *, is_found: bool) -> Iterator[str]:
    if not rows:
        yield (
            "No client has a key, so every request is refused."
            if is_found
            else "There are no keys: only this machine may send requests."
        )
    for row in rows:
        held = ", ".join(_render_key(key) for key in row["keys"])
        text = f"{row['client']}  plants: {', '.join(row['plants'])}  rights: {', '.join(row['rights'])}  keys: {held}"
        yield from textwrap.wrap(text, WIDTH, subsequent_indent="    ", break_on_hyphens=False)


def _render_key(key: dict[str, Any]) -> str:
    if key["until"] is None:
        return f"elc_{key['id']}_… of {key['made']}"
    return f"elc_{key['id']}_… {'until' if key['is_valid'] else 'expired'} {key['until']}"


@keys.command(epilog="Example: elc keys add control-room --plant fjord --right read --right acknowledge")
@click.argument("name")
@click.option(
    "--plant", "plants", multiple=True, metavar="PLANT", help="A plant that the client may see; can be repeated."
)
@click.option("--all-plants", "is_all", is_flag=True, help="All plants, including those added later.")
@click.option(
    "--right",
    "rights",
    multiple=True,
    required=True,
    type=click.Choice(["read", "acknowledge"]),
    help="What the client may do; acknowledge: answer advice.",
)
def add(name: str, plants: tuple[str, ...], is_all: bool, rights: tuple[str, ...]) -> None:
    """Add a client, and show its key once."""
    from elc.service.guard import add_client, find_keys

    if is_all == bool(plants):
        raise click.UsageError("Give --plant (once or more) or --all-plants.")
    project = find_project()
    _check_plants(project, plants)
    path = find_keys(project)
    key = add_client(path, name, plants=[ALL] if is_all else plants, rights=rights, now=datetime.now(UTC))
    _audit(project, f"keys add {name}")
    _show(name, key)


def _check_plants(project: Project, plants: Sequence[str]) -> None:
    from elc.settings import read_settings

    valid = list(read_settings(project).plants)
    for plant in plants:
        check_known("plant", plant, valid)


@keys.command(epilog="Example: elc keys rotate control-room --keep-hours 24")
@click.argument("name")
@click.option(
    "--keep-hours",
    type=click.FloatRange(min=0, max=24 * 365),
    default=24.0,
    show_default=True,
    help="How long the former key stays valid; 0: it ends at once.",
)
def rotate(name: str, keep_hours: float) -> None:
    """Give a client a new key, and show it once. The former key stays valid for a while."""
    from elc.service.guard import find_keys, rotate_key

    project = find_project()
    key = rotate_key(find_keys(project), name, keep=timedelta(hours=keep_hours), now=datetime.now(UTC))
    _audit(project, f"keys rotate {name}")
    _show(name, key)
    click.echo(
        f"The former key stays valid for another {keep_hours:g} h."
        if keep_hours
        else "The former key is no longer valid.",
        err=True,
    )


@keys.command(epilog="Example: elc keys remove control-room")
@click.argument("name")
def remove(name: str) -> None:
    """Remove a client with all its keys and sessions."""
    from elc.service.guard import find_keys, remove_client

    project = find_project()
    path = find_keys(project)
    left = remove_client(path, name)
    _audit(project, f"keys remove {name}")
    click.echo(f"client {name} is removed.")
    if not left:
        click.echo(
            f"No client has a key now, so every request is refused. To allow requests without keys, remove {path}.",
            err=True,
        )


def _audit(project: Project, what: str) -> None:
    import logging

    from elc.service.guard import AuditFile, find_audit

    AuditFile(find_audit(project), logging.getLogger(__name__)).write(
        f"user {_name_user()}", None, what, plant=None, status=None
    )


def _name_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        return str(os.getuid())


def _show(name: str, key: str) -> None:
    """Print only the key to standard output, so that a program can read it, and notes about it to standard error."""
    click.echo(key)
    click.echo(
        f"This is the key of {name}. It is shown only once and stored nowhere; keep it like a password.", err=True
    )

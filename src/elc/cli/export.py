"""The commands `elc export`."""

from __future__ import annotations

from pathlib import Path

import click

from elc.paths import find_project


@click.group()
def export() -> None:
    """Export registered versions to other registries."""


@export.command(epilog="Example: elc export mlflow fjord v1.1.0 --to build/fjord-v1.1.0")
@click.argument("plant")
@click.argument("version")
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path, resolve_path=True),
    help="The folder to write: a new or empty one.",
)
def mlflow(plant: str, version: str, target: Path) -> None:
    """Export a version as a model of MLflow. It scores with ONNX Runtime and does not need elc."""
    from elc import registry
    from elc.export import check_target, write_mlflow

    project = find_project()
    check_target(target)
    used = registry.open_version(project, plant, version)
    registered = registry.read_context(project).line(plant).find_version(version).registered
    write_mlflow(used.folder, target, plant=plant, version=version, sha256=used.sha256, registered_s=registered.time)
    click.echo(f"exported: {plant} {version} to {target}. Next: mlflow models serve --model-uri {target}")

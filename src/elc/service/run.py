"""Run the service: one process, or several under uvicorn's supervisor, which starts a worker again that died."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from elc.errors import ElcError
from elc.paths import CANDIDATE, Project
from elc.registry import choose_operated
from elc.service.app import build_app
from elc.service.counts import share_counts, take_pages
from elc.service.guard import Guard, build_routes, build_uvicorn_options, check_start, open_access
from elc.service.logs import LOGGER, configure_logs
from elc.service.page import build_routes as build_page
from elc.settings import ServeSettings, Settings, read_settings

# How workers, which are processes of their own, learn what was asked for.
ASKED = "ELC_SERVE"
SWITCH_S = 0.0001  # a thread that loads a version lets requests through after so long, not after 5 ms
LOG = logging.getLogger(LOGGER)


def run_service(project: Project, environment: str, *, changes: Mapping[str, Any]) -> None:
    """Serve until a signal ends it; requests under way are answered first.

    Args:
        project: whose versions are served.
        environment: whose; an empty one is the highest that has a version as it starts, or that of the candidates.
        changes: keys of `serve` that are others than in params.yaml.

    Raises:
        ElcError: the environment is unknown, or the service may not start as it is set.
    """
    configure_logs()
    settings = _read_settings(project, changes)
    operated = choose_operated(project, environment, where="serve").environment
    access = open_access(project, settings.serve, log=LOG)
    check_start(settings.serve, access.keys, project, log=LOG)
    os.environ[ASKED] = json.dumps({"root": str(project.root), "environment": operated, "changes": dict(changes)})
    with share_counts(workers=settings.serve.workers):
        _run(settings.serve, project)


def _run(serve: ServeSettings, project: Project) -> None:
    options = build_uvicorn_options(serve, project)
    config = uvicorn.Config("elc.service.run:create", factory=True, workers=serve.workers, **options)
    server = uvicorn.Server(config)
    if serve.workers == 1:
        server.run()
    else:
        socket = config.bind_socket()
        try:
            Multiprocess(config, sockets=[socket]).run()
        finally:
            socket.close()
    if not server.started and serve.workers == 1:
        raise ElcError(f"serve: it did not start on {serve.host} port {serve.port}; see the lines above.")


def create() -> ASGIApp:
    """Create the whole application in a worker: routes, operator page, guard."""
    configure_logs()
    sys.setswitchinterval(SWITCH_S)
    take_pages(LOG)
    options = json.loads(os.environ[ASKED])
    project = Project(Path(options["root"]))
    settings = _read_settings(project, options["changes"])
    access = open_access(project, settings.serve, log=LOG)
    environment = options["environment"]
    plants = list(settings.plants)
    page = build_page(project.operate(environment), plants=lambda: plants, environment=environment, settings=settings)
    of_version = "" if environment == CANDIDATE else environment
    app = build_app(project, settings, environment=of_version, others=[*build_routes(access), *page])
    access.audit.tell_fault = partial(app.state.measures.count_fault, "audit")
    return Guard(app, access=access, log=LOG, count=app.state.measures.count_refusal)


def _read_settings(project: Project, changes: Mapping[str, Any]) -> Settings:
    """Read params.yaml with some keys of `serve` changed."""
    settings = read_settings(project)
    serve = ServeSettings.model_validate(settings.serve.model_dump() | dict(changes))
    return settings.model_copy(update={"serve": serve})

"""The routes of the page: its files, the present hour, events, and answers to advice."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from elc.pages import language
from elc.pages.language import find_languages, say
from elc.paths import Project
from elc.service.clients import ACKNOWLEDGE, NO_PLANT, check_plant, read_client
from elc.service.page.answers import keep_answer, parse_answer
from elc.service.page.feed import MAX_OF_CLIENT, Feed
from elc.service.page.now import build_disk_notes, read_now
from elc.service.page.short import shorten
from elc.service.page.shown import Shown
from elc.service.page.words import build_words
from elc.service.problems import Fault, ProblemError
from elc.settings import Settings

STATIC = Path(__file__).with_name("static")
FRESH = {"Cache-Control": "no-cache"}  # the browser asks whether it changed; the answer is short
NO_STORE = {"Cache-Control": "no-store"}


def build_routes(
    project: Project, *, plants: Callable[[], Collection[str]], environment: str, settings: Settings
) -> list[BaseRoute]:
    """Build the routes of the page.

    The application may hold `state.closing`, an asyncio.Event: when it is set, streams of events end at once.

    Args:
        project: whose files are shown.
        plants: gives the plants that are served, at any time.
        environment: that is served; empty for none.
        settings: of the project; its language is that of the page.
    """
    spoken = settings.site.language
    shown = Shown(project, lambda plant: read_now(project, plant, environment=environment, site_language=spoken))
    page = _Page(project, plants, settings, shown, Feed(shown.stamp, plants))
    return [
        Route("/", page.show),
        Route("/words.json", page.say_words),
        Route("/now", page.list_now),
        Route("/events", page.stream),
        Route("/plants/{plant}/now", page.show_now),
        Route("/plants/{plant}/answers", page.answer, methods=["POST"]),
        Mount("/static", _Static(directory=STATIC)),
    ]


class _Static(StaticFiles):
    """The files of the page; a browser asks each time whether they changed, so that a new release is seen at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(FRESH)
        return response


@dataclass(frozen=True)
class _Page:
    project: Project
    plants: Callable[[], Collection[str]]
    settings: Settings
    shown: Shown
    feed: Feed

    async def show(self, request: Request) -> Response:
        """GET /: the page without content, in the site's language."""
        prefix = request.scope.get("root_path", "")
        return Response(await asyncio.to_thread(self._build_page, prefix), media_type="text/html", headers=FRESH)

    def _build_page(self, prefix: str) -> str:
        """Build the page; without a prefix its links are relative, in case that a proxy cuts one off unsaid."""
        language.choose(self.settings.site.language)
        places = {
            "base": f"{prefix}/" if prefix else "",
            "language": self.settings.site.language,
            "title": say("Operator page"),
            "skip": say("Skip to the content"),
            "no_start": say("The page could not start. Reload it."),
            "no_script": say("This page needs JavaScript. Allow it for this address."),
        }
        text = (STATIC / "index.html").read_text(encoding="utf-8")
        for name, value in places.items():
            text = text.replace("{{" + name + "}}", html.escape(value))
        return text

    async def say_words(self, request: Request) -> Response:
        """GET /words.json: the texts of the page, in the site's language, or in the one that `language` names."""
        code, known = request.query_params.get("language", self.settings.site.language), find_languages()
        if code not in known:
            raise ProblemError(
                422, "There are no texts in that language.", [Fault("language", code[:20], " or ".join(known))]
            )
        return _answer(await asyncio.to_thread(build_words, code), FRESH)

    async def show_now(self, request: Request) -> Response:
        """GET /plants/{plant}/now: the present hour."""
        plant = self._read_plant(request)
        return _answer(await asyncio.to_thread(self._read, plant), NO_STORE)

    async def list_now(self, request: Request) -> Response:
        """GET /now: the present hour of every plant that the client may see, in short."""
        client = read_client(request)
        chosen = sorted(plant for plant in self.plants() if client.may_see(plant) and plant in self.settings.plants)
        return _answer({"plants": await asyncio.to_thread(self._read_short, chosen)}, NO_STORE)

    async def stream(self, request: Request) -> Response:
        """GET /events: which plants have changed."""
        client = read_client(request)
        if self.feed.is_full or self.feed.count(client.name) >= MAX_OF_CLIENT:
            raise ProblemError(503, "Too many pages listen already. Close some.", headers={"Retry-After": "30"})
        closing = getattr(request.app.state, "closing", None) or asyncio.Event()
        listener = await self.feed.join(client.may_see, name=client.name)
        headers = {**NO_STORE, "X-Accel-Buffering": "no"}
        return StreamingResponse(self.feed.stream(listener, closing), media_type="text/event-stream", headers=headers)

    async def answer(self, request: Request) -> Response:
        """POST /plants/{plant}/answers: what came of a move, as its operator says."""
        plant = self._read_plant(request)
        client = read_client(request)
        if ACKNOWLEDGE not in client.rights:
            raise ProblemError(403, "This key may read, and not answer to advice. Ask for one with acknowledge.")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise ProblemError(415, "The answer is expected as application/json.")
        given = parse_answer(await request.body())
        await asyncio.to_thread(keep_answer, self.project, plant, given, client=client.name)
        return _answer(await asyncio.to_thread(self._read, plant), NO_STORE, status=201)

    def _read_plant(self, request: Request) -> str:
        plant = str(request.path_params["plant"])
        check_plant(request, plant, self.plants())
        if plant not in self.settings.plants:
            raise ProblemError(404, NO_PLANT)
        return plant

    def _read(self, plant: str) -> dict[str, Any]:
        """Read what is shown of a plant, with the age of its hour."""
        content = self.shown.read(plant)
        end = content.get("hour_end")
        age = max((datetime.now(UTC) - datetime.fromisoformat(end)).total_seconds(), 0.0) if end else None
        spoken = str(content.get("language") or self.settings.site.language)
        full = build_disk_notes(self.project, plant, site_language=spoken)
        return {**content, "notes": [*content.get("notes", []), *full], "age_s": age}

    def _read_short(self, plants: list[str]) -> list[dict[str, Any]]:
        return [shorten(self._read(plant), site_language=self.settings.site.language) for plant in plants]


def _answer(content: Any, headers: dict[str, str], *, status: int = 200) -> Response:
    text = orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(text, status, headers, "application/json")

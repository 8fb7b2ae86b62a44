"""What an audit found, for a terminal of 120 columns and for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from elc.registry import Context, Problem

WIDTH = 120
INDENT = "      "
REPAIR = "    repair: "


def render_audit(context: Context, problems: Sequence[Problem]) -> str:
    """Render the problems by plant, each with the command that mends it; one line where there is none."""
    if not problems:
        return f"The registry is sound: {_sum_up(context)}."
    lines = [f"{_count(len(problems), 'problem')} in {_sum_up(context)}:"]
    for plant, group in groupby(problems, key=lambda problem: problem.plant):
        lines += ["", f"plant {plant}" if plant else "all plants"]
        for problem in group:
            lines += _render_problem(problem)
    return "\n".join(lines)


def _render_problem(problem: Problem) -> Iterator[str]:
    """Render a sentence and its repair; what a tag's text says can neither steer the terminal nor pass for a repair."""
    for number, line in enumerate(problem.sentence.splitlines()):
        yield from textwrap.wrap(
            "".join(sign if sign.isprintable() else "\ufffd" for sign in line.strip()),
            WIDTH,
            initial_indent=INDENT if number else "  - ",
            subsequent_indent=INDENT,
            break_on_hyphens=False,
            break_long_words=False,
        )
    if problem.repair:  # in one line, so that it can be copied
        yield REPAIR + problem.repair


def build_content(context: Context, problems: Sequence[Problem]) -> dict[str, Any]:
    """Build what `--json` writes: whether the registry is whole, what was looked at, and every problem."""
    return {"is_whole": not problems, **_count_all(context), "problems": [asdict(problem) for problem in problems]}


def _count_all(context: Context) -> dict[str, int]:
    lines = context.registry.lines.values()
    return {
        "versions": sum(len(line.versions) for line in lines),
        "tags": sum(len(line.events) for line in lines) + len(context.registry.broken),
        "environments": len(context.settings.environments),
    }


def _sum_up(context: Context) -> str:
    return ", ".join(_count(number, what.removesuffix("s")) for what, number in _count_all(context).items())


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("s" if number != 1 else "")

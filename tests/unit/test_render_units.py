"""A number stays with its unit in all that a page shows, and in nothing that is copied or drawn."""

from __future__ import annotations

import pytest

from elc.render.units import keep_units

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("It lost 4,000 GJ, at 13 € an hour.", f"It lost 4,000{NBSP}GJ, at 13{NBSP}€ an hour."),
        ("12 t CO₂ in 3 days", f"12{NBSP}t{NBSP}CO₂ in 3 days"),
        ("| 5 MW | 3 tonnes |", f"| 5{NBSP}MW | 3 tonnes |"),
        ("```python\nx = 5 % 3\n```", "```python\nx = 5 % 3\n```"),
        ("Run `wait 5 t`, 5 t.", f"Run `wait 5 t`, 5{NBSP}t."),
        ('```{=html}\n<p title="5 t">5 t</p>\n```', f'```{{=html}}\n<p title="5 t">5{NBSP}t</p>\n```'),
        ('```{=html}\n<svg><path d="M1 2 t"/><text>1 t</text></svg>\n```\n1 t', None),
        (
            '```{=typst}\n#bars((("Fjord", "9,000 €"),))\n```',
            f'```{{=typst}}\n#bars((("Fjord", "9,000{NBSP}€"),))\n```',
        ),
        ("1 t\n\n```text\n2 t\n```\n\n3 t", f"1{NBSP}t\n\n```text\n2 t\n```\n\n3{NBSP}t"),
        ("limit < 5 GJ, > 3 GJ", f"limit < 5{NBSP}GJ, > 3{NBSP}GJ"),
    ],
)
def test_what_stays_together(text: str, kept: str | None) -> None:
    assert keep_units(text) == (text.removesuffix("1 t") + f"1{NBSP}t" if kept is None else kept)

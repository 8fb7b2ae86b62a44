"""Many pages in one run of pandoc: none knows of the others, and one that cannot be turned stops no other."""

from __future__ import annotations

from elc.errors import ElcError
from elc.render.pandoc import Draft, convert

FIGURE = "::: {#fig-one .float}\nA\n\n:::: {.float-caption}\nSeen.\n::::\n:::\n\nSee @fig-one.\n"


def test_each_page_is_its_own() -> None:
    """Numbers begin anew, words are the page's, and what is wrong with one page is said of it alone."""
    drafts = [Draft(FIGURE, {"word-fig": word}) for word in ("Figure", "Figur")]
    broken = Draft("---\ntitle: [\n---\n", {})
    first, fault, second = convert([drafts[0], broken, drafts[1]], "html5", "page.html")
    assert isinstance(first, str)
    assert isinstance(second, str)
    assert "Figure\N{NO-BREAK SPACE}1: Seen." in first
    assert "Figur\N{NO-BREAK SPACE}1: Seen." in second
    assert isinstance(fault, ElcError)
    assert str(fault).startswith("pandoc stopped: ")
    assert "YAML" in str(fault)


def test_metadata_is_text_and_variables_are_not() -> None:
    (page,) = convert([Draft("a\tb\r\nc\n", {"page-number": "#x"}, {"site": "*A* & B"})], "typst", "page.typ")
    assert isinstance(page, str)
    assert r"\*A\* & B" in page
    assert "#x" in page
    assert "a b c" in page

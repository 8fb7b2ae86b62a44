"""How old the newest hour is, as the reader's browser sees it: nobody has to make the page anew for that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypandoc
import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import IN_CHROMIUM
from tests.conftest import ROOT

pytestmark = IN_CHROMIUM
SCRIPT = (ROOT / "reports" / "assets" / "elc.js").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("age_h", "lang", "said"),
    [
        (2.5, "en", "07:00–08:00"),
        (4.5, "en", "07:00–08:00 (4 hours ago)"),
        (161 * 24 + 1, "en", "07:00–08:00 (161 days ago)"),
        (161 * 24 + 1, "nb", "07:00–08:00 (for 161 døgn siden)"),
    ],
)
def test_a_late_hour_says_how_late(browser: Browser, tmp_path: Path, age_h: float, lang: str, said: str) -> None:
    """What the page of a plant writes, made HTML as its page is."""
    until = datetime.now(UTC) - timedelta(hours=age_h)
    text = f'[07:00–08:00]{{.hour until="{until:%Y-%m-%dT%H:%MZ}" late="3"}} · running'
    body = pypandoc.convert_text(text, "html5", format="markdown")
    page_path = tmp_path / "page.html"
    page_path.write_text(f'<html lang="{lang}"><body>{body}<script>{SCRIPT}</script></body></html>', encoding="utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(page_path.as_uri())
    assert page.inner_text("p") == f"{said} · running"
    context.close()

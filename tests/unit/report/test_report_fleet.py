"""The report of all plants: its sums are those of the plants, whatever one of them lacks, in both languages."""

from __future__ import annotations

import json
import math
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from elc import pages, settings
from elc.errors import ElcError
from elc.pages import language
from elc.paths import Project
from elc.records import parse_record
from elc.records.report import FleetReport, Report
from elc.render import write_fleet_pdf
from elc.render.reports import build_fleet_text
from elc.report import FLEET, build_fleet, write_fleet
from tests.unit.records.examples import AMOUNT, REPORT, SPAN

ROOT = Path(__file__).resolve().parents[3]
ENGLISH = re.compile(
    r"\b(the|and|of|is|its|than|which|from|hour|below|above|gap|with|was|plants?|used)\b", re.IGNORECASE
)
SAVED = {**SPAN["savings"], "avoided": AMOUNT | {"energy_gj": 5000.0}, "error": AMOUNT | {"energy_gj": 3000.0}}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    (tmp_path / "dvc.yaml").touch()
    shutil.copytree(ROOT / "reports" / "assets", tmp_path / "reports" / "assets")
    shutil.copy(ROOT / "reports" / "_quarto.yml", tmp_path / "reports")
    return Project(tmp_path)


def keep(project: Project, plant: str, **changes: Any) -> Report:
    folder = project.report(plant, "2026-05")
    folder.mkdir(parents=True)
    content = REPORT | {"plant": plant, "name": plant.title(), "remarks": [], "replaced": [], "edition": 1} | changes
    (folder / "report.json").write_text(json.dumps(content), encoding="utf-8")
    return parse_record(json.dumps(content), Report, name="report", cure="")


def lose(energy_gj: float, money: float | None, **changes: Any) -> dict[str, Any]:
    return {**SPAN, "gap": AMOUNT | {"energy_gj": energy_gj, "money": money}, **changes}


def write(project: Project, fleet: FleetReport) -> str:
    site = settings.read_settings(project)
    language.choose(site.site.language)
    chosen = {one.plant: settings.read_operation(project, one.plant, "") for one in fleet.plants}
    return build_fleet_text(fleet, chosen, site)


def test_sums_are_those_of_the_plants(project: Project) -> None:
    fjord = keep(project, "fjord", whole=lose(1000.0, 9000.0, savings=SAVED))
    delta = keep(project, "delta", whole=lose(3000.0, 4500.0, savings=SAVED))
    fleet = build_fleet(project, ["fjord", "delta", "steppe"], "2026-05")
    assert (fleet.plants, fleet.missing) == ((fjord, delta), ("steppe",))
    text = write(project, fleet)
    assert "2 plants used 4,000 GJ more than their best, at 13,500 €." in text
    used = sum(one.whole.energy_gj for one in fleet.plants)
    assert f"In May 2026 2 plants used {used:,.0f} GJ together." in text
    error = math.sqrt(2 * 3000.0**2)
    assert f"2 plants together avoided 10,000 GJ ± {error:,.0f} GJ." in text
    assert "## What energy above best cost, by plant" in text
    assert '#bars((("Fjord", "9,000 €", 1.0000), ("Delta", "4,500 €", 0.5000),))' in text
    total = next(line for line in text.splitlines() if line.startswith("| all | 4,000 |"))
    assert f"| 13,500 | – | +10,000 ± {error:,.0f} |" in total
    assert "- Without a report of this period: Steppe. No sum holds them." in text
    assert "May 2026 · 2 plants · simulated\n" in text


def test_what_one_plant_lacks_is_in_no_sum(project: Project) -> None:
    keep(project, "fjord", whole=lose(1000.0, None, savings=None), year_before=SPAN)
    keep(
        project, "delta", whole={**SPAN, "gap": None, "gap_frac": None, "sec_gj": None, "savings": None}, baseline=None
    )
    text = write(project, build_fleet(project, ["fjord", "delta"], "2026-05"))
    assert "1 plant used 1,000 GJ more than its best." in text
    assert "## Energy above best, by plant" in text  # without a price the picture is of energy
    assert '#bars((("Fjord", "1,000 GJ", 1.0000),))' in text
    assert "avoided" not in text.split("## ")[0]
    assert re.search(r"^\| all \| 1,000 \| .* \| – \| – \| – \| – \|$", text, re.MULTILINE)
    assert re.search(r"^\| Delta \| .* \| – \| – \| – \| ", text, re.MULTILINE)
    assert re.search(r"^\| all \| [\d,]+ \|  \|  \| – \|  \|  \|$", text, re.MULTILINE)  # a year before of one alone
    assert re.search(r"^\| Delta \| ammonia \| v1.2.0 in prod \| 20 Jun 2026 \| – \|$", text, re.MULTILINE)


def test_plants_below_their_best_and_none_at_all(project: Project) -> None:
    keep(project, "fjord", whole=lose(-1000.0, -9000.0))
    fleet = build_fleet(project, ["fjord"], "2026-05")
    text = write(project, fleet)
    assert "1 plant used 1,000 GJ less than its best." in text
    assert '("Fjord", "−9,000 €", -1.0000)' in text
    assert "| all |" not in text
    none = write(project, build_fleet(project, ["delta"], "2026-05"))
    assert "No plant could be judged in this period." in none
    assert "Without a report of this period: Delta." in none
    assert "##" not in none


def test_remarks_are_said_in_each_plants_unit_and_sums_in_the_sites(project: Project) -> None:
    params = (project.root / "params.yaml").read_text(encoding="utf-8")
    changed = params.replace("\n  delta:\n", "\n  delta:\n    energy_unit: MWh\n", 1)
    (project.root / "params.yaml").write_text(changed, encoding="utf-8")
    values = {"carrier": "gas", "day": "2026-05-04", "before": 10.0, "after": 12.0}
    keep(project, "delta", remarks=[{"name": "price_changed", "values": values}], energy_unit="MWh")
    text = write(project, build_fleet(project, ["delta"], "2026-05"))
    assert "- **Delta:** The price of gas changed from 36 to 43.2 EUR/MWh on 4 May 2026." in text
    assert "energy above best, GJ" in text
    assert "MWh" not in text.split(":::")[-1]


def test_the_paper_speaks_norwegian(project: Project) -> None:
    params = (project.root / "params.yaml").read_text(encoding="utf-8")
    assert "language: en" in params
    (project.root / "params.yaml").write_text(params.replace("language: en", "language: nb", 1), encoding="utf-8")
    keep(project, "fjord", whole=lose(1000.0, 9000.0, savings=SAVED), year_before=SPAN)
    keep(project, "delta", whole=lose(1000.0, 9000.0, savings=SAVED))
    text = write(project, build_fleet(project, ["fjord", "delta", "steppe"], "2026-05"))
    assert ENGLISH.findall(text.replace("```{=typst}", "").replace("in prod", "")) == []
    assert re.search(r"2 anlegg brukte 2\s000 GJ mer enn sitt beste, til 18\s000 €\.", text)


def test_the_pdf_lies_beside_the_workbook(project: Project) -> None:
    keep(project, "fjord", name='Fjord "A" #1')
    fleet = build_fleet(project, ["fjord"], "2026-05")
    folder = write_fleet(project, fleet, "GJ")
    assert folder == project.report(FLEET, "2026-05")
    written = write_fleet_pdf(project, folder, fleet)
    assert {path.name for path in folder.iterdir()} == {"plants.csv", "report.pdf", "report.xlsx"}
    first = written.read_bytes()
    assert first.startswith(b"%PDF-")
    assert write_fleet_pdf(project, folder, fleet).read_bytes() == first
    (project.root / "reports" / "_quarto.yml").write_text("project: [", encoding="utf-8")
    with pytest.raises(ElcError, match=r"the report of all plants for 2026-05 has no PDF: .*_quarto.yml"):
        write_fleet_pdf(project, folder, fleet)
    assert not written.exists()  # that of a former report


def test_words_of_all_plants_are_in_the_unit_that_was_chosen() -> None:
    language.choose_plant("MWh")
    report = parse_record(json.dumps(REPORT), Report, name="report", cure="")
    gap = AMOUNT["energy_gj"] / 3.6
    assert f"used {gap:,.0f} MWh more" in pages.report.write_sum([report], "EUR")

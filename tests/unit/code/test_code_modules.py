"""Which modules and libraries some code uses."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from elc.code.modules import CodePackage, Use
from elc.errors import ElcError

FILES = {
    "__init__.py": """
from typing import Any
__version__ = "1"
def __getattr__(name: str) -> Any:
    from kiln import door
    return getattr(door, name)
""",
    "door.py": "from kiln.heat import burn\nclass Door: ...",
    "heat/__init__.py": """
from kiln.heat.fire import burn
from kiln.heat.smoke import rise as lift
USUAL = 3
""",
    "heat/fire.py": """
import numpy as np
from kiln import errors
def burn():
    from kiln import late
    return late.ask(errors)
""",
    "heat/smoke.py": "import pandas.api\ndef rise(): ...",
    "errors.py": """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from kiln.heat import smoke
""",
    "late.py": "import importlib\nscipy = importlib.import_module('scipy.stats')\ndef ask(): ...",
}


@pytest.fixture
def package(tmp_path: Path) -> CodePackage:
    for name, text in FILES.items():
        path = tmp_path / "kiln" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return CodePackage(tmp_path / "kiln")


def find(package: CodePackage, text: str) -> tuple[set[str], set[str]]:
    uses, libraries = package.find_uses(ast.parse(text))
    found, others = package.find_modules(uses)
    return found, libraries | others


def test_a_name_of_a_package_stands_for_its_module_alone(package: CodePackage) -> None:
    for text in (
        "from kiln import heat\nheat.lift()",
        "from kiln.heat import lift",
        "from kiln.heat.smoke import rise",
    ):
        assert find(package, text) == ({"kiln.heat.smoke"}, {"pandas"})


def test_modules_are_followed_all_the_way_down(package: CodePackage) -> None:
    found, libraries = find(package, "from kiln.heat import burn\nburn()")
    assert found == {"kiln.heat.fire", "kiln.errors", "kiln.late"}
    assert {"numpy", "scipy"} <= libraries
    assert "pandas" not in libraries  # imported for types alone


def test_what_a_package_defines_itself_uses_all_that_it_imports(package: CodePackage) -> None:
    assert "kiln.heat.smoke" in find(package, "from kiln import heat\nprint(heat.USUAL)")[0]


def test_a_package_that_is_passed_on_is_used_whole(package: CodePackage) -> None:
    assert {"kiln.heat", "kiln.heat.smoke", "kiln.heat.fire"} <= find(package, "from kiln import heat\nvars(heat)")[0]


def test_what_is_imported_on_demand_counts_where_it_is_asked_for(package: CodePackage) -> None:
    assert find(package, "from kiln import __version__")[0] == {"kiln"}
    assert "kiln.door" in find(package, "from kiln import Door")[0]


def test_modules_can_be_left_out_with_what_only_they_use(package: CodePackage) -> None:
    uses, _ = package.find_uses(ast.parse("from kiln.heat import burn"))
    assert package.find_modules(uses, without=["kiln.late"])[0] == {"kiln.heat.fire", "kiln.errors"}


def test_a_name_that_is_not_there_is_an_error(package: CodePackage) -> None:
    with pytest.raises(ElcError, match=r"module kiln\.heat has no cold\. Correct the import\."):
        package.find_modules([Use("kiln.heat", "cold")])

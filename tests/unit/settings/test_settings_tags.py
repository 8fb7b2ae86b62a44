"""Tag lists: factors and offsets worked out by hand, and every fault with its line in one error."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from elc.errors import ElcError
from elc.settings import TagList, read_carriers, read_tags

ROOT = Path(__file__).resolve().parents[3]
HEADER = "tag,column,unit,factor,offset,role,carrier,low,high,description"
GAS = "FT1,gas_energy_gj_per_h,MMBtu/h,,,energy,gas,0,100,Gas"
LOAD = "FT2,load_t_per_h,t/h,,,throughput,,0,50,Load"
AIR = "TI1,air_temp_degc,degF,,,driver,,-40,50,Air"
AGE = "@turnaround,since_turnaround_days,days,,,driver,,0,,Age"
SIGNED = HEADER + ",monotone"
Read = Callable[..., TagList]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write lines as a tag list and read it."""

    def read_lines(*lines: str, header: str = HEADER, encoding: str = "utf-8") -> TagList:
        path = tmp_path / "tags.csv"
        path.write_text("\n".join([header, *lines]) + "\n", encoding=encoding)
        return read_tags(path, "fjord")

    return read_lines


@pytest.mark.parametrize("plant", ["fjord", "delta", "steppe"])
def test_lists_of_the_demo_plants_have_no_fault(plant: str) -> None:
    tags = read_tags(ROOT / "data" / "plants" / plant / "tags.csv", plant)
    assert tags.throughput == "load_t_per_h"
    assert tags.features[0] == "load_t_per_h"
    assert len(tags.columns("setpoint")) == 9
    assert tags.signs == {"load_t_per_h": 1, "since_turnaround_days": 1}


@pytest.mark.parametrize("plant", ["fjord", "delta", "steppe"])
def test_carriers_alone_are_those_of_the_list(plant: str) -> None:
    path = ROOT / "data" / "plants" / plant / "tags.csv"
    energies = {tag.column: tag.carrier for tag in read_tags(path, plant) if tag.role == "energy"}
    assert read_carriers(path, plant) == energies


def test_carriers_of_what_is_no_list_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tags.csv"
    with pytest.raises(ElcError, match=r"plant fjord: tag list .*tags.csv: not found. Write one"):
        read_carriers(path, "fjord")
    path.write_text("tag,column\nFT1,gas_energy_gj_per_h\n", encoding="utf-8")
    with pytest.raises(ElcError, match=r"column carrier is missing from its header\. Add it\."):
        read_carriers(path, "fjord")


def test_line_reads_as_a_tag(read: Read) -> None:
    tag = read(GAS, LOAD, AIR).find("gas_energy_gj_per_h")
    assert (tag.tag, tag.role, tag.carrier, tag.description) == ("FT1", "energy", "gas", "Gas")
    assert (tag.low, tag.high) == (0.0, 100.0)


@pytest.mark.parametrize(
    ("line", "reading", "expected"),
    [
        ("X,a_energy_gj_per_h,MMBtu/h,,,energy,gas,,,", 100.0, 105.5056),
        ("X,a_temp_degc,degF,,,driver,,,,", 50.0, 10.0),
        ("X,a_pressure_bar,psi,,14.696,driver,,,,", 435.304, 31.0264078),  # gauge: 450 psi x 0.0689475729
        ("X,a_energy_gj_per_h,GJ/h,19.4,,energy,gas,,,", 100.0, 1940.0),
        ("X,a_temp_degc,degF,0.1,2,driver,,,,", 480.0, 10.0),  # 480 x 0.1 + 2 = 50 degF
        ("X,a_load_t_per_h,short_ton/day,2,,driver,,,,", 1200.0, 90.718474),
        ("X,a_ratio,-,-1,3,driver,,,,", 1.0, 2.0),
    ],
)
def test_value_is_reading_by_factor_plus_offset(read: Read, line: str, reading: float, expected: float) -> None:
    tag = read(GAS, LOAD, line).tags[-1]
    assert reading * tag.factor + tag.offset == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("line", "rate_per_hour"),
    [
        ("X,a_load_t_per_h,t,,,state,,,,", 1.0),
        ("X,a_load_t_per_h,kg,,,state,,,,", 1e-3),
        ("X,a_energy_gj_per_h,Gcal,,,energy,gas,,,", 4.1868),
        ("X,a_energy_gj_per_h,MW*h,,,energy,gas,,,", 3.6),
        ("X,a_energy_gj_per_h,GJ,19.4,,energy,gas,,,", 19.4),
    ],
)
def test_unit_of_the_column_times_time_makes_a_totaliser(read: Read, line: str, rate_per_hour: float) -> None:
    tag = read(GAS, LOAD, line).tags[-1]
    assert tag.is_totaliser
    assert tag.factor == pytest.approx(rate_per_hour, rel=1e-9)  # of one counted in an hour
    assert tag.offset == 0


@pytest.mark.parametrize(
    "line", [GAS, LOAD, AIR, "X,a_load_t_per_h,short_ton/day,,,state,,,,", "X,a_ratio,-,,,state,,,,"]
)
def test_unit_of_the_column_makes_no_totaliser(read: Read, line: str) -> None:
    others = [other for other in (GAS, LOAD) if other != line]
    assert not read(*others, line).tags[-1].is_totaliser


@pytest.mark.parametrize("unit", ["t*h", "t/h**2", "bar", "m3"])
def test_unit_that_is_neither_is_named(read: Read, unit: str) -> None:
    with pytest.raises(ElcError, match=rf"line 4, tag X: unit {re.escape(unit)} cannot become t/h"):
        read(GAS, LOAD, f"X,a_load_t_per_h,{unit},,,state,,,,")


def test_file_order_is_kept_and_ignored_tags_are_passed_over(read: Read) -> None:
    tags = read(AIR, "Z,,,,,ignore,,,,", GAS, LOAD)
    assert [tag.tag for tag in tags] == ["TI1", "FT1", "FT2"]
    assert [tag.tag for tag in tags.tags] == ["TI1", "Z", "FT1", "FT2"]
    assert tags.columns("driver", "energy") == ["air_temp_degc", "gas_energy_gj_per_h"]
    assert tags.features == ["load_t_per_h", "air_temp_degc"]


def test_find_passes_over_an_ignored_tag_of_the_same_column(read: Read) -> None:
    tags = read("OLD,load_t_per_h,t/h,,,ignore,,,,", GAS, LOAD)
    assert tags.find("load_t_per_h").tag == "FT2"


def test_set_points_are_never_features(read: Read) -> None:
    tags = read("S,flue_o2_pct,%,,,setpoint,,1,6,", GAS, LOAD, AIR, "P,loop_pressure_bar,bar,,,state,,,,")
    assert tags.features == ["load_t_per_h", "air_temp_degc"]


def test_byte_order_mark_blank_lines_and_spaces_are_no_faults(read: Read) -> None:
    tags = read("", GAS.replace(",", " , "), "", LOAD, ",,,,,,,,,", encoding="utf-8-sig")
    assert [tag.column for tag in tags] == ["gas_energy_gj_per_h", "load_t_per_h"]


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ElcError, match=r"^plant fjord: tag list .*tags\.csv: not found\. Write one"):
        read_tags(tmp_path / "tags.csv", "fjord")


def test_file_in_another_encoding_is_named(read: Read) -> None:
    with pytest.raises(ElcError, match="cannot be read as CSV in UTF-8"):
        read(GAS, LOAD, AIR.replace("Air", "Außenluft °C"), encoding="latin-1")


def test_empty_file_lacks_every_column(tmp_path: Path) -> None:
    (tmp_path / "tags.csv").write_text("")
    with pytest.raises(ElcError, match=r"(?s)10 faults.*column tag is missing from its header\. Add it\."):
        read_tags(tmp_path / "tags.csv", "fjord")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (HEADER.replace(",carrier", ""), r"column carrier is missing from its header\. Add it\."),
        (HEADER + ",unit", r"column unit appears twice in its header\."),
        (HEADER + ",comment", r"column comment is unknown: did you mean column"),
        (
            HEADER.replace("offset", "ofset"),
            r"column offset is missing.*\n.*column ofset is unknown: did you mean offset",
        ),
    ],
)
def test_wrong_header_is_named(read: Read, header: str, words: str) -> None:
    with pytest.raises(ElcError, match=words):
        read(GAS, LOAD, header=header)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (AIR.replace("degF", "degFahr"), r"line 4, tag TI1: unit degFahr is unknown"),
        (AIR.replace("degF", "bar"), r"line 4, tag TI1: unit bar cannot become degC, the unit in the column's name"),
        (AIR.replace("degF", "GJ/"), r"line 4, tag TI1: unit GJ/"),
        (AIR.replace("_degc", ""), r"line 4, tag TI1: column air_temp: its name does not end in a known unit"),
        (AIR.replace("driver", "dirver"), r"line 4, tag TI1: role dirver is unknown: did you mean driver\?"),
        (AIR.replace("-40", "minus 40"), r"line 4, tag TI1: low minus 40 is not a number\."),
        (AIR.replace("degF,,", "degF,1.2.3,"), r"line 4, tag TI1: factor 1\.2\.3 is not a number\."),
        (AIR.replace("driver,", "driver,gas"), r"line 4, tag TI1: carrier applies only to the role energy"),
        (AIR.replace("TI1", ""), r"line 4, tag \(none\): no tag\."),
        (AIR + ",more", r"line 4: found 11 values, expected 10\."),
        ("TI1,air_temp_degc", r"line 4: found 2 values, expected 10\."),
        (AIR.replace("TI1", "FT1"), r"tag FT1 appears 2 times\."),
        (
            AIR.replace("air_temp_degc,degF", "load_t_per_h,t/h"),
            r"column load_t_per_h is given to 2 tags: FT2, TI1\. Keep one, set the others to ignore\.",
        ),
        ("X,coal_energy_mw,MW,,,energy,gas,,,", r"tag X: energy must end in gj_per_h, found coal_energy_mw\."),
        (LOAD.replace("FT2,l", "FT3,other_l"), r"found 2 tags with the role throughput, expected exactly one\."),
    ],
)
def test_wrong_line_is_named(read: Read, line: str, words: str) -> None:
    with pytest.raises(ElcError, match=rf"^plant fjord: tag list .*tags\.csv: {words}"):
        read(GAS, LOAD, line)


def test_energy_needs_a_carrier(read: Read) -> None:
    with pytest.raises(ElcError, match=r"line 2, tag FT1: carrier applies only to the role energy\."):
        read(GAS.replace("gas,0", ",0"), LOAD)


def test_list_needs_throughput_and_energy(read: Read) -> None:
    with pytest.raises(ElcError, match=r"found 0 tags with the role throughput, expected exactly one\.$"):
        read(GAS, AIR)
    with pytest.raises(ElcError, match=r"found no tag with the role energy, expected at least one\.$"):
        read(LOAD, AIR)


def test_every_fault_is_listed_in_one_error_with_its_line(read: Read) -> None:
    with pytest.raises(ElcError, match=r"tags\.csv: 6 faults\n") as caught:
        read(
            GAS,
            LOAD,
            AIR.replace("degF", "degX").replace("-40", "x"),
            "",
            "TI2,b_temp_degc,degC,,,drivers,,,,",
            "TI3,c_temp_degc",
            "TI4,d_temp_degc,degC,,,driver,,,,",
            "TI4,e_temp_degc,degC,,,driver,gas,,,",
            "FT1,d_pct,%,,,state,,,,",
        )
    assert [line.split(":")[0].strip(" -") for line in str(caught.value).splitlines()[1:]] == [
        "line 4, tag TI1",
        "line 4, tag TI1",
        "line 6, tag TI2",
        "line 7",
        "line 9, tag TI4",
        "tag FT1 appears 2 times.",
    ]


def test_fault_of_the_throughput_is_not_told_as_its_absence(read: Read) -> None:
    with pytest.raises(ElcError, match=r"tags\.csv: line 3, tag FT2: unit bar cannot"):
        read(GAS, LOAD.replace("t/h", "bar"))


@pytest.mark.parametrize("unit", ["day", "days"])
def test_computed_tag_is_a_feature_that_no_export_is_asked_for(read: Read, unit: str) -> None:
    tags = read(GAS, AGE.replace("days,,", f"{unit},,"), LOAD, AIR)
    assert [tag.tag for tag in tags] == ["FT1", "FT2", "TI1"]
    assert [tag.tag for tag in tags.used] == ["FT1", "@turnaround", "FT2", "TI1"]
    assert tags.features == ["load_t_per_h", "since_turnaround_days", "air_temp_degc"]
    assert tags.columns("driver") == tags.features[1:]
    age = tags.find("since_turnaround_days")
    assert (age.tag, age.is_computed, age.factor, age.offset, age.low) == ("@turnaround", True, 1.0, 0.0, 0.0)
    assert not tags.find("air_temp_degc").is_computed


@pytest.mark.parametrize("line", ["@turnaround,,,,,ignore,,,,", AGE.replace("driver", "ignore")])
def test_computed_tag_can_be_ignored(read: Read, line: str) -> None:
    tags = read(GAS, LOAD, line)
    assert (tags.features, len(tags.used), len(tags.tags)) == (["load_t_per_h"], 2, 3)


def test_own_tag_of_the_historian_may_give_the_age(read: Read) -> None:
    tags = read(GAS, LOAD, AGE.replace("@turnaround", "KI9").replace("days,,", "h,,"))
    age = tags.find("since_turnaround_days")
    assert (age.is_computed, age.factor) == (False, pytest.approx(1 / 24))
    assert tags.signs["since_turnaround_days"] == 1


def test_directions_are_those_declared_and_always_up_for_load_and_age(read: Read) -> None:
    lines = (GAS, LOAD, AGE, AIR, AIR.replace("TI1,air", "TI2,water"), "A1,feed_c2plus_pct,%,,,driver,,,,")
    lines += ("P1,loop_pressure_bar,bar,,,state,,,,", "S1,flue_o2_pct,%,,,setpoint,,1,6,")
    words = ("", "", "", "down", "up", "", "", "")
    tags = read(*(f"{line},{word}" for line, word in zip(lines, words, strict=True)), header=SIGNED)
    assert tags.signs == {"load_t_per_h": 1, "since_turnaround_days": 1, "air_temp_degc": -1, "water_temp_degc": 1}
    assert tags.find("air_temp_degc").monotone == "down"
    assert tags.find("feed_c2plus_pct").monotone == ""


def test_list_without_directions_is_as_it_was(read: Read) -> None:
    tags = read(GAS, LOAD, AIR)
    assert {tag.monotone for tag in tags} == {""}
    assert tags.signs == {"load_t_per_h": 1}


def test_direction_of_the_age_may_be_written_and_of_an_ignored_tag_stay(read: Read) -> None:
    ignored = AIR.replace("driver", "ignore")
    tags = read(f"{GAS},", f"{LOAD},", f"{AGE},up", f"{ignored},down", header=SIGNED)
    assert tags.signs == {"load_t_per_h": 1, "since_turnaround_days": 1}


@pytest.mark.parametrize(
    ("line", "word", "words"),
    [
        (AIR, "upp", r"line 4, tag TI1: monotone upp is unknown: did you mean up\?"),
        (AIR, "Down", r"line 4, tag TI1: monotone Down is unknown: did you mean down\?"),
        (AIR, "rises", r"line 4, tag TI1: monotone rises is unknown: expected one of down, up"),
        (
            AIR.replace("driver", "state"),
            "up",
            r"line 4, tag TI1: monotone applies only to the role driver\. Leave it empty\.",
        ),
        (
            AGE,
            "down",
            r"line 4, tag @turnaround: since_turnaround_days is always up, found monotone down\. Write up, or leave",
        ),
    ],
)
def test_wrong_direction_is_named(read: Read, line: str, word: str, words: str) -> None:
    with pytest.raises(ElcError, match=rf"^plant fjord: tag list .*tags\.csv: {words}"):
        read(f"{GAS},", f"{LOAD},", f"{line},{word}", header=SIGNED)


def test_direction_of_throughput_is_refused_because_it_is_known(read: Read) -> None:
    words = r"line 3, tag FT2: monotone applies only to the role driver; throughput is always up\. Leave it empty\.$"
    with pytest.raises(ElcError, match=words):
        read(f"{GAS},", f"{LOAD},up", header=SIGNED)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            AGE.replace("@turnaround", "@turnarounds"),
            r"tag @turnarounds: names that start with @ are reserved for what ingest .*: did you mean @turnaround\?",
        ),
        (AGE.replace("@turnaround", "@x"), r"tag @x: names that start with @ .*: expected one of @turnaround"),
        (AGE.replace("driver", "state"), r"tag @turnaround: its role is driver, or ignore, found state\."),
        (
            AGE.replace("since_turnaround", "age"),
            r"tag @turnaround: its column is since_turnaround_days and its unit days, found age_days and days\.",
        ),
        (AGE.replace("days,,", "h,,"), r"tag @turnaround: its column is .* found since_turnaround_days and h\."),
        (AGE.replace("days,,", "days,2,"), r"tag @turnaround: it is computed, so factor and offset do not apply\."),
    ],
)
def test_wrong_computed_line_is_named(read: Read, line: str, words: str) -> None:
    with pytest.raises(ElcError, match=rf"^plant fjord: tag list .*tags\.csv: line 4, {words}"):
        read(GAS, LOAD, line)


def test_age_is_given_once(read: Read) -> None:
    with pytest.raises(ElcError, match=r"column since_turnaround_days is given to 2 tags: @turnaround, KI9\. Keep one"):
        read(GAS, LOAD, AGE, AGE.replace("@turnaround", "KI9"))


def test_list_of_the_example_stays_valid() -> None:
    tags = read_tags(ROOT / "examples" / "escalante" / "tags.csv", "escalante")
    assert tags.signs == {tags.throughput: 1}


def test_group_of_drivers_is_read(read: Read) -> None:
    tags = read(GAS + ",", LOAD + ",", AIR + ",weather", header=HEADER + ",group")
    assert tags.find("air_temp_degc").group == "weather"
    assert tags.find("load_t_per_h").group == ""
    assert read(GAS, LOAD, AIR).find("air_temp_degc").group == ""


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([GAS + ",a", LOAD + ",", AIR + ","], "line 2, tag FT1: group applies only to the roles driver and setpoint"),
        ([GAS + ",", LOAD + ",a", AIR + ","], "line 3, tag FT2: group applies only to the roles driver and setpoint"),
        (
            [GAS + ",", LOAD + ",", AIR + ",a_b"],
            "line 4, tag TI1: group a_b is not a valid name: use words of letters and",
        ),
        (
            [GAS + ",", LOAD + ",", AIR + ",both", "X,flue_o2_pct,%,,,setpoint,,1,5,O2,both"],
            "group both mixes roles: air_temp_degc (driver), flue_o2_pct (setpoint). Use one group for drivers",
        ),
    ],
)
def test_group_of_another_role_or_of_two_is_refused(read: Read, lines: list[str], words: str) -> None:
    with pytest.raises(ElcError, match=re.escape(words)):
        read(*lines, header=HEADER + ",group")


TOWER = "TI2,wet_bulb_degc,degC,,,driver,,,,Wet bulb"


def test_limit_may_be_a_formula_of_other_columns(read: Read) -> None:
    water = "TI3,water_temp_degc,degC,,,setpoint,,= wet_bulb_degc + 2,35,Water"
    tag = read(GAS, LOAD, TOWER, water).find("water_temp_degc")
    assert (tag.low, tag.high, tag.limit_parts) == (None, 35.0, ("wet_bulb_degc",))
    assert tag.has_limits
    low, high = tag.build_limits(pd.DataFrame({"wet_bulb_degc": [10.0, np.nan]}))
    np.testing.assert_array_equal(low, [12.0, np.nan])
    assert high.tolist() == [35.0, 35.0]


def test_limit_may_use_a_column_that_is_a_formula_itself(read: Read) -> None:
    made = "= wet_bulb_degc + 1,floor_temp_degc,-,,,state,,,,Floor"
    water = "TI3,water_temp_degc,degC,,,setpoint,,= floor_temp_degc + 1,,Water"
    assert read(GAS, LOAD, TOWER, made, water).find("water_temp_degc").limit_parts == ("floor_temp_degc",)


def test_tag_without_a_limit_has_none_in_any_interval(read: Read) -> None:
    tag = read(GAS, LOAD, TOWER).find("wet_bulb_degc")
    low, high = tag.build_limits(pd.DataFrame({"wet_bulb_degc": [10.0]}))
    assert (low.tolist(), high.tolist(), tag.has_limits) == ([-np.inf], [np.inf], False)


@pytest.mark.parametrize(
    ("limit", "fault"),
    [
        (
            "= wet_bulp_degc + 2",
            "tag TI3: low of column water_temp_degc: wet_bulp_degc is not another column of the list: did you mean "
            "wet_bulb_degc?",
        ),
        (
            "= water_temp_degc + 2",
            "tag TI3: low of column water_temp_degc: water_temp_degc is not another column of the list: ",
        ),
        (
            "= wet_bulb_degc +",
            "line 5, tag TI3: low of column water_temp_degc: formula wet_bulb_degc + cannot be read.",
        ),
        ("= load_t_per_h", "line 5, tag TI3: low of column water_temp_degc: formula load_t_per_h is in "),
    ],
)
def test_fault_of_a_limit_names_tag_and_column(limit: str, fault: str, read: Read) -> None:
    with pytest.raises(ElcError, match=re.escape(fault)):
        read(GAS, LOAD, TOWER, f"TI3,water_temp_degc,degC,,,setpoint,,{limit},,Water")


def test_formula_is_no_limit_of_what_is_not_read(read: Read) -> None:
    with pytest.raises(ElcError, match=re.escape("applies only to a column that is read. Leave it empty")):
        read(GAS, LOAD, TOWER, "@turnaround,since_turnaround_days,days,,,driver,,= load_t_per_h,,Age")

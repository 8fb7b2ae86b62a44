"""Small exports, sound, odd and broken, each with what must come of it: readings and doubts, or an error's words."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import fastavro
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

Reading = tuple[str, str, float | None, str]
MIDNIGHT, HALF = "2024-06-01 00:00:00", "2024-06-01 00:30:00"
PLAIN: list[Reading] = [(MIDNIGHT, "FT-1", 10.5, "GOOD"), (HALF, "FT-1", 20.25, "GOOD")]
EPOCH = 1717200000  # MIDNIGHT in UTC
HEAD = "time,tag,value,quality\n"


@dataclass(frozen=True)
class Case:
    """Files by name, keys of `export`, and the readings and doubts (check, tag, count), or the error, to expect."""

    name: str
    files: dict[str, bytes]
    readings: list[Reading] = field(default_factory=list)
    doubts: list[tuple[str, str, int]] = field(default_factory=list)
    error: str = ""
    export: dict[str, Any] = field(default_factory=dict)


def build_corpus(folder: Path) -> list[Case]:
    """Write every case into a folder of its name."""
    cases = build_cases()
    for case in cases:
        write_case(folder / case.name, case)
    return cases


def build_cases() -> list[Case]:
    """Build every case, its files as bytes."""
    return [
        *(*_texts(), *_layouts(), *_numbers(), *_times(), *_qualities(), *_parquets(), *_jsons(), *_books()),
        *_broken(),
    ]


def write_case(folder: Path, case: Case) -> None:
    """Write the files of one case."""
    for name, content in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _csv(name: str, text: str, readings: list[Reading] | None = None, **more: Any) -> Case:
    encoding = more.pop("encoding", "utf-8")
    return Case(name, {"a.csv": text.encode(encoding)}, PLAIN if readings is None else readings, **more)


def _bad(name: str, content: bytes | str, error: str, **more: Any) -> Case:
    return Case(name, {"a.csv": content.encode() if isinstance(content, str) else content}, error=error, **more)


def _texts() -> list[Case]:
    long = f"{HEAD}{MIDNIGHT},FT-1,10.5,Good\n{HALF},FT-1,20.25,Good\n"
    odd_names = long.replace("time,tag,value,quality", "Time Stamp, Tag_Name ,VALUE,Status")
    return [
        _csv("long", long),
        _csv("wide", f"time,FT-1\n{MIDNIGHT},10.5\n{HALF},20.25\n"),
        _csv("semicolons", long.replace(",", ";")),
        _csv("tabs", long.replace(",", "\t")),
        _csv("synonyms", odd_names),
        _csv("byte_order_mark", long, encoding="utf-8-sig"),
        _csv(
            "latin_1",
            long.replace("quality\n", "quality,Einheit °\n").replace("Good\n", "Good,m³\n"),
            encoding="latin-1",
        ),
        _csv("utf_16", long, encoding="utf-16"),
        _csv("windows_line_ends", long.replace("\n", "\r\n")),
        _csv("old_line_ends", long.replace("\n", "\r")),
        _csv("blank_lines", long.replace("Good\n", "Good\n\n")),
        _csv("quoted", long.replace("10.5", '"10.5"').replace("FT-1", '"FT-1"')),
        _csv("tags_with_spaces", long.replace("FT-1", " FT-1 ")),
        _csv("trailing_comma", "".join(f"{line},\n" for line in long.splitlines())),
        _csv("unlisted_tags", f"{long}{HALF},XX-9,1,Good\n"),
        Case("gzip", {"a.csv.gz": gzip.compress(long.encode(), mtime=0)}, PLAIN),
        Case("gzip_without_its_ending", {"a.csv": gzip.compress(long.encode(), mtime=0)}, PLAIN),
        Case("csv_named_parquet", {"a.parquet": long.encode()}, PLAIN),
        Case("hidden_files", {"a.csv": long.encode(), ".x": b"\0", ".d/b.csv": b"", "_SUCCESS": b""}, PLAIN),
        Case(
            "stray_files", {"a.csv": long.encode(), "desktop.ini": b"[x]", "~$a.xlsx": b"", "readme.txt": b"x"}, PLAIN
        ),
        Case(
            "mixed_and_nested",
            {
                "2024/a.csv": f"time;FT-1\n{MIDNIGHT};10,5\n".encode(),
                "2024/06/b.json": json.dumps({"time": HALF, "tag": "FT-1", "value": 20.25}).encode(),
            },
            PLAIN,
        ),
        Case(
            "folders_of_tags",
            {
                "tag=FT-1/a.csv": f"time,value\n{MIDNIGHT},10.5\n{HALF},20.25\n".encode(),
                "tag=FT%2F2/day=1/a.csv": f"time,value\n{HALF},1\n".encode(),
            },
            sorted([*PLAIN, (HALF, "FT/2", 1.0, "GOOD")]),
        ),
        _csv("header_only", HEAD, []),
    ]


def _layouts() -> list[Case]:
    wide = f"time,FT-1\n{MIDNIGHT},10.5\n{HALF},20.25\n"
    passed = [("passed_over", "", 1)]
    power_loss = wide.encode() + b"2024-06-01 01:00:00,3\0\0\0\0" + b"\0" * 100
    named: dict[str, Any] = {
        "time_column": "when",
        "tag_column": "what",
        "value_column": "much",
        "quality_column": "how",
    }
    named |= {"quality": {1: "good", 2: "bad"}}
    pairs = f"Time,FT-1,Time,FT/2\n{MIDNIGHT},10.5,{HALF},1\n{HALF},20.25,,\n"
    return [
        _csv("title", f"Trend of unit 3\n\n{wide}", doubts=passed),
        _csv("blank_first_line", f"\n{wide}"),
        _csv("separator_line", f"sep=;\n{wide.replace(',', ';')}", doubts=passed),
        _csv("units_row", wide.replace("\n2024-06-01 00:00", "\n,MW\n2024-06-01 00:00"), doubts=passed),
        _csv("total", f"{wide}Total,30.75\n", doubts=passed),
        _csv("count_of_a_panel", f"{wide}$RT_COUNT$,2\n", doubts=passed),
        _csv("mixed_line_ends", wide.replace("FT-1\n", "FT-1\r\n").replace("10.5\n", "10.5\r\n") + "\n"),
        _csv("comments", f"# logger 7\n{wide}", doubts=passed),
        _csv("skipped_rows", f"time,FT-1\n{wide}", export={"skip_rows": 1}, doubts=passed),
        _csv("header_in_the_middle", f"{wide}time,FT-1\n", doubts=passed),
        Case("power_loss", {"a.csv": power_loss}, PLAIN, passed),
        _csv("pairs_of_columns", pairs, sorted([*PLAIN, (HALF, "FT/2", 1.0, "GOOD")])),
        _csv(
            "quality_beside_a_tag",
            f"time,FT-1.Value,FT-1.Quality\n{MIDNIGHT},10.5,Good\n{HALF},20.25,Bad\n",
            [PLAIN[0], (HALF, "FT-1", 20.25, "BAD")],
        ),
        _csv(
            "named_columns",
            f"when,what,much,how,unit\n{MIDNIGHT},FT-1,10.5,1,MW\n{HALF},FT-1,20.25,2,MW\n",
            [PLAIN[0], (HALF, "FT-1", 20.25, "BAD")],
            export=named,
        ),
        _csv("tag_called_time", f"Timestamp,FT-1,PUMP.TIME\n{MIDNIGHT},10.5,1\n{HALF},20.25,2\n"),
        _bad("two_times", f"Time,Timestamp,FT-1\n{MIDNIGHT},{MIDNIGHT},1\n", "several columns for the time"),
        _bad(
            "two_qualities",
            f"time,tag,value,quality,status\n{MIDNIGHT},FT-1,1,Good,OK\n",
            "several columns for the same",
        ),
        _bad("line_protocol", "unit3 FT-1=10.5 1717200000000000000\n", "line protocol"),
        _bad("nem12", "100,NEM12,200405011135,MDA1,Ret1\n", "NEM12"),
        _bad("green_button", '<?xml version="1.0"?><x xmlns="http://naesb.org/espi"/>', "Green Button"),
        _csv(
            "influx_annotated",
            "#datatype,string,long,dateTime:RFC3339,double,string,string\n,result,table,_time,_value,_field,_measurement\n"
            ",,0,2024-06-01T00:00:00Z,10.5,FT-1,u\n\n#datatype,string\n,result,table,_time,_value,_field,_measurement\n"
            ",,1,2024-06-01T00:30:00Z,20.25,FT-1,u\n",
        ),
        _bad(
            "influx_of_two_series",
            "#datatype,string\n,result,table,_time,_value,_field,host\n,,0,2024-06-01T00:00:00Z,1,FT-1,a\n"
            ",,0,2024-06-01T00:00:00Z,1,FT-1,b\n",
            "several series of the field FT-1, told apart by host=a and host=b",
        ),
    ]


def _write_book(sheets: dict[str, list[list[Any]]]) -> bytes:
    """Write a workbook; the times of its writing are fixed, so that it is the same in every run."""
    book, written = openpyxl.Workbook(), io.BytesIO()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(written)
    fixed = io.BytesIO()
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(fixed, "w") as target:
        for part in source.namelist():
            if part != "docProps/core.xml":
                target.writestr(zipfile.ZipInfo(part), source.read(part))
    return fixed.getvalue()


def _books() -> list[Case]:
    table = [["time", "FT-1"], *([datetime.fromisoformat(time), value] for time, _, value, _ in PLAIN)]
    book = _write_book({"About": [["of unit 3"]], "Trend": [[], ["Trend"], *table]})
    twice = _write_book({"June": table, "July": table})
    avro = io.BytesIO()
    kinds = {"seriesId": "string", "timeInSeconds": "long", "offsetInNanos": "long", "doubleValue": ["null", "double"]}
    schema = {"type": "record", "name": "point", "fields": [{"name": k, "type": v} for k, v in kinds.items()]}
    points = [(EPOCH, 10.5), (EPOCH + 1800, 20.25)]
    records = [
        {"seriesId": "FT-1", "timeInSeconds": at, "offsetInNanos": 0, "doubleValue": value} for at, value in points
    ]
    fastavro.writer(avro, schema, records, sync_marker=b"0" * 16)
    stream = [{"Timestamp": f"{time.replace(' ', 'T')}Z", "Value": value, "Good": True} for time, _, value, _ in PLAIN]
    passed = [("passed_over", "", 1)]
    web = {"Links": {}, "Items": [{"Name": "FT-1", "Items": [*stream[:1], {**stream[1], "Questionable": True}]}]}
    return [
        Case("workbook", {"a.xlsx": book}, PLAIN, passed),
        Case("workbook_of_two_tables", {"a.xlsx": twice}, error="several sheets with a table: June, July"),
        Case("workbook_of_a_named_sheet", {"a.xlsx": twice}, PLAIN, export={"sheet": "July"}),
        Case("sitewise_avro", {"a.avro": avro.getvalue()}, PLAIN),
        Case(
            "pi_web_api",
            {"a.json": json.dumps(web).encode()},
            [PLAIN[0], (HALF, "FT-1", 20.25, "UNCERTAIN")],
        ),
        Case("pi_stream_without_a_name", {"a.json": json.dumps({"Items": stream}).encode()}, error="without the name"),
    ]


def _numbers() -> list[Case]:
    def two(first: str, second: str) -> str:
        return f"time;tag;value\n{MIDNIGHT};FT-1;{first}\n{HALF};FT-1;{second}\n"

    def pair(first: float | None, second: float | None) -> list[Reading]:
        values = ((MIDNIGHT, first), (HALF, second))
        return [(time, "FT-1", value, "BAD" if value is None else "GOOD") for time, value in values]

    text = [("text_value", "FT-1", 1)]
    return [
        _csv("decimal_comma", two("10,5", "20,25")),
        _csv("decimal_comma_of_three_digits", two("1,234", "10,5"), pair(1.234, 10.5)),
        _csv("german_thousands", two("1.234,5", "10,5"), pair(1234.5, 10.5)),
        _csv("german_thousands_without_decimals", two("1.234", "10,5"), pair(1234.0, 10.5)),
        _csv("english_thousands", two("1,234.5", "10.5"), pair(1234.5, 10.5)),
        _csv("english_millions", two("1,234,567", "10"), pair(1234567.0, 10.0)),
        _csv("comma_told_by_settings", two("1,234", "2,345"), pair(1.234, 2.345), export={"decimal": ","}),
        _csv("thousands_told_by_settings", two("1,234", "2,345"), pair(1234.0, 2345.0), export={"decimal": "."}),
        _bad(
            "comma_left_open", two("1,234", "2,345"), "comma may be a decimal comma or divide thousands.*export.decimal"
        ),
        _csv("slip_of_a_comma", two("10.5", "20,25"), pair(10.5, None), doubts=text),
        _csv("spaces_in_numbers", two("1 234", "20.25"), pair(None, 20.25), doubts=text),
        _csv("underscore_in_a_number", two("1_000", "20.25"), pair(None, 20.25), doubts=text),
        _csv("units_behind_numbers", two("12 t/h", "20.25 t/h"), pair(12.0, 20.25)),
        _csv("text_behind_a_number", two("12 of 20", "20.25"), pair(None, 20.25), doubts=text),
        _csv("exponents", two("1.05e1", "2.025E+01")),
        _csv("outer_spaces", two(" 10.5 ", "20.25 ")),
        _csv("digital_states", two("I/O Timeout", "Unit Down"), pair(None, None), doubts=[("text_value", "FT-1", 2)]),
        _csv("nan", two("NaN", "20.25"), pair(None, 20.25)),
        _csv("infinity", two("-inf", "20.25"), pair(None, 20.25), doubts=[("large_value", "FT-1", 1)]),
        _csv("huge", two("1e300", "20.25"), pair(None, 20.25), doubts=[("large_value", "FT-1", 1)]),
        _csv("beyond_floating_point", two("1e400", "20.25"), pair(None, 20.25), doubts=[("large_value", "FT-1", 1)]),
        _csv("empty_value", two("", "20.25"), pair(None, 20.25)),
        _csv("negative_zero", two("-0.0", "20.25"), pair(0.0, 20.25)),
    ]


def _times() -> list[Case]:
    def at(first: str, second: str = HALF) -> str:
        return f"time,FT-1\n{first},10.5\n{second},20.25\n"

    ask = "export.time_format"
    told = [PLAIN[0], ("2024-06-13 00:30:00", "FT-1", 20.25, "GOOD")]
    hours = [PLAIN[0], ("2024-06-01 01:00:00", "FT-1", 20.25, "GOOD")]
    formats = ["%m/%d/%Y %H:%M", "%Y-%m-%dT%H:%M"]
    seconds = f"time,FT-1\n{EPOCH},10.5\n{EPOCH + 1800},20.25\n"
    return [
        _csv("time_with_t_and_z", at("2024-06-01T00:00:00Z", "2024-06-01T00:30Z")),
        _csv("time_with_an_offset", at("2024-06-01 02:00:00+02:00", "2024-05-31 19:30:00 -0500")),
        _csv("mixed_zones", at("2024-06-01 00:00:00", "2024-06-01 02:30+02")),
        _csv("time_with_utc", at("2024-06-01 00:00:00 UTC", "2024-06-01T00:30:00.000Z")),
        _csv("date_alone", at("2024-06-01")),
        _csv("epoch_seconds", seconds),
        _csv("epoch_milliseconds", seconds.replace(f"{EPOCH},", f"{EPOCH}000,").replace("1800,", "1800000,")),
        _csv(
            "own_format", at("06/01/2024 12:00 AM", "06/01/2024 12:30 AM"), export={"time_format": "%m/%d/%Y %I:%M %p"}
        ),
        _csv("named_column", at(MIDNIGHT).replace("time,", "Zeit,"), export={"time_column": "Zeit"}),
        _bad("american_time", at("06/01/2024 00:00"), f"'06/01/2024 00:00'.*{ask}"),
        _bad("short_year", at("1/2/24"), f"'1/2/24'.*{ask}"),
        _csv("american_time_told_by_a_day", at("06/01/2024 00:00").replace(HALF, "06/13/2024 00:30"), told),
        _csv("named_zone", at("2024-06-01 02:00:00 Europe/Oslo")),
        _csv("zone_in_brackets", at("2024-06-01T02:00:00+02:00[Europe/Oslo]", "2024-06-01 00:30:00 +0000 UTC")),
        _csv("abbreviated_zone", at("2024-06-01 02:00 CEST", "2024-06-01 01:30 CET")),
        _csv("half_days", at("2024-06-01 12:00 AM", "2024-06-01 12:30:00 am")),
        _csv("month_names", at("1-Jun-24 00:00:00", "1. juni 2024 00:30")),
        _csv("dots_and_midnight_without_a_time", at("01.06.2024", "01.06.2024 00:30")),
        _csv("hour_24", at("2024-05-31 24:00", "2024-06-01 00:30")),
        _csv("comma_before_milliseconds", at('"2024-06-01 00:00:00,000"', "2024-06-01 00:30:00:000")),
        _csv("days_of_excel", at("45444.0", "45444.0208333")),
        _csv("epochs_with_a_fraction", at(f"{EPOCH}.0", f"{EPOCH + 1800}.0")),
        _csv("ranges", at("2024-06-01 00:00 - 2024-06-01 00:30", "2024-06-01 00:30 - 2024-06-01 01:00")),
        _csv("date_and_time_apart", "Date,Time,FT-1\n2024-06-01,00:00,10.5\n2024-06-01,00:30,20.25\n"),
        _csv("formats_in_a_list", at("06/01/2024 00:00", "2024-06-01T00:30"), export={"time_format": formats}),
        _bad("dates_of_several_rows", at("2024-06-01", "2024-06-01"), "dates without a time of day in time"),
        _bad("hours_of_several_rows", at("2024-06-01 00", "2024-06-01 00"), "several values of FT-1"),
        _csv("infinite_time", at("infinity"), PLAIN[1:], doubts=[("passed_over", "", 1)]),
        _bad("no_time", at(""), "times? that cannot be read.*''"),
        _bad("impossible_day", at("2024-02-30 00:00"), "'2024-02-30 00:00'"),
        _bad("clock_of_1900", at("1900-01-01 00:00"), "'1900-01-01 00:00"),
        _bad("clock_of_2200", at("2200-01-01 00:00"), "'2200-01-01 00:00"),
        _csv("digits_of_a_date", at("202406010000", "20240601003000")),
        _csv("digits_of_an_hour", at("2024060100", "2024060101"), hours),
        _csv("epochs_of_two_units", at(str(EPOCH), f"{EPOCH + 1800}000")),
    ]


def _qualities() -> list[Case]:
    def marked(*words: str) -> str:
        return HEAD + "".join(f"2024-06-01 00:0{number}:00,FT-1,1,{word}\n" for number, word in enumerate(words))

    def read(*qualities: str) -> list[Reading]:
        return [(f"2024-06-01 00:0{number}:00", "FT-1", 1.0, one) for number, one in enumerate(qualities)]

    three = read("GOOD", "UNCERTAIN", "BAD")
    return [
        _csv("words_in_any_case", marked("gOOd", "uncertain", "Bad"), three),
        _csv("words_with_more", marked('"Good, Annotated"', "UncertainLastUsableValue", "Bad: Not Connected"), three),
        _csv("doubted_good", marked("OK", '"Good, Substituted"', "Scan Off"), three),
        _csv("unknown_word", marked("Good", "Dunno"), read("GOOD", "BAD"), doubts=[("unknown_quality", "FT-1", 1)]),
        _csv("empty_cell", marked("Good", ""), read("GOOD", "BAD"), doubts=[("no_quality", "FT-1", 1)]),
        _csv("empty_column", marked("", ""), read("GOOD", "GOOD")),
        _csv("opc_ua", marked("0", "1073741824", "2147483648"), three),
        _csv("opc_ua_signed", marked("0", "1083179008", "-2147483648"), three),
        _csv("opc_ua_hex", marked("0x00000000", "0x40920000", "0x80000000"), three),
        _csv("opc_da", marked("192", "64", "0"), three),
        _csv("opc_da_good_limits", marked("216", "80", "24"), three),
        _bad(
            "codes_left_open",
            marked("0", "0"),
            "quality codes 0 \\(2 times\\), which historians read in opposite ways.*quality_codes",
        ),
        _bad("codes_of_both", marked("192", "2147483648"), "quality codes .*, of both OPC UA and OPC DA"),
        _csv("zero_is_good", marked("0"), read("GOOD"), export={"quality_codes": "opc_ua"}),
        _csv("zero_is_bad", marked("0"), read("BAD"), export={"quality_codes": "opc_da"}),
        _csv("reserved_code", marked("192", "150"), read("GOOD", "BAD"), doubts=[("unknown_quality", "FT-1", 1)]),
        _csv("word_among_codes", marked("192", "Bad"), read("GOOD", "BAD")),
        _csv(
            "pi_flags",
            f"Tag,Timestamp,Value,IsGood,Questionable,Substituted\nFT-1,{MIDNIGHT},10.5,True,False,False\n"
            f"FT-1,{HALF},20.25,True,True,False\nFT-1,2024-06-01 01:00:00,Bad Input,False,False,False\n",
            [PLAIN[0], (HALF, "FT-1", 20.25, "UNCERTAIN"), ("2024-06-01 01:00:00", "FT-1", None, "BAD")],
            doubts=[("text_value", "FT-1", 1)],
        ),
    ]


def _write(table: pd.DataFrame | pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table if isinstance(table, pa.Table) else pa.Table.from_pandas(table, preserve_index=False), buffer)
    return buffer.getvalue()


def _parquet(name: str, columns: dict[str, Any], readings: list[Reading] | None = None, **more: Any) -> Case:
    return Case(name, {"a.parquet": _write(pd.DataFrame(columns))}, PLAIN if readings is None else readings, **more)


def _parquets() -> list[Case]:
    times = pd.to_datetime([MIDNIGHT, HALF]).astype("datetime64[us]")
    long = {"time": times, "tag": ["FT-1", "FT-1"], "value": [10.5, 20.25], "quality": ["GOOD", "GOOD"]}
    records = pa.table(
        {
            "propertyAlias": ["FT-1", "FT-1"],
            "value": [{"doubleValue": 10.5, "integerValue": None}, {"doubleValue": 20.25, "integerValue": None}],
            "timestamp": [{"timeInSeconds": EPOCH + add, "offsetInNanos": 0} for add in (0, 1800)],
            "quality": ["GOOD", "GOOD"],
        }
    )
    flat = {"timeInSeconds": [EPOCH, EPOCH + 1800], "offsetInNanos": [0, 0], "quality": ["GOOD", "GOOD"]}
    flat |= {"doubleValue": [10.5, None], "integerValue": [None, 20], "stringValue": [None, None]}
    twenty: list[Reading] = [PLAIN[0], (HALF, "FT-1", 20.0, "GOOD")]
    return [
        _parquet("parquet_long", long),
        _parquet("parquet_wide", {"time": times, "FT-1": [10.5, 20.25]}),
        _parquet(
            "parquet_categories",
            {**long, "tag": pd.Categorical(long["tag"]), "quality": pd.Categorical(long["quality"])},
        ),
        _parquet("parquet_with_zone", {**long, "time": times.tz_localize("UTC").tz_convert("Europe/Oslo")}),
        _parquet("parquet_nanoseconds", {**long, "time": times.astype("datetime64[ns]")}),
        _parquet("parquet_epoch", {**long, "time": [EPOCH * 1000, (EPOCH + 1800) * 1000]}),
        _parquet("parquet_text", {**long, "time": [MIDNIGHT, HALF], "value": ["10,5", "20,25"]}),
        _parquet("parquet_opc_da", {**long, "quality": [192, 0]}, [PLAIN[0], (HALF, "FT-1", 20.25, "BAD")]),
        _parquet("parquet_float_codes", {**long, "quality": [192.0, 216.0]}),
        _parquet(
            "parquet_huge",
            {**long, "value": [10.5, 1e300]},
            [PLAIN[0], (HALF, "FT-1", None, "BAD")],
            doubts=[("large_value", "FT-1", 1)],
        ),
        _parquet("parquet_nan", {**long, "value": [10.5, float("nan")]}, [PLAIN[0], (HALF, "FT-1", None, "BAD")]),
        _parquet(
            "parquet_unknown_word",
            {**long, "quality": ["GOOD", "Maybe"]},
            [PLAIN[0], (HALF, "FT-1", 20.25, "BAD")],
            doubts=[("unknown_quality", "FT-1", 1)],
        ),
        _parquet("parquet_null_qualities", {**long, "quality": [None, None]}),
        _parquet("parquet_codes_left_open", {**long, "quality": [0, 0]}, [], error="set export.quality_codes"),
        _parquet("parquet_without_time", {**long, "time": [times[0], None]}, [], error="times that cannot be read: ''"),
        _parquet(
            "parquet_old_time", {**long, "time": pd.to_datetime(["1900-01-01 00:00:00", HALF])}, [], error="1900-01-01"
        ),
        _parquet(
            "parquet_lists", {**long, "value": [[1.0], [2.0]]}, [], error="column value of type list.*expected numbers"
        ),
        Case("sitewise_nested", {"a.parquet": _write(records)}, PLAIN),
        _parquet("sitewise_flat", {"alias": ["FT-1", "FT-1"], **flat}, twenty),
        _parquet(
            "sitewise_ids",
            {"assetId": ["FT", "FT"], "propertyId": ["2", "2"], **flat},
            [(time, "FT/2", value, quality) for time, _, value, quality in twenty],
        ),
        _parquet("sitewise_series", {"seriesId": ["FT-1", "FT-1"], **flat}, twenty),
        _parquet("sitewise_nameless", flat, [], error="without propertyAlias, or assetId and propertyId"),
    ]


def _jsons() -> list[Case]:
    def lines(*records: Any) -> bytes:
        return "".join(f"{json.dumps(record)}\n" for record in records).encode()

    def point(add: int, value: dict[str, Any], quality: str = "GOOD") -> dict[str, Any]:
        return {"value": value, "timestamp": {"timeInSeconds": EPOCH + add, "offsetInNanos": 0}, "quality": quality}

    first, second = point(0, {"doubleValue": 10.5}), point(1800, {"doubleValue": 20.25})
    name = {"propertyAlias": "FT-1"}
    long = [{"time": MIDNIGHT, "tag": "FT-1", "value": 10.5}, {"time": HALF, "tag": "FT-1", "value": 20.25}]
    entry = {"entryId": "1", **name, "propertyValues": [first, second]}
    update = {"type": "PropertyValueUpdate", "payload": {"assetId": "FT", "propertyId": "2", "values": [first, second]}}
    by_id: list[Reading] = [(time, "FT/2", value, quality) for time, _, value, quality in PLAIN]
    bad_input = {"Name": "Bad Input", "Value": 255}
    mixed = [*long[:1], {**long[1], "value": bad_input}]
    kinds = [{**name, **point(0, {"booleanValue": True})}, {**name, **point(1800, {"stringValue": "Off"}, "BAD")}]

    def case(title: str, content: bytes, readings: list[Reading] = PLAIN, **more: Any) -> Case:
        return Case(title, {"a.json": content}, readings, **more)

    return [
        case("json_lines", lines(*long)),
        case("json_array", json.dumps(long, indent=1).encode()),
        Case("json_gzip", {"a.json.gz": gzip.compress(lines(*long), mtime=0)}, PLAIN),
        case(
            "json_digital_state",
            lines(*mixed),
            [PLAIN[0], (HALF, "FT-1", None, "BAD")],
            doubts=[("text_value", "FT-1", 1)],
        ),
        case("sitewise_records", lines({**name, **first}, {**name, **second})),
        case("sitewise_entry", lines(entry)),
        case("sitewise_entries", lines({"entries": [entry]})),
        case("sitewise_entries_pretty", json.dumps({"entries": [entry]}, indent=2).encode()),
        case("sitewise_update", lines(update), by_id),
        case(
            "sitewise_kinds",
            lines(*kinds),
            [(MIDNIGHT, "FT-1", 1.0, "GOOD"), (HALF, "FT-1", None, "BAD")],
            doubts=[("text_value", "FT-1", 1)],
        ),
        case(
            "sitewise_history",
            lines({"assetPropertyValueHistory": [first]}),
            [],
            error="without the name of their property",
        ),
        case("sitewise_mixed_messages", lines(entry, {**name, **first}), [], error="1 messages hold no values"),
        case("json_cut", lines(*long)[:-20], [], error="line 2 is damaged JSON"),
        case("json_of_another_shape", lines(*long, {"note": "end"}), [], error="times that cannot be read: ''"),
        case("json_list_of_numbers", b"[1, 2]", [], error="holds no record"),
    ]


def _broken() -> list[Case]:
    long = f"{HEAD}{MIDNIGHT},FT-1,10.5,Good\n"
    whole = _write(pd.DataFrame({"time": pd.to_datetime([MIDNIGHT]), "FT-1": [1.0]}))
    packed = gzip.compress((long * 200).encode(), mtime=0)
    return [
        _bad("empty", b"", "is empty"),
        _bad("only_a_mark", b"\xef\xbb\xbf", "is empty"),
        _bad("only_spaces", "\n \n", "is empty"),
        _bad("binary", b"\x89PNG\r\n\x1a\n\0\0", "binary content"),
        _bad("excel", b"PK\x03\x04\x14\0\0\0", "Excel workbook.*save it again"),
        _bad("old_excel", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel workbook"),
        _bad("avro", b"Obj\x01\x04", "damaged Avro"),
        _bad("pdf", b"%PDF-1.7", "PDF document"),
        _bad("zstandard", b"\x28\xb5\x2f\xfd\0", "compressed as Zstandard"),
        _bad("login_page", "<!DOCTYPE html><html><body>Sign in</body></html>", "web page or XML, often a login page"),
        _bad("note", "a note\n", "is not a table: its first line is 'a note'"),
        _bad("reverse_utf_16", b"\xfe\xff" + long.encode("utf-16-be"), "reverse byte order"),
        _bad(
            "latin_1_late",
            (long + f"{MIDNIGHT},FT-1,10.5,Good\n" * 40000).encode() + b"2024-06-01,FT-1,1,\xb0\n",
            "not (UTF|utf)-8",
        ),
        _bad("line_too_short", f"{long}{HALF},FT-1\n", "cannot be read.*Line: 3"),
        _bad("line_too_long", f"{long}{HALF},FT-1,1,Good,more\n", "cannot be read.*Line: 3"),
        _bad("open_quote", f'{long}{HALF},"FT-1,1,Good\n', "cannot be read"),
        _bad("doubled_column", "time,FT-1,FT-1\n", "more than one column named FT-1"),
        _bad("doubled_but_for_capitals", "time,FT-1,ft-1\n", "more than one column named FT-1, ft-1"),
        _bad("no_time_column", "moment,tag,value\n", "has no time column; found moment, tag, value"),
        _bad("no_tag_of_the_list", "time,A,B\n", "neither the columns tag and value nor a column named as a tag"),
        _bad("cut_parquet", whole[: len(whole) // 2], "truncated or damaged Parquet"),
        _bad("cut_gzip", packed[:-12], "truncated or damaged gzip"),
        _bad("gzip_of_parquet", gzip.compress(whole, mtime=0), "Parquet inside gzip"),
        Case(
            "row_without_a_tag",
            {"a.csv": f"{long}{HALF},,1,Good\n".encode()},
            PLAIN[:1],
            doubts=[("no_tag", "", 1)],
        ),
    ]

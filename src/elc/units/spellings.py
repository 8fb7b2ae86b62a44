"""How plants write units, which spellings the trade reads in two ways, and what pint does not know by itself."""

from __future__ import annotations

WHOLE = {  # a unit written as one word
    "tph": "t/h",
    "TPH": "t/h",
    "T/H": "t/h",
    "kpph": "klb/h",
    "KPPH": "klb/h",
    "pph": "lb/h",
    "PPH": "lb/h",
    "scfm": "scf/min",
    "SCFM": "scf/min",
    "scfh": "scf/h",
    "SCFH": "scf/h",
    "MMscfd": "MMscf/d",
    "MMSCFD": "MMscf/d",
    "Mcfd": "Mcf/d",
    "cfm": "cubic_foot/min",
    "CFM": "cubic_foot/min",
    "gpm": "gallon/min",
    "GPM": "gallon/min",
    "kg/cm2": "kgf/cm2",
    "kg/cm2a": "kgf/cm2",
    "kg/cm2g": "kgf/cm2",
    "ksc": "kgf/cm2",
    "ton of refrigeration": "ton_of_refrigeration",
    "tons of refrigeration": "ton_of_refrigeration",
    "deg C": "degC",
    "deg F": "degF",
    "C": "degC",
    "F": "degF",
}
NAMES = {  # a name inside a unit
    **dict.fromkeys(("KW", "kw", "Kw"), "kW"),
    **dict.fromkeys(("KWH", "kwh", "KWh", "Kwh", "kWH"), "kWh"),
    **dict.fromkeys(("MWH", "Mwh"), "MWh"),
    **dict.fromkeys(("GWH",), "GWh"),
    **dict.fromkeys(("mmBtu", "mmbtu", "mmBTU", "MMBTU", "MMbtu"), "MMBtu"),
    **dict.fromkeys(("BTU", "btu"), "Btu"),
    **dict.fromkeys(("Dth", "DTH", "dth", "dekatherm"), "MMBtu"),
    **dict.fromkeys(("HR", "Hr", "hr", "hrs", "HOUR", "Hour"), "h"),
    **dict.fromkeys(("MIN", "Min", "mins"), "min"),
    **dict.fromkeys(("DAY", "Day"), "day"),
    **dict.fromkeys(("SEC", "Sec"), "s"),
    **dict.fromkeys(("gj",), "GJ"),
    **dict.fromkeys(("KG", "Kg"), "kg"),
    **dict.fromkeys(("LB", "LBS", "lbs", "Lb"), "lb"),
    **dict.fromkeys(("KLB", "klbs", "KLBS", "Klb"), "klb"),
    **dict.fromkeys(("tonne", "tonnes", "Tonne", "te"), "t"),
    **dict.fromkeys(("SCF",), "scf"),
    **dict.fromkeys(("MMSCF", "MMcf", "MMCF"), "MMscf"),
    **dict.fromkeys(("MCF", "Mscf", "MSCF"), "Mcf"),
    **dict.fromkeys(("NM3", "nm3"), "Nm3"),
    **dict.fromkeys(("SM3", "sm3"), "Sm3"),
    **dict.fromkeys(("barg", "bara", "Barg", "Bara", "BARG", "BARA", "BAR"), "bar"),
    **dict.fromkeys(("mbarg", "mbara"), "mbar"),
    **dict.fromkeys(("psig", "psia", "PSIG", "PSIA", "PSI"), "psi"),
    **dict.fromkeys(("kPag", "kPaa", "KPA", "kpa", "kPaG", "kPaA"), "kPa"),
    **dict.fromkeys(("TR", "RT"), "ton_of_refrigeration"),
    **dict.fromkeys(("DEGC", "DegC", "degc", "Celsius", "celsius", "°C", "ºC", "℃", "oC"), "degC"),
    **dict.fromkeys(("DEGF", "DegF", "degf", "Fahrenheit", "fahrenheit", "°F", "ºF", "℉", "oF"), "degF"),
    **dict.fromkeys(("pct", "PCT", "Pct", "percent"), "%"),
    **dict.fromkeys(("ppmv", "PPM", "PPMV", "ppmvd"), "ppm"),
    **dict.fromkeys(("HZ", "hz"), "Hz"),
    **dict.fromkeys(("MPH",), "mph"),
}
_THOUSAND_OR_MILLION = ("kBtu (a thousand)", "MMBtu (a million)")
_TONS = ("t (of 1000 kg)", "short_ton (of 2000 lb)", "long_ton (of 2240 lb)", "ton_of_refrigeration")
_CALORIES = ("{0}cal_it (4.1868 J a calorie, steam tables)", "{0}cal_th (4.184 J a calorie, chemistry)")
AMBIGUOUS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("MBtu", "MBTU", "Mbtu", "mBtu", "MBH", "MBtuh"), _THOUSAND_OR_MILLION),
    **dict.fromkeys(("Mlb", "MLB", "Mlbs", "MLBS"), ("klb (a thousand)", "MMlb (a million)")),
    **dict.fromkeys(("mt", "MT", "mton", "Mton"), ("t (of 1000 kg)", "1000 t written as kt", "1e6 t written as Mt")),
    **dict.fromkeys(("ton", "tons", "TON", "TONS", "Ton", "Tons"), _TONS),
    **{f"{prefix}cal": tuple(text.format(prefix) for text in _CALORIES) for prefix in ("", "k", "M")},
    **{name: tuple(text.format("k") for text in _CALORIES) for name in ("Kcal", "KCAL", "Cal", "calorie", "calories")},
}
DEFINITIONS = (
    "normal_cubic_meter = [normal_volume] = Nm3",
    "million_btu = 1e6 * Btu = MMBtu",
    # ASSUME: an energy meter's calorie is the international-table calorie (4.1868 J), as steam tables use it.
    "gigacalorie = 4.1868e9 joule = Gcal",
    # ASSUME: standard is 15 degC and 1.01325 bar for cubic metres, 60 degF and 14.696 psi for cubic feet.
    "standard_cubic_meter = 0.947943 * normal_cubic_meter = Sm3",
    "standard_cubic_foot = 0.0267906 * normal_cubic_meter = scf",
    "thousand_cubic_feet = 1e3 * standard_cubic_foot = Mcf",
    "million_cubic_feet = 1e6 * standard_cubic_foot = MMscf",
    "million_pounds = 1e6 * pound = MMlb",
)
NOTES = (
    "A pressure stays what it is, gauge or absolute: `barg`, `psig` and `kg/cm2g` are read as `bar`, `psi` and "
    "`kgf/cm2`. Where a column shall be absolute, write the pressure of the air as the tag's `offset`.",
    "`Mcf`, `MMscf` and `scf` are standard cubic feet (60 degF, 14.696 psi), `Sm3` standard cubic metres (15 degC), "
    "and `Nm3` normal ones (0 degC).",
    "`kWh/15min`, `t/1h` and `kWh/interval` are the amount of each interval, of any amount.",
)

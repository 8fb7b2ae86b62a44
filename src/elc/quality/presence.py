"""Data that is not there: gaps, tags that stop or start within the export, and too little of a tag as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from elc.findings import Finding, Kind
from elc.quality.sheet import Doubt, Explained, Mask, Run, Sheet, build_doubt, build_kind
from elc.settings import IngestSettings

# ASSUME: a tag silent for a week up to an end of the export has stopped, or was new; for less, it is a gap.
ABSENT_H = 7 * 24
RECENT_H = 28 * 24
GAP, VANISHED, NEW = build_kind("gap"), build_kind("vanished"), build_kind("new")
LOW_COVERAGE = build_kind("low_coverage", "", "covered_frac")
GAPS_OF_ALL = Kind(LOW_COVERAGE.check, "all", ("covered_frac", "tags"))
# ASSUME: where three tags in four lack the same share, give or take 5 %, the export has gaps.
SHARED_FRAC, ALIKE_FRAC = 0.75, 0.05


def find_absent(sheet: Sheet, settings: IngestSettings) -> Iterator[Doubt]:
    """Find gaps, tags vanished or new, and low coverage; nothing in an export of chosen intervals."""
    if not sheet.is_continuous or sheet.values.shape[1] == 0:
        return
    vanished, new = _mark_vanished(sheet), _mark_new(sheet)
    least = np.array([tag.find_coverage_frac(settings.min_coverage_frac) for tag in sheet.tags])[:, None]
    is_gap = (sheet.coverage < least) & ~vanished & ~new & ~sheet.is_untold
    yield build_doubt(GAP, is_gap, is_maskable=True)
    yield build_doubt(VANISHED, vanished, is_maskable=True)
    yield build_doubt(NEW, new, is_maskable=True)
    yield _find_low_coverage(sheet, settings, vanished | new)


def _mark_vanished(sheet: Sheet) -> Mask:
    """Mark the intervals after a tag's last reading, where the others go on for long enough."""
    sends = sheet.readings > 0
    after = np.flip(np.maximum.accumulate(np.flip(sends, 1), axis=1), 1)
    absent = ~after & sends.any(axis=1, keepdims=True)
    return np.asarray(absent & (absent.sum(axis=1, keepdims=True) * sheet.width_h >= ABSENT_H))


def _mark_new(sheet: Sheet) -> Mask:
    """Mark the intervals before a tag's first reading."""
    sends = sheet.readings > 0
    absent = ~np.maximum.accumulate(sends, axis=1) & sends.any(axis=1, keepdims=True)
    return np.asarray(absent & (absent.sum(axis=1, keepdims=True) * sheet.width_h >= ABSENT_H))


def gather_coverage(findings: Sequence[Finding], columns: int) -> list[Finding]:
    """Say once what is said of the coverage of nearly all columns: the export itself has gaps, no tag of it."""
    low = [finding for finding in findings if finding.kind == LOW_COVERAGE]
    gathered = list(findings)
    for start, end in dict.fromkeys((finding.start, finding.end) for finding in low):
        same = [finding for finding in low if (finding.start, finding.end) == (start, end)]
        share = float(np.median([finding.values["covered_frac"] for finding in same]))
        alike = [finding for finding in same if abs(finding.values["covered_frac"] - share) <= ALIKE_FRAC]
        if len(alike) < max(SHARED_FRAC * columns, 2):
            continue
        values = {"covered_frac": share, "tags": len(alike)}
        whole = Finding(GAPS_OF_ALL, alike[0].plant, "", start, end, values)
        gathered = [*(finding for finding in gathered if finding not in alike), whole]
    return gathered


def _find_low_coverage(sheet: Sheet, settings: IngestSettings, absent: Mask) -> Doubt:
    """Mark the last 28 days, or all, where less of it than `low_coverage_frac` is covered."""
    recent = round(RECENT_H / sheet.width_h)
    marked = np.zeros(absent.shape, dtype=bool)
    for hours in (slice(-recent, None), slice(None)):
        known = ~absent[:, hours]
        total, count = np.where(known, sheet.coverage[:, hours], 0).sum(axis=1), known.sum(axis=1)
        shares = np.divide(total, count, out=np.ones(len(total)), where=count > 0)
        marked[shares < settings.low_coverage_frac, hours] = True
    return Doubt(LOW_COVERAGE.check, marked & ~absent, lambda run: _explain_coverage(sheet, run), is_maskable=True)


def _explain_coverage(sheet: Sheet, run: Run) -> Explained:
    return LOW_COVERAGE, {"covered_frac": float(sheet.coverage[run.column, run.start : run.stop].mean())}

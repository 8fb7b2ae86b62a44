"""The qualities of a source that has words or codes of its own, read as ingest reads those of an export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import numpy as np
import pandas as pd

from elc.fetch.pages import GOOD, TagFault
from elc.ingest.qualities import build_quality


class Qualities:
    """Reads qualities; each word or code is looked up once.

    Args:
        codes: how whole numbers are meant, as `export.quality_codes`; empty where there are none.
        given: what words and codes mean, as `export.quality`.
    """

    def __init__(self, codes: str, given: Mapping[str, str]) -> None:
        self._codes, self._given = codes, given
        self._known: dict[Any, tuple[str, bool]] = {}

    def read(self, column: pd.Series, tags: Any) -> tuple[Any, list[TagFault]]:
        """Read a column of qualities; what is unknown is BAD, with a fault of its tag. `tags` are one text or a column.

        An empty quality counts as GOOD: a database has none where nothing is wrong.
        """
        words = column.map(lambda one: None if pd.isna(one) else str(one)).astype(object)
        self._look_up([word for word in words.unique() if word is not None and word not in self._known])
        read = words.map(lambda word: GOOD if word is None else self._known[word][0]).to_numpy(object)
        strange = words.map(lambda word: word is not None and not self._known[word][1]).to_numpy(bool)
        names = np.full(len(words), tags, object) if isinstance(tags, str) else np.asarray(tags, object)
        found = pd.DataFrame({"tag": names[strange], "word": words[strange].to_numpy()})
        faults = [TagFault(str(tag), "quality", len(rows), rows.iloc[0]) for tag, rows in found.groupby("tag")["word"]]
        return read, faults

    def _look_up(self, words: list[str]) -> None:
        if not words:
            return
        table = ibis.memtable({"word": words}, schema={"word": "string"})
        quality, is_known = build_quality(table.word, self._codes, self._given)
        rows = table.select(word=table.word, quality=quality, is_known=is_known).execute()
        self._known |= {row["word"]: (row["quality"], bool(row["is_known"])) for row in rows.to_dict("records")}

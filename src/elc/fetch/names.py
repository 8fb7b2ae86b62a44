"""By which name each source knows each tag."""

from __future__ import annotations

from collections.abc import Sequence

from elc.settings import TagList
from elc.settings.fetch import SourceSettings


def name_in_source(sources: Sequence[SourceSettings], source: SourceSettings, tags: TagList) -> dict[str, str]:
    """Map the tags that one source of a plant is asked for to its names of them.

    A source that does not list its tags is asked for all that no other lists.
    """
    if isinstance(source.tags, dict):
        return dict(source.tags)
    listed = {tag for other in sources if isinstance(other.tags, dict) for tag in other.tags}
    wanted = [tag.tag for tag in tags.read if tag.tag not in listed]
    return {tag: (source.tags or "{tag}").replace("{tag}", tag) for tag in dict.fromkeys(wanted)}

"""Which photos to fetch and which to drop. A photo has a tag that changes when it does."""

from collections.abc import Mapping

import msgspec

from rollcall.core.records import SourceId

PHOTO_SIZE = 240
"""Pixels of the longer side of a photo, as it is stored and served."""

PHOTO_BYTES = 4 * 1024 * 1024
"""The largest picture that is decoded at all."""


class PhotoPlan(msgspec.Struct, frozen=True):
    """Whose photo to fetch (with the tag that was seen), whose to drop."""

    fetch: Mapping[SourceId, str]
    drop: tuple[SourceId, ...]
    unchanged: int


def plan_photos(*, known: Mapping[SourceId, str], tags: Mapping[SourceId, str]) -> PhotoPlan:
    """Compare the tags that are known with those that were read ("" is “no photo”).

    People whose tag could not be read are in `known` only, and keep what they have.
    """
    return PhotoPlan(
        fetch={
            source_id: tag
            for source_id, tag in tags.items()
            if tag and known.get(source_id, "") != tag
        },
        drop=tuple(source_id for source_id, tag in tags.items() if not tag and source_id in known),
        unchanged=sum(1 for source_id, tag in tags.items() if tag and known.get(source_id) == tag),
    )

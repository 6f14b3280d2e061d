"""People's photos: a tag for each, and the bytes where the tag moved.

https://learn.microsoft.com/graph/api/profilephoto-get. Every 404 is “no photo”, whatever its code.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from urllib.parse import quote

import msgspec

from rollcall.core.photos import PHOTO_SIZE
from rollcall.core.ports import PhotoContent, PhotoFailure, PhotoTag
from rollcall.core.records import SourceId
from rollcall.providers.m365.batch import Item, ItemAnswer, decode_binary
from rollcall.providers.m365.batch_queue import BatchQueue
from rollcall.providers.m365.gather import gather_answers
from rollcall.providers.m365.wire import GraphPhoto

NOT_FOUND = 404
PERMISSION = "User.Read.All"


class PhotosReader:
    """Reads the photos of one directory's people."""

    def __init__(self, queue: BatchQueue) -> None:
        self._queue = queue
        self._large: set[SourceId] = set()

    async def read_tags(self, ids: Sequence[SourceId]) -> AsyncGenerator[PhotoTag | PhotoFailure]:
        """Yield the tag of each photo. The largest is asked for, because any size may be alone."""
        items = {each: _item(each, "photo") for each in ids}
        async with aclosing(gather_answers(self._queue, items, decode_photo)) as answers:
            async for source_id, answer in answers:
                yield self._to_tag(source_id, answer)

    async def read_photos(
        self, ids: Sequence[SourceId]
    ) -> AsyncGenerator[PhotoContent | PhotoFailure]:
        """Yield the bytes of photos, in the size that is kept where Graph makes it."""
        items = {each: self._content_item(each, sized=each in self._large) for each in ids}
        again: list[SourceId] = []
        async with aclosing(gather_answers(self._queue, items, decode_binary)) as answers:
            async for source_id, answer in answers:
                if _is_missing(answer) and source_id in self._large:
                    again.append(source_id)
                else:
                    yield _to_content(source_id, answer)
        whole = {each: self._content_item(each, sized=False) for each in again}
        async with aclosing(gather_answers(self._queue, whole, decode_binary)) as answers:
            async for source_id, answer in answers:
                yield _to_content(source_id, answer)

    def _content_item(self, source_id: SourceId, *, sized: bool) -> Item:
        photo = f"photos/{PHOTO_SIZE}x{PHOTO_SIZE}" if sized else "photo"
        return _item(source_id, f"{photo}/$value")

    def _to_tag(
        self, source_id: SourceId, answer: GraphPhoto | ItemAnswer
    ) -> PhotoTag | PhotoFailure:
        if isinstance(answer, ItemAnswer):
            if _is_missing(answer):
                return PhotoTag(source_id=source_id, tag="")
            return _failure(source_id, answer)
        if (answer.width or 0) >= PHOTO_SIZE and (answer.height or 0) >= PHOTO_SIZE:
            self._large.add(source_id)
        return PhotoTag(source_id=source_id, tag=to_tag(answer))


def _item(source_id: SourceId, what: str) -> Item:
    return Item(path=f"/users/{quote(source_id)}/{what}", mailbox=source_id, permission=PERMISSION)


def decode_photo(body: bytes) -> GraphPhoto:
    """Decode what Graph says about a photo."""
    return msgspec.json.decode(body, type=GraphPhoto)


def to_tag(photo: GraphPhoto) -> str:
    """Return what changes when the photo does; "" for Graph's 1×1 picture that means “none”."""
    if (photo.id or "").casefold() == "1x1" or (photo.width, photo.height) == (1, 1):
        return ""
    return photo.media_etag or ""


def _is_missing(answer: object) -> bool:
    return isinstance(answer, ItemAnswer) and answer.status == NOT_FOUND


def _to_content(source_id: SourceId, answer: bytes | ItemAnswer) -> PhotoContent | PhotoFailure:
    if isinstance(answer, ItemAnswer):
        return _failure(source_id, answer)
    return PhotoContent(source_id=source_id, content=answer)


def _failure(source_id: SourceId, answer: ItemAnswer) -> PhotoFailure:
    error = answer.error
    return PhotoFailure(
        source_id,
        "photo-not-read",
        f"Microsoft answered {error.sentence} ({error.reference}). The photo stays as it was.",
    )

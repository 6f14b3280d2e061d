"""People's photos."""

from collections.abc import Sequence

from rollcall.core.ports import Owner, PhotoMemory, StoredPhoto
from rollcall.core.records import SourceId
from rollcall.store.session import Session
from rollcall.store.sql import load_statements

SQL = load_statements("photos.sql")


class PhotoTables:
    """Keeps people's photos."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def owners(self) -> dict[SourceId, Owner]:
        """Return the directory's people with an extension that is not released."""
        rows = await self._session.fetch(SQL["owners"])
        return {
            SourceId(source_id): Owner(extension_id=extension_id, working=working)
            for source_id, extension_id, working in rows
        }

    async def photo_tags(self) -> dict[SourceId, PhotoMemory]:
        """Return the tags of the photos that are kept."""
        rows = await self._session.fetch(SQL["photo_tags"])
        return {
            SourceId(source_id): PhotoMemory(tag=tag, problem=problem)
            for source_id, tag, problem in rows
        }

    async def apply_photos(
        self, photos: Sequence[StoredPhoto], dropped: Sequence[SourceId]
    ) -> None:
        """Keep `photos` and drop those of the people `dropped`: one transaction."""
        rows = [
            {
                "object_id": photo.source_id,
                "tag": photo.tag,
                "sha256": photo.sha256,
                "content": photo.content,
                "problem": photo.problem,
            }
            for photo in photos
        ]
        async with self._session.write() as transaction:
            if rows:
                await transaction.run_many(SQL["keep_photo"], rows)
            if dropped:
                await transaction.run(SQL["drop_photos"], {"ids": list(dropped)})

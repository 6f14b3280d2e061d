"""What is known of a photo before it is drawn."""

from typing import Literal

from msgspec import Struct

from m365sim.seeds import digest

PHOTO_SIZES = (48, 64, 96, 120, 240, 360, 432, 504, 648)
"""The sizes Exchange makes out of a larger picture. Contract e."""


class Photo(Struct, frozen=True, kw_only=True):
    """A picture that is drawn from its seed when asked for, or bytes that somebody gave."""

    seed: str
    size: int = 648
    picture_format: Literal["jpeg", "png"] = "jpeg"
    initials: str = ""
    drawn: bool = True
    raw: bytes = b""
    """The picture itself, when it is not drawn."""
    declared_type: str = ""
    """The Content-Type sent with it, when it is not the true one."""

    @property
    def content_type(self) -> str:
        """The Content-Type Graph declares, right or wrong."""
        return self.declared_type or f"image/{self.picture_format}"

    @property
    def etag(self) -> str:
        """The tag that changes with the picture."""
        return (
            digest("photo", self.seed, self.size, self.picture_format, self.raw.hex(), size=4)
            .hex()
            .upper()
        )

"""Pictures: bytes of any kind in, a small JPEG out. Nothing is trusted, everything is bounded."""

import io
from hashlib import sha256
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from rollcall.core.photos import PHOTO_BYTES, PHOTO_SIZE

FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
PIXELS: Final = 50_000_000
QUALITY: Final = 88
TRANSPARENT: Final = frozenset({"RGBA", "LA", "PA"})


class PictureError(ValueError):
    """The bytes are no picture that we want; the text says why."""


def encode_picture(content: bytes) -> bytes:
    """Return `content` as a JPEG of at most PHOTO_SIZE pixels a side, without its metadata.

    Raises PictureError for what is too large, of an unknown format, or broken.
    """
    if len(content) > PHOTO_BYTES:
        raise PictureError(f"The picture is larger than {PHOTO_BYTES // 1024 // 1024} MB.")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > PIXELS:
                raise PictureError(f"The picture has {image.width} × {image.height} pixels.")
            image.draft("RGB", (PHOTO_SIZE, PHOTO_SIZE))
            ImageOps.exif_transpose(image, in_place=True)
            return _encode(image)
    except UnidentifiedImageError:
        raise PictureError("The picture is of no known format.") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, PictureError):
            raise
        raise PictureError("The picture is broken.") from None


def picture_digest(content: bytes) -> bytes:
    """Return the SHA-256 of a picture."""
    return sha256(content).digest()


def _encode(image: Image.Image) -> bytes:
    image.thumbnail((PHOTO_SIZE, PHOTO_SIZE))
    out = io.BytesIO()
    _flatten(image).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _flatten(image: Image.Image) -> Image.Image:
    """Return the picture without transparency: what shines through is white."""
    if image.mode not in TRANSPARENT and "transparency" not in image.info:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    canvas = Image.new("RGB", image.size, "white")
    canvas.paste(layer, mask=layer)
    return canvas

"""Draws the photos: a face or initials on a colour, always the same for the same seed."""

import io
import struct
from functools import lru_cache
from typing import Literal
from zlib import crc32

from PIL import Image, ImageDraw, ImageFont

from m365sim.seeds import Dice
from m365sim.state.photo import Photo

PLACEHOLDER_GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
"""The 1x1 picture that once stood for "no photo"."""
LOOKS = 96
"""Different faces; more people than these share one, told apart by a comment in the file."""
BACKGROUNDS = (
    "#2d6a8f",
    "#b5533c",
    "#4f7942",
    "#7d5a8c",
    "#c28f2c",
    "#3b7a76",
    "#8f3d5b",
    "#5b6b7a",
)
SKINS = ("#f3d2b3", "#e6b48c", "#c98e64", "#a06a43", "#7a4a2b", "#f7dfc9")
HAIRS = ("#2b2118", "#5a3a22", "#a5763f", "#d9b36c", "#8d8d8d", "#3c1f14", "#b24a2a")
SHIRTS = ("#22313f", "#f2f2ee", "#7a1f2b", "#34568b", "#556b2f", "#e0a96d")
SUPERSAMPLING = 2
UNREADABLE = (OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning)


def picture(photo: Photo, size: int) -> bytes:
    """Return a photo as a file, no larger than `size` pixels a side."""
    if not photo.drawn:
        return _resized(photo, size)
    look = int(photo.etag, 16) % LOOKS
    drawn = _drawn(look, photo.initials, size, photo.picture_format)
    return _signed(drawn, photo.picture_format, photo.etag)


def measured(raw: bytes) -> tuple[int, Literal["jpeg", "png"]] | None:
    """Return size and format of a picture file; None for bytes that are none."""
    try:
        with Image.open(io.BytesIO(raw)) as image:
            return max(image.size), "png" if image.format == "PNG" else "jpeg"
    except UNREADABLE:
        return None


def broken_picture(seed: str) -> bytes:
    """Return the first half of a JPEG."""
    whole = picture(Photo(seed=seed), 240)
    return whole[: len(whole) // 2]


def _resized(photo: Photo, size: int) -> bytes:
    if size >= photo.size or measured(photo.raw) is None:
        return photo.raw
    try:
        with Image.open(io.BytesIO(photo.raw)) as image:
            smaller = image.convert("RGB")
            smaller.thumbnail((size, size))
            return _saved(smaller, photo.picture_format)
    except UNREADABLE:
        return photo.raw


@lru_cache(maxsize=1024)
def _drawn(look: int, initials: str, size: int, picture_format: Literal["jpeg", "png"]) -> bytes:
    dice = Dice("look", look)
    side = size * SUPERSAMPLING
    image = Image.new("RGB", (side, side), dice.pick(BACKGROUNDS))
    if initials:
        _write_initials(image, initials)
    else:
        _draw_face(image, dice)
    return _saved(image.resize((size, size), Image.Resampling.LANCZOS), picture_format)


def _write_initials(image: Image.Image, initials: str) -> None:
    side = image.width
    font = ImageFont.load_default(size=side * 0.42)
    ImageDraw.Draw(image).text((side / 2, side / 2), initials, fill="white", font=font, anchor="mm")


def _draw_face(image: Image.Image, dice: Dice) -> None:
    side = image.width
    pen = ImageDraw.Draw(image)
    skin, hair, shirt = dice.pick(SKINS), dice.pick(HAIRS), dice.pick(SHIRTS)

    def box(
        left: float, top: float, right: float, bottom: float
    ) -> tuple[float, float, float, float]:
        return left * side, top * side, right * side, bottom * side

    if dice.chance(0.5):
        pen.ellipse(box(0.24, 0.14, 0.76, 0.80), fill=hair)
    pen.ellipse(box(0.12, 0.72, 0.88, 1.35), fill=shirt)
    pen.rectangle(box(0.42, 0.58, 0.58, 0.78), fill=skin)
    pen.ellipse(box(0.29, 0.18, 0.71, 0.68), fill=skin)
    pen.pieslice(box(0.27, 0.12, 0.73, 0.60), 180, 360, fill=hair)
    pen.ellipse(box(0.31, 0.27, 0.69, 0.52), fill=skin)
    for left in (0.39, 0.56):
        pen.ellipse(box(left, 0.40, left + 0.05, 0.45), fill="#2a2a2a")
    if dice.chance(0.3):
        for left in (0.36, 0.53):
            pen.ellipse(
                box(left, 0.37, left + 0.11, 0.48), outline="#333333", width=max(1, side // 90)
            )
    pen.arc(box(0.41, 0.44, 0.59, 0.60), 20, 160, fill="#8c3b3b", width=max(2, side // 60))


def _saved(image: Image.Image, picture_format: Literal["jpeg", "png"]) -> bytes:
    target = io.BytesIO()
    if picture_format == "png":
        image.save(target, "PNG")
    else:
        image.save(target, "JPEG", quality=85)
    return target.getvalue()


def _signed(raw: bytes, picture_format: Literal["jpeg", "png"], text: str) -> bytes:
    """Put a comment into a picture file, so that no two people have the same bytes."""
    comment = text.encode()
    if picture_format == "jpeg":
        return raw[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + raw[2:]
    chunk = b"tEXtComment\x00" + comment
    header_end = 33
    return (
        raw[:header_end]
        + struct.pack(">I", len(chunk) - 4)
        + chunk
        + struct.pack(">I", crc32(chunk))
        + raw[header_end:]
    )

"""The tag of a photo, and the pictures that stand for none."""

import pytest
from tests.unit.providers.scripted import BatchGraph, Parts, good, refusal

from rollcall.core.photos import PHOTO_SIZE
from rollcall.core.ports import PhotoContent, PhotoFailure, PhotoTag
from rollcall.core.records import SourceId
from rollcall.providers.m365.photos import PhotosReader, to_tag
from rollcall.providers.m365.wire import GraphPhoto

SIZE = f"{PHOTO_SIZE}x{PHOTO_SIZE}"


@pytest.mark.parametrize(
    ("photo", "tag"),
    [
        (GraphPhoto(id="648x648", media_etag='"A"', width=648, height=648), '"A"'),
        (GraphPhoto(media_etag='W/"A"'), 'W/"A"'),
        (GraphPhoto(id="1x1", media_etag='"A"'), ""),
        (GraphPhoto(id="1X1", media_etag='"A"', width=1, height=1), ""),
        (GraphPhoto(media_etag='"A"', width=1, height=1), ""),
        (GraphPhoto(id="240x240", media_etag=""), ""),
        (GraphPhoto(), ""),
    ],
)
def test_a_photo_changes_with_its_tag_and_the_1x1_picture_is_none(
    photo: GraphPhoto, tag: str
) -> None:
    assert to_tag(photo) == tag


PEOPLE = [SourceId(name) for name in ("large", "small", "none", "hidden")]


def photo(width: int) -> Parts:
    return good({"@odata.mediaEtag": f'"{width}"', "width": width, "height": width})


def office(path: str) -> Parts:
    """A large picture that Graph makes smaller, a small one, none, and one that is refused."""
    person, _, what = path.removeprefix("/users/").partition("/")
    answers = {
        "large": {"photo": photo(648), f"photos/{SIZE}/$value": good("bGFyZ2U=")},
        "small": {"photo": photo(48), "photo/$value": good("c21hbGw=")},
        "none": {"photo": refusal(404, "ImageNotFound")},
        "hidden": {"photo": refusal(403, "ErrorAccessDenied")},
    }
    return answers[person].get(what, refusal(404, "ErrorItemNotFound"))


async def test_each_photo_has_its_tag_and_a_404_is_none() -> None:
    async with BatchGraph(office).queue() as queue:
        found = {each.source_id: each async for each in PhotosReader(queue).read_tags(PEOPLE)}

    hidden = found.pop(SourceId("hidden"))
    assert isinstance(hidden, PhotoFailure)
    assert "403 ErrorAccessDenied" in hidden.message
    tags = {name: tag.tag for name, tag in found.items() if isinstance(tag, PhotoTag)}
    assert tags == {"large": '"648"', "small": '"48"', "none": ""}


async def test_a_large_photo_is_fetched_small_and_a_small_one_as_it_is() -> None:
    async with BatchGraph(office).queue() as queue:
        reader = PhotosReader(queue)
        assert [each async for each in reader.read_tags(PEOPLE)]
        found = [each async for each in reader.read_photos(PEOPLE[:2])]

    assert found == [
        PhotoContent(SourceId("large"), b"large"),
        PhotoContent(SourceId("small"), b"small"),
    ]


async def test_a_size_that_graph_does_not_make_is_fetched_whole() -> None:
    def unwilling(path: str) -> Parts:
        return good("d2hvbGU=") if path.endswith("/photo/$value") else office(path)

    graph = BatchGraph(
        lambda path: refusal(404, "ImageNotFound") if "photos/" in path else unwilling(path)
    )
    async with graph.queue() as queue:
        reader = PhotosReader(queue)
        assert [each async for each in reader.read_tags(PEOPLE[:1])]
        [found] = [each async for each in reader.read_photos(PEOPLE[:1])]

    assert found == PhotoContent(SourceId("large"), b"whole")


async def test_a_photo_that_goes_between_tag_and_bytes_stays_as_it_was() -> None:
    async with BatchGraph(office).queue() as queue:
        [found] = [each async for each in PhotosReader(queue).read_photos(PEOPLE[2:3])]

    assert isinstance(found, PhotoFailure)
    assert found.code == "photo-not-read"

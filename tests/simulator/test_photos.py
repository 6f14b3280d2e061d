"""Photos: sizes, tags, what "no photo" looks like, and pictures that are none."""

import io
from base64 import b64decode, b64encode

import pytest
from PIL import Image

from tests.simulator.control import Directory, op
from tests.simulator.graph import Client


@pytest.fixture
def owner(directory: Directory) -> str:
    """Somebody with a photo of 360 pixels."""
    who = next(one.id for one in directory.users() if one.mailbox == "user")
    directory.change(op("set_photo", user=who, seed="first", size=360))
    return who


def size_of(raw: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(raw)) as image:
        image.load()
        return image.size


def test_the_largest_photo_and_its_sizes(client: Client, owner: str) -> None:
    found = client.get(f"/users/{owner}/photo").json
    assert (found["id"], found["width"], found["height"]) == ("360x360", 360, 360)
    assert found["@odata.mediaContentType"] == "image/jpeg"
    listed = client.get(f"/users/{owner}/photos").json["value"]
    sizes = ["48x48", "64x64", "96x96", "120x120", "240x240", "360x360"]
    assert [one["id"] for one in listed] == sizes
    assert {one["@odata.mediaEtag"] for one in listed} == {found["@odata.mediaEtag"]}


def test_smaller_photos_are_made_and_larger_ones_are_not(client: Client, owner: str) -> None:
    small = client.get(f"/users/{owner}/photos/48x48/$value")
    assert small.headers["content-type"] == "image/jpeg"
    assert size_of(small.body) == (48, 48)
    assert client.get(f"/users/{owner}/photos/240X240").json["id"] == "240x240"
    assert size_of(client.get(f"/users/{owner}/photo/$value").body) == (360, 360)
    for path in ("photos/648x648", "photos/648x648/$value", "photos/100x100"):
        answer = client.get(f"/users/{owner}/{path}")
        assert (answer.status, answer.code) == (404, "ImageNotFound")
    assert client.get(f"/users/{owner}/photos/nonsense").status == 400


def test_a_new_photo_has_a_new_tag_and_is_no_news_for_delta(
    client: Client, directory: Directory, owner: str
) -> None:
    _, link = client.round("/users/delta?$select=displayName")
    before = client.get(f"/users/{owner}/photo").json["@odata.mediaEtag"]
    value = client.get(f"/users/{owner}/photo/$value")
    assert value.headers["etag"] == before
    directory.change(op("set_photo", user=owner, seed="second", size=360))
    assert client.get(f"/users/{owner}/photo").json["@odata.mediaEtag"] != before
    assert client.get(f"/users/{owner}/photo/$value").body != value.body
    assert client.round(link)[0] == []
    directory.change(op("remove_photo", user=owner))
    assert client.get(f"/users/{owner}/photo").status == 404


def test_a_picture_that_was_given_comes_back(
    client: Client, directory: Directory, owner: str
) -> None:
    target = io.BytesIO()
    Image.new("RGB", (300, 300), "#336699").save(target, "PNG")
    given = b64encode(target.getvalue()).decode()
    directory.change(op("set_photo", user=owner, photo=given, content_type="image/jpeg"))
    found = client.get(f"/users/{owner}/photo").json
    assert found["id"] == "300x300"
    assert found["@odata.mediaContentType"] == "image/jpeg"
    assert client.get(f"/users/{owner}/photo/$value").body == target.getvalue()
    assert size_of(client.get(f"/users/{owner}/photos/96x96/$value").body) == (96, 96)


def test_a_picture_far_too_large_is_sent_as_it_is(
    client: Client, directory: Directory, owner: str
) -> None:
    """Half a gigapixel in a small file: whoever opens it carelessly is sorry."""
    target = io.BytesIO()
    Image.new("1", (24_000, 24_000)).save(target, "PNG")
    noise = target.getvalue() + bytes(2_000_000)
    directory.change(op("set_photo", user=owner, photo=b64encode(noise).decode()))
    assert client.get(f"/users/{owner}/photos/240x240/$value").body == noise


def test_a_broken_photo_is_sent_as_if_it_were_good(
    client: Client, directory: Directory, owner: str
) -> None:
    directory.change(op("set_photo", user=owner, photo="broken"))
    answer = client.get(f"/users/{owner}/photos/240x240/$value")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    with pytest.raises(OSError, match="truncated"):
        size_of(answer.body)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("user", "ImageNotFound"),
        ("none", "ErrorNonExistentMailbox"),
        ("on-premises", "MailboxNotHostedInExchangeOnline"),
    ],
)
def test_no_photo_has_many_names(
    client: Client, directory: Directory, owner: str, kind: str, code: str
) -> None:
    directory.change(op("remove_photo", user=owner), op("set_mailbox", user=owner, kind=kind))
    for path in ("photo", "photos", "photo/$value", "photos/240x240", "photos/240x240/$value"):
        answer = client.get(f"/users/{owner}/{path}")
        assert (answer.status, answer.code) == (404, code)


def test_the_picture_of_one_pixel(client: Client, directory: Directory, owner: str) -> None:
    directory.change(op("remove_photo", user=owner))
    client.simulator.set(missing_photo="gif")
    found = client.get(f"/users/{owner}/photo").json
    assert (found["id"], found["@odata.mediaEtag"]) == ("1x1", "")
    assert found["@odata.mediaContentType"] == "image/gif"
    answer = client.get(f"/users/{owner}/photo/$value")
    assert answer.headers["content-type"] == "image/gif"
    assert size_of(answer.body) == (1, 1)


def test_contacts_have_no_photos(client: Client, directory: Directory, owner: str) -> None:
    contact = directory.mailbox(owner).contacts[0]
    for path in (f"contacts/{contact.id}", f"contactFolders/contacts/contacts/{contact.id}"):
        assert client.get(f"/users/{owner}/{path}/photo").code == "ErrorItemNotFound"
        assert client.get(f"/users/{owner}/{path}/photo/$value").status == 404


def test_a_photo_in_a_batch_is_base64(client: Client, owner: str) -> None:
    found = client.batch(
        {"id": "1", "method": "GET", "url": f"/users/{owner}/photos/48x48/$value"},
        {"id": "2", "method": "GET", "url": f"/users/{owner}/photos/48x48"},
    )
    assert found["1"]["headers"]["Content-Type"] == "image/jpeg"
    assert size_of(b64decode(found["1"]["body"])) == (48, 48)
    assert found["2"]["body"]["@odata.mediaEtag"] == found["1"]["headers"]["ETag"]

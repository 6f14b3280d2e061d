"""A store keeps the photos of people with an extension, and the tags of those that are no good."""

from hashlib import sha256

from rollcall.core.plan import Block, Profile, UserPlan
from rollcall.core.ports import Owner, PhotoMemory, StoredPhoto
from rollcall.core.records import SourceId
from tests.contract.desk import Desk, person

ANNA, BOB, CLEO = person("anna"), person("bob"), person("cleo")
PICTURE = b"a picture"


def _photo(name: str, tag: str) -> StoredPhoto:
    return StoredPhoto(SourceId(name), tag, PICTURE, sha256(PICTURE).digest())


def _keep(desk: Desk, *photos: StoredPhoto, dropped: tuple[str, ...] = ()) -> None:
    gone = [SourceId(each) for each in dropped]
    desk.ask(lambda store: store.apply_photos(photos, gone))


def _tags(desk: Desk) -> dict[SourceId, PhotoMemory]:
    return desk.ask(lambda store: store.photo_tags())


def test_owners_are_the_directorys_people_who_have_a_number(desk: Desk) -> None:
    dora = person("dora")
    desk.seat((ANNA, 2000), (BOB, 2001), (CLEO, 2002), (dora, 2003))
    desk.pbx.add_local(2004, Profile(display_name="By hand"))
    desk.apply(UserPlan(changes=(desk.act(Block, "bob"),)))
    desk.release("cleo")
    desk.pbx.delete_extension(2003, now=desk.clock())

    owners = desk.ask(lambda store: store.owners())

    assert owners == {
        "anna": Owner(desk.extension("anna").extension_id, working=True),
        "bob": Owner(desk.extension("bob").extension_id, working=False),
        "dora": Owner(desk.extension("dora").extension_id, working=False),
    }


def test_photos_come_change_and_go(desk: Desk) -> None:
    desk.seat((ANNA, 2000), (BOB, 2001), (CLEO, 2002))
    _keep(desk, _photo("anna", "1"), _photo("bob", "1"), _photo("cleo", "1"))
    _keep(desk, _photo("bob", "2"), dropped=("cleo",))

    assert _tags(desk) == {"anna": PhotoMemory("1"), "bob": PhotoMemory("2")}


def test_a_bad_picture_is_remembered_by_its_tag(desk: Desk) -> None:
    desk.seat((ANNA, 2000))
    bad = StoredPhoto(ANNA.source_id, "1", None, None, problem="The picture is broken.")
    _keep(desk, bad)

    assert _tags(desk) == {"anna": PhotoMemory("1", "The picture is broken.")}

    _keep(desk, _photo("anna", "2"))

    assert _tags(desk) == {"anna": PhotoMemory("2")}


def test_nobody_without_a_number_has_a_photo(desk: Desk) -> None:
    desk.seat((ANNA, 2000), (BOB, 2001))
    _keep(desk, _photo("anna", "1"))
    desk.release("anna")
    desk.release("bob")
    _keep(desk, _photo("bob", "1"), _photo("nobody", "1"))

    assert _tags(desk) == {}

"""Which photos are fetched, and which are dropped."""

from collections.abc import Mapping

from rollcall.core.photos import PhotoPlan, plan_photos
from rollcall.core.records import SourceId


def made(known: Mapping[str, str], tags: Mapping[str, str]) -> PhotoPlan:
    return plan_photos(
        known={SourceId(each): tag for each, tag in known.items()},
        tags={SourceId(each): tag for each, tag in tags.items()},
    )


def test_a_photo_is_fetched_when_its_tag_is_new_or_another_one() -> None:
    plan = made({"bob": "old", "cleo": "same"}, {"anna": "new", "bob": "newer", "cleo": "same"})
    assert dict(plan.fetch) == {"anna": "new", "bob": "newer"}
    assert plan.unchanged == 1
    assert plan.drop == ()


def test_an_empty_tag_drops_a_photo_that_is_kept_and_fetches_none() -> None:
    plan = made({"anna": "old"}, {"anna": "", "bob": ""})
    assert plan.drop == ("anna",)
    assert dict(plan.fetch) == {}


def test_whose_tag_could_not_be_read_keeps_the_photo() -> None:
    assert made({"anna": "old"}, {}) == PhotoPlan(fetch={}, drop=(), unchanged=0)

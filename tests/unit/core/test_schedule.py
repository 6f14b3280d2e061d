"""When a tenant is synchronised, through all that clocks do in a year."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollcall.core.schedule import (
    RETRIES,
    SPREAD,
    is_long,
    next_attempt,
    next_slot,
    spread,
)

ZONES = sorted(zone for zone in available_timezones() if "/" in zone)
MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def slot(at: str, zone: str, after: str) -> datetime:
    return next_slot(at=time.fromisoformat(at), zone=zone, after=utc(after), key=1).slot_at


def wall_minutes(zone: str, begin: datetime, minutes: int) -> list[tuple[datetime, datetime]]:
    """Every minute from `begin`: by UTC, and as the clock on the wall says (without a zone)."""
    moments = [begin + MINUTE * number for number in range(minutes)]
    return [(each, each.astimezone(ZoneInfo(zone)).replace(tzinfo=None)) for each in moments]


def watched_slot(at: time, zone: str, after: datetime) -> datetime:
    """Find the slot as somebody would who watches the clock on the wall, minute by minute."""
    begin = after.replace(second=0, microsecond=0) - timedelta(days=2)
    seen: set[date] = set()
    before = None
    for moment, wall in wall_minutes(zone, begin, 5 * 24 * 60):
        wanted = datetime.combine(wall.date(), at)
        passed = before is not None and before < wanted <= wall
        if passed and wall.date() not in seen:
            seen.add(wall.date())
            if moment > after:
                return moment
        before = wall if before is None else max(before, wall)
    raise AssertionError("no slot in three days")


class TestTheSlot:
    @pytest.mark.parametrize(
        ("at", "zone", "after", "expected"),
        [
            ("00:00", "Europe/Berlin", "2026-11-23T12:00", "2026-11-23T23:00"),
            ("00:00", "Europe/Berlin", "2026-07-23T12:00", "2026-07-23T22:00"),
            ("02:30", "Europe/Berlin", "2026-03-28T12:00", "2026-03-29T01:00"),  # gap: its end
            ("02:30", "Europe/Berlin", "2026-10-24T12:00", "2026-10-25T00:30"),  # twice: the first
            ("02:30", "Europe/Berlin", "2026-10-25T00:30", "2026-10-26T01:30"),  # not the second
            ("00:00", "America/Santiago", "2026-09-05T12:00", "2026-09-06T04:00"),
            ("00:00", "Africa/Cairo", "2026-04-23T12:00", "2026-04-23T22:00"),
            ("02:30", "America/New_York", "2026-03-07T12:00", "2026-03-08T07:00"),
            ("02:15", "Australia/Lord_Howe", "2026-10-03T02:00", "2026-10-03T15:30"),
            ("12:00", "Asia/Kathmandu", "2026-11-23T06:15", "2026-11-24T06:15"),
        ],
    )
    def test_the_clock_on_the_wall_decides(
        self, at: str, zone: str, after: str, expected: str
    ) -> None:
        assert slot(at, zone, after) == utc(expected)

    def test_it_is_always_later_than_the_moment_that_is_asked_of(self) -> None:
        assert slot("00:00", "UTC", "2026-11-23T00:00") == utc("2026-11-24T00:00")
        assert slot("00:00", "UTC", "2026-11-22T23:59:59") == utc("2026-11-23T00:00")

    @settings(max_examples=60, deadline=None)
    @given(
        zone=st.sampled_from(ZONES),
        at=st.times().map(lambda moment: moment.replace(second=0, microsecond=0, tzinfo=None)),
        after=st.integers(1_735_689_600, 1_861_920_000),
    )
    def test_it_is_the_one_that_somebody_sees_who_watches_the_clock(
        self, zone: str, at: time, after: int
    ) -> None:
        moment = datetime.fromtimestamp(after, UTC)
        found = next_slot(at=at, zone=zone, after=moment, key=7)
        assert found.slot_at == watched_slot(at, zone, moment)

    @pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe"])
    @pytest.mark.parametrize("at", ["00:00", "01:45", "02:00", "02:30", "03:00"])
    def test_a_year_has_a_slot_on_each_of_its_days(self, at: str, zone: str) -> None:
        moment = utc("2026-01-01T12:00")
        days = []
        while moment < utc("2027-01-01T12:00"):
            moment = next_slot(at=time.fromisoformat(at), zone=zone, after=moment, key=1).slot_at
            days.append(moment.astimezone(ZoneInfo(zone)).date())
        assert len(days) == len(set(days)) == 366


class TestTheSpread:
    def test_the_same_tenant_always_comes_as_long_after_its_time(self) -> None:
        assert spread(41) == spread(41)
        found = next_slot(at=time(0), zone="UTC", after=utc("2026-11-23T12:00"), key=41)
        assert found.next_at - found.slot_at == spread(41)

    def test_thousands_of_tenants_do_not_begin_in_one_second(self) -> None:
        seconds = [spread(key).total_seconds() for key in range(1, 3001)]
        assert 0 <= min(seconds) < 5
        assert SPREAD.total_seconds() - 5 < max(seconds) < SPREAD.total_seconds()
        busiest = max(seconds.count(each) for each in set(seconds))
        assert busiest <= 30


class TestTheNextAttempt:
    slot_at = utc("2026-11-24T00:00")

    def after(self, failures: int, now: str = "2026-11-23T00:10") -> timedelta | None:
        found = next_attempt(failures=failures, now=utc(now), slot_at=self.slot_at, key=1)
        return None if found is None else found - utc(now)

    def test_each_failure_in_a_row_waits_longer(self) -> None:
        waits = [self.after(failures) for failures in range(1, 6)]
        assert all(wait is not None for wait in waits)
        for wait, least in zip(waits, RETRIES, strict=True):
            assert least <= wait <= least + MINUTE  # type: ignore[operator]  # checked above

    def test_after_the_last_attempt_the_next_slot_is_waited_for(self) -> None:
        assert self.after(6) is None
        assert self.after(0) is None

    def test_no_attempt_comes_shortly_before_a_slot(self) -> None:
        assert self.after(1, "2026-11-23T23:53") is None
        assert self.after(1, "2026-11-23T23:40") is not None


def test_a_run_is_long_by_its_people_or_by_how_long_it_took() -> None:
    assert not is_long(people=4999, seconds=60)
    assert is_long(people=5000, seconds=1)
    assert is_long(people=3, seconds=61)

"""What is done with an answer, by its status, its headers and how often it was asked for."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.providers.http.retry import (
    LONGEST_WAIT,
    MOST_ATTEMPTS,
    MOST_THROTTLED,
    Accept,
    GiveUp,
    Verdict,
    Wait,
    backoff,
    judge_failure,
    judge_status,
    parse_retry_after,
)

NOW = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
IN_NINE_SECONDS = "Sun, 29 Mar 2026 00:00:09 GMT"
NINE_SECONDS_AGO = "Sat, 28 Mar 2026 23:59:51 GMT"

FINAL = (200, 201, 202, 204, 301, 304, 400, 401, 403, 404, 405, 409, 410, 413, 451, 501, 505, 507)
"""Asking again would not change these."""

TABLE: tuple[tuple[int, Mapping[str, str], int, Verdict], ...] = (
    # throttled: as long as the other side says
    (429, {"retry-after": "10"}, 1, Wait(10, throttled=True)),
    (429, {"retry-after": "2.128"}, 1, Wait(2.128, throttled=True)),
    (429, {"retry-after": "0"}, 1, Wait(0, throttled=True)),
    (429, {"retry-after": IN_NINE_SECONDS}, 1, Wait(9, throttled=True)),
    (429, {"retry-after": NINE_SECONDS_AGO}, 1, Wait(0, throttled=True)),
    (429, {"retry-after": "900"}, 1, Wait(900, throttled=True)),
    (429, {"retry-after": "901"}, 1, GiveUp("asks us to wait 901 seconds")),
    (503, {"retry-after": "3"}, 1, Wait(3, throttled=True)),
    # throttled, without a word or with one that means nothing: doubling
    (429, {}, 1, Wait(0.5, throttled=True)),
    (429, {}, 2, Wait(1, throttled=True)),
    (429, {"retry-after": ""}, 3, Wait(2, throttled=True)),
    (429, {"retry-after": "soon"}, 1, Wait(0.5, throttled=True)),
    (429, {"retry-after": "-5"}, 1, Wait(0.5, throttled=True)),
    (429, {"retry-after": "inf"}, 1, Wait(0.5, throttled=True)),
    (429, {"retry-after": "nan"}, 1, Wait(0.5, throttled=True)),
    (503, {}, 4, Wait(4, throttled=True)),
    # broken
    (500, {}, 1, Wait(0.5, throttled=False)),
    (502, {}, 2, Wait(1, throttled=False)),
    (504, {}, 3, Wait(2, throttled=False)),
    (408, {}, 1, Wait(0.5, throttled=False)),
    (423, {}, 1, Wait(0.5, throttled=False)),
    (424, {}, 1, Wait(0.5, throttled=False)),
    (504, {"retry-after": "5"}, 1, Wait(5, throttled=False)),
    # often enough
    (500, {}, MOST_ATTEMPTS - 1, Wait(16, throttled=False)),
    (500, {}, MOST_ATTEMPTS, GiveUp("answered 500 7 times")),
    (504, {"retry-after": "1"}, MOST_ATTEMPTS, GiveUp("answered 504 7 times")),
    (503, {}, MOST_ATTEMPTS, GiveUp("answered 503 7 times")),
    (429, {"retry-after": "1"}, MOST_ATTEMPTS, Wait(1, throttled=True)),
    (429, {"retry-after": "1"}, MOST_THROTTLED - 1, Wait(1, throttled=True)),
    (429, {"retry-after": "1"}, MOST_THROTTLED, GiveUp("answered 429 20 times")),
)


def judge(status: int, headers: Mapping[str, str], attempt: int) -> Verdict:
    return judge_status(status, headers, attempt=attempt, jitter=1.0, now=NOW)


@pytest.mark.parametrize(("status", "headers", "attempt", "verdict"), TABLE)
def test_an_answer_is_waited_out_or_given_up_by_the_table(
    status: int, headers: Mapping[str, str], attempt: int, verdict: Verdict
) -> None:
    assert judge(status, headers, attempt) == verdict


@pytest.mark.parametrize("status", FINAL)
def test_an_answer_that_asking_again_does_not_change_is_taken(status: int) -> None:
    assert judge(status, {"retry-after": "1"}, 1) == Accept()


def test_a_connection_that_fails_is_tried_as_often_as_a_broken_server() -> None:
    verdicts = [judge_failure(attempt=n, jitter=1.0) for n in range(1, MOST_ATTEMPTS + 1)]

    assert [type(each) for each in verdicts] == [Wait] * (MOST_ATTEMPTS - 1) + [GiveUp]
    assert verdicts[-1] == GiveUp("failed 7 times")


@given(
    attempt=st.integers(1, 1000),
    jitter=st.floats(0, 1),
)
def test_a_delay_doubles_is_at_least_half_of_that_and_never_over_a_minute(
    attempt: int, jitter: float
) -> None:
    whole = min(60.0, 0.5 * 2 ** min(attempt - 1, 20))

    assert whole / 2 <= backoff(attempt, jitter) <= whole


@given(
    status=st.integers(100, 599),
    retry_after=st.none() | st.text(max_size=40) | st.floats().map(str) | st.integers().map(str),
    attempt=st.integers(1, 30),
)
def test_no_header_makes_a_run_wait_for_longer_than_it_may(
    status: int, retry_after: str | None, attempt: int
) -> None:
    headers = {} if retry_after is None else {"retry-after": retry_after}

    verdict = judge(status, headers, attempt)

    assert not isinstance(verdict, Wait) or 0 <= verdict.seconds <= LONGEST_WAIT
    assert not isinstance(verdict, Wait) or attempt < MOST_THROTTLED


def test_a_date_without_a_zone_is_meant_in_utc() -> None:
    assert parse_retry_after("Sun, 29 Mar 2026 00:01:00 -0000", now=NOW) == 60

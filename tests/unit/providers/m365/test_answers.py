"""What an error answer says: code, text, and the ids that Microsoft's support asks for."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.providers.m365.answers import decode_error

HEADERS = {"request-id": "theirs", "client-request-id": "ours", "date": "today"}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "code", "message", "innerError", "innererror", "request-id"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def body(**detail: object) -> bytes:
    return json.dumps({"error": detail}).encode()


def test_an_error_has_its_code_its_text_and_its_ids() -> None:
    error = decode_error(403, HEADERS, body(code="ErrorAccessDenied", message="No."))

    assert (error.status, error.code, error.message) == (403, "ErrorAccessDenied", "No.")
    assert (error.request_id, error.client_request_id, error.date) == ("theirs", "ours", "today")
    assert error.key == "erroraccessdenied"
    assert error.sentence == "403 ErrorAccessDenied"
    assert error.reference == "Microsoft's request id theirs, today"


@pytest.mark.parametrize("spelling", ["innerError", "innererror"])
@pytest.mark.parametrize("request_id", ["request-id", "requestId"])
def test_without_headers_the_ids_are_those_of_the_inner_error(
    spelling: str, request_id: str
) -> None:
    inner = {request_id: "theirs", "client-request-id": "ours", "date": "today"}

    error = decode_error(404, {}, body(code="x", **{spelling: inner}))

    assert (error.request_id, error.client_request_id, error.date) == ("theirs", "ours", "today")


def test_an_empty_code_is_that_of_the_inner_error() -> None:
    assert decode_error(400, {}, body(code="", innerError={"code": "inner"})).code == "inner"
    assert decode_error(400, {}, body(code=None)).code == ""


@pytest.mark.parametrize("text", [b"", b"<html>Gateway Timeout</html>", b"null", b"[]", b'{"a":1}'])
def test_a_body_that_is_no_error_leaves_status_and_ids(text: bytes) -> None:
    error = decode_error(504, HEADERS, text)

    assert (error.code, error.message, error.sentence) == ("", "", "504")
    assert error.request_id == "theirs"


def test_an_error_without_any_id_says_so() -> None:
    assert decode_error(500, {}, b"").reference == "Microsoft's request id unknown, no date"


@given(JSON)
def test_no_body_at_all_breaks_the_decoding(value: object) -> None:
    error = decode_error(500, {}, json.dumps(value).encode())

    assert isinstance(error.code, str)
    assert isinstance(error.message, str)

"""What an answer of Graph says went wrong, with the ids that Microsoft's support asks for."""

from collections.abc import Mapping

import msgspec

from rollcall.providers.m365.wire import ErrorBody, InnerError

_decoder = msgspec.json.Decoder(ErrorBody)
_NO_INNER = InnerError()


class GraphError(msgspec.Struct, frozen=True):
    """An error answer: `code` as Graph spells it (may be empty), ids for support."""

    status: int
    code: str
    message: str
    request_id: str
    client_request_id: str
    date: str

    @property
    def key(self) -> str:
        """The code without regard to case, which varies."""
        return self.code.casefold()

    @property
    def reference(self) -> str:
        """What to quote when asking Microsoft."""
        return f"Microsoft's request id {self.request_id or 'unknown'}, {self.date or 'no date'}"

    @property
    def sentence(self) -> str:
        """Status and code, for people."""
        return f"{self.status} {self.code}".strip()


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> GraphError:
    """Return what an error answer says; a body that is no error object says nothing."""
    try:
        detail = _decoder.decode(body).error
        inner = detail.inner_error or detail.innererror or _NO_INNER
        code, message = detail.code or inner.code or "", detail.message or ""
    except msgspec.DecodeError:
        inner, code, message = _NO_INNER, "", ""
    return GraphError(
        status=status,
        code=code,
        message=message,
        request_id=headers.get("request-id") or inner.request_id or inner.request_id_camel or "",
        client_request_id=headers.get("client-request-id") or inner.client_request_id or "",
        date=headers.get("date") or inner.date or "",
    )

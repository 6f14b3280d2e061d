"""Messages that are none: the switch answers with an error or not at all, and works on."""

import socket

import pytest

from tests.call.changes import add, put, where
from tests.call.messages import Login, Message
from tests.call.stage import Stage
from tests.call.wire import Change, Line, Phone


@pytest.fixture
def attacker(stage: Stage) -> Phone:
    """A phone with credentials: what it sends is read further than a stranger's."""
    return stage.register(stage.north.hire())


def works_on(stage: Stage) -> None:
    """Check that somebody else calls somebody else."""
    stage.talk(*stage.pair())


def drop(name: str) -> Change:
    """Take a header away."""
    return lambda message: message.drop(name)


BENT: dict[str, Change] = {
    "no CSeq": drop("CSeq"),
    "no Call-ID": drop("Call-ID"),
    "no From": drop("From"),
    "no To": drop("To"),
    "no Via": drop("Via"),
    "CSeq of another method": put(CSeq="1 BYE"),
    "a CSeq that is no number": put(CSeq="one INVITE"),
    "a CSeq beyond all numbers": put(CSeq="99999999999999999999 INVITE"),
    "a negative Content-Length": put(Content_Length="-5"),
    "a Content-Length beyond all numbers": put(Content_Length="99999999999"),
    "a negative Max-Forwards": put(Max_Forwards="-1"),
    "From without an end": put(From='"unclosed <sip:2001@north.example>;tag=1'),
    "From without a tag": put(From="<sip:2001@north.example>"),
    "From of comments": put(From="(a comment) <sip:2001@north.example> (another);tag=1"),
    "From with a null byte": put(From="<sip:20\x0001@north.example>;tag=1"),
    "To of brackets": put(To="<<<<>>>>"),
    "To of a name that is not finished": put(To='"\\'),
    "To over two lines": put(To="<sip:2001\r\n @north.example>"),
    "a URI with IPv6": put(To="<sip:2001@[::1]:5060>"),
    "a URI that is none": lambda m: m.retarget("sip:@@@:;?&"),
    "an empty URI": lambda m: m.retarget("sip:"),
    "a URI of another scheme": lambda m: m.retarget("file:///etc/passwd"),
    "a URI of percents": lambda m: m.retarget("sip:%%%zz@%00%0d%0a"),
    "another version": lambda m: setattr(m, "line", m.line.replace("SIP/2.0", "SIP/9.9")),
    "no version": lambda m: setattr(m, "line", m.line.removesuffix(" SIP/2.0")),
    "two hundred Vias": add("Via", *["SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx"] * 200),
    "a Via of another age": put(Via="SIP/1.0/SMOKE hill:1"),
    "five hundred Routes": add("Route", *["<sip:192.0.2.1;lr>"] * 500),
    "a thousand headers": add("X-Header", *["value"] * 1000),
    "a header of thirty thousand letters": add("X-Long", "a" * 30_000),
    "a contact of thirty thousand letters": put(Contact=f"<sip:{'a' * 30_000}@192.0.2.1>"),
    "two thousand contacts": put(Contact=", ".join(["<sip:a@192.0.2.1>"] * 2000)),
    "a body of sixty thousand letters": lambda m: setattr(m, "body", b"a" * 60_000),
    "a body that says nothing of media": lambda m: setattr(m, "body", b"\x00\xff" * 200),
    "a body without a type": drop("Content-Type"),
    "a header without a name": add("", "value"),
    "a Supported that needs more": add("Require", "something-nobody-has"),
    "a Proxy-Require": add("Proxy-Require", "something-nobody-has"),
}


@pytest.mark.parametrize("bent", BENT)
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_message_that_is_bent_calls_nobody_and_stops_nothing(
    stage: Stage, attacker: Phone, bent: str, transport: str
) -> None:
    colleague = stage.register(stage.north.hire())
    phone = stage.phone(attacker.line, transport)
    message = phone.compose("INVITE", colleague.line.uri, body=phone.sdp)
    if phone.register().status == 200:
        phone.authorise(message)
    BENT[bent](message)
    with stage.keeps_quiet(colleague):
        try:
            phone.send(message)
        except OSError:
            assert transport == "udp"  # no datagram is as large as that
        answers = [m for m in _said(phone) if m.status >= 200]
    assert all(answer.status >= 400 for answer in answers), [a.line for a in answers]
    stage.talk(stage.register(stage.north.hire()), colleague)


def _said(phone: Phone) -> list[Message]:
    found = []
    while (message := phone.receive(0.15)) is not None:
        found.append(message)
    return found


RUBBISH = {
    "nothing": b"",
    "line ends": b"\r\n" * 400,
    "null bytes": b"\x00" * 1000,
    "all bytes": bytes(range(256)) * 20,
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "half a line": b"INVITE sip:",
    "spaces": b" " * 5000 + b"\r\n\r\n",
    "a response of nothing": b"SIP/2.0 200 OK\r\n\r\n",
    "a response of status 999999": b"SIP/2.0 999999 OK\r\nCSeq: 1 INVITE\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x55" * 500,
    "STUN": b"\x00\x01\x00\x00\x21\x12\xa4\x42" + b"\x01" * 12,
}


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_rubbish_stops_nothing(stage: Stage, rubbish: str) -> None:
    for transport in ("udp", "tcp", "tls", "wss"):
        wire = stage.wire(transport)
        wire.send(RUBBISH[rubbish])
        wire.receive(0.05)
        wire.close()
    works_on(stage)


@pytest.mark.parametrize(
    "username",
    [
        "' OR '1'='1",
        "'; DROP TABLE sip.location; --",
        "x' UNION SELECT username, ha1 FROM sip.subscriber --",
        "\\' OR 1=1 --",
        "\\",
        "%",
        "_",
        "x\\'); SELECT pg_sleep(5); --",
        "$(id)",
        "a" * 5000,
        "2001\x00",
        "ä€😀",
        "\x1b[31m",
    ],
)
def test_a_user_name_with_sql_in_it_is_an_unknown_one(stage: Stage, username: str) -> None:
    phone = stage.phone(Line("2001", stage.north.domain, Login(username, "x")))
    phone.register_quietly(400, 401, 403)
    whole = Line(username, stage.north.domain, Login(username, "x"))
    stage.phone(whole).register_quietly(400, 401, 403, 404)
    person = stage.north.hire()
    spoiled = Line(person.number, person.line.domain, person.line.login)
    callee = stage.register(stage.north.hire())
    caller = stage.register(spoiled)
    with stage.keeps_quiet(callee):
        stage.phone(spoiled).ask_quietly("INVITE", f"sip:{username}@{stage.north.domain}")
    assert len(where(stage, caller)) == len(where(stage, callee)) == 1
    stage.talk(caller, callee)


def test_a_quoted_user_name_does_not_end_the_header(stage: Stage) -> None:
    person = stage.north.hire()
    login = person.line.login
    for username in (f'{login.username}\\"', f'{login.username}" , realm="x', f'"{login.username}'):
        phone = stage.phone(Line(person.number, person.line.domain, Login(username, "x")))
        phone.register_quietly(400, 401, 403)
    assert stage.phone(person).register().status == 200


def test_connections_that_say_nothing_or_half_a_message_stop_nobody(stage: Stage) -> None:
    lazy = [
        socket.create_connection(stage.sip, 5, source_address=(stage.source(), 0))
        for _ in range(40)
    ]
    try:
        for connection in lazy[::2]:
            connection.sendall(b"REGISTER sip:north.example SIP/2.0\r\nVia: ")
        stage.register(stage.north.hire(), "tcp")
        works_on(stage)
    finally:
        for connection in lazy:
            connection.close()


def test_a_message_in_many_pieces_is_one_message(stage: Stage) -> None:
    """The twin of the halves above: what is slow is not wrong."""
    phone = stage.phone(stage.north.hire(), "tcp")
    message = phone.compose("OPTIONS", f"sip:{stage.north.domain}")
    raw = message.raw()
    for start in range(0, len(raw), 40):
        phone.wire.send(raw[start : start + 40])
    assert (phone.receive() or message).status in range(200, 500)

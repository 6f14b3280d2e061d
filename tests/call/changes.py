"""What attacks change about a message before it is sent, and what came of it."""

from tests.call.messages import Message
from tests.call.stage import Stage
from tests.call.wire import Change, Phone


def put(**headers: str) -> Change:
    """Set headers: underscores in their names stand for hyphens."""

    def change(message: Message) -> None:
        for name, value in headers.items():
            message[name.replace("_", "-")] = value

    return change


def add(name: str, *values: str, first: bool = False) -> Change:
    """Add a header, as often as there are values."""

    def change(message: Message) -> None:
        message.drop(name)
        for value in reversed(values) if first else values:
            message.add(name, value, first=first)

    return change


def to(uri: str) -> Change:
    """Ask for something else."""
    return lambda message: message.retarget(uri)


def place(phone: Phone) -> str:
    """Return where a phone listens."""
    return f"{phone.wire.host}:{phone.wire.port}"


def where(stage: Stage, phone: Phone) -> list[dict[str, object]]:
    """Return where the switch thinks that somebody is."""
    return stage.ground.rows(
        "SELECT contact, received FROM sip.location WHERE username = %s AND domain = %s",
        phone.line.number,
        phone.line.domain,
    )

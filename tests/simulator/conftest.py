"""One simulator for all tests of the simulator; each test has directories of its own."""

from collections.abc import Callable, Iterator

import pytest

from tests.simulator.control import LOG_FILE, Directory, Simulator
from tests.simulator.graph import Client, KeyPair
from tests.simulator.shown import UserTruth
from tests.simulator.sign_in import CALLBACK, Attempt, Browser, members

ROLES = ("User.Read.All", "Contacts.Read", "MailboxSettings.Read", "GroupMember.Read.All")
Connect = Callable[..., Client]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """The process that all tests share; it must not have complained of itself in the end."""
    home = tmp_path_factory.mktemp("m365sim")
    with Simulator.started(home) as simulator:
        yield simulator
    assert (home / LOG_FILE).read_text() == ""


@pytest.fixture
def simulator(running: Simulator) -> Iterator[Simulator]:
    """The simulator with nothing in it, and nothing set."""
    running.reset(directories=True)
    yield running
    running.reset(directories=True)


@pytest.fixture(scope="session")
def keys() -> KeyPair:
    """A key pair whose certificate is valid now."""
    return KeyPair()


@pytest.fixture
def connect(simulator: Simulator, keys: KeyPair) -> Connect:
    """Register an application in a directory, with its certificate, and return a client."""

    def connected(directory: Directory, *roles: str, name: str = "tests") -> Client:
        application = directory.add_application(name, *(roles or ROLES))
        application.upload(keys.pem)
        return Client(simulator, application, keys)

    return connected


@pytest.fixture
def directory(simulator: Simulator) -> Directory:
    """A small directory with a bit of everything."""
    return simulator.add_directory("people:40:12,folders=3,shared=2,rooms=2,guests=0.05")


@pytest.fixture
def client(directory: Directory, connect: Connect) -> Client:
    """A client of the small directory with the usual permissions."""
    return connect(directory)


@pytest.fixture
def attempt(client: Client) -> Attempt:
    """An attempt of an application that has the callback registered."""
    client.application.register(CALLBACK)
    return Attempt(client)


@pytest.fixture
def browser(simulator: Simulator) -> Iterator[Browser]:
    """A browser where nobody is signed in."""
    browser = Browser(simulator)
    yield browser
    browser.close()


@pytest.fixture
def person(directory: Directory) -> UserTruth:
    """Somebody who may sign in."""
    return members(directory)[0]


@pytest.fixture
def name(person: UserTruth) -> str:
    """What they type."""
    return str(person.properties["userPrincipalName"])

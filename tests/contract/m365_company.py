"""A simulated Microsoft 365, read by the real provider, as a company under test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from uuid import uuid4

from rollcall.core.ports import DirectorySource
from rollcall.core.records import ContactId, SourceId
from rollcall.credentials.assertion import Algorithm, Signer
from rollcall.credentials.keypair import NewKeyPair, generate_key_pair
from rollcall.providers.http.client import Outgoing
from rollcall.providers.http.pace import Pace
from rollcall.providers.m365.auth import AccessToken, Application
from rollcall.providers.m365.clouds import Cloud
from rollcall.providers.m365.source import open_source
from tests.clocks import Naps
from tests.contract.company import ROOT
from tests.simulator.control import Directory, Simulator, op

ROLES = ("User.Read.All", "Contacts.Read", "MailboxSettings.Read")
_numbers = count(1)


class NoVault:
    """A vault that keeps nothing: each connection asks for a token of its own."""

    async def load_token(self) -> AccessToken | None:
        """Return nothing."""
        return None

    async def save_token(self, token: AccessToken) -> None:
        """Keep nothing."""

    async def accept_key(self, key_id: int, algorithm: Algorithm) -> None:
        """Note nothing."""


def make_keys() -> NewKeyPair:
    """Make a key pair."""
    return generate_key_pair(name="test", days=30, now=datetime.now(UTC))


class M365Company:
    """A company whose directory is the simulator's."""

    def __init__(self, simulator: Simulator, keys: NewKeyPair) -> None:
        self.simulator = simulator
        self.keys = keys
        self.directory: Directory = simulator.add_directory(f"empty:Company{next(_numbers)}")
        (self.application,) = self.directory.applications
        self.application.set_roles(*ROLES)
        self.application.upload(keys.certificate.pem)

    @asynccontextmanager
    async def open_source(self) -> AsyncIterator[DirectorySource]:
        """Open a connection to the directory."""
        naps = Naps()
        async with open_source(
            application=self._application(),
            vault=NoVault(),
            outgoing=Outgoing(ca_files=(self.simulator.ca_file,)),
            new_id=lambda: str(uuid4()),
            pace=Pace(sleep=naps.sleep, steady=naps.steady, jitter=lambda: 0.5),
        ) as source:
            yield source

    def _application(self) -> Application:
        cloud = Cloud(
            name="SIMULATED",
            login=self.simulator.login,
            graph=self.simulator.graph,
            portal=self.simulator.login,
        )
        signer = Signer(
            key_id=1, private_key=self.keys.private_key, certificate=self.keys.certificate
        )
        return Application(
            cloud=cloud,
            directory_id=self.directory.directory_id,
            application_id=self.application.application_id,
            signers=(signer,),
        )

    def _do(self, kind: str, /, **fields: object) -> dict[str, object]:
        (result,) = self.directory.change(op(kind, **fields))
        return result

    # people

    def join(self, name: str) -> SourceId:
        """Let somebody join."""
        properties = {
            "displayName": f"{name} Weber",
            "givenName": name,
            "surname": "Weber",
            "userPrincipalName": f"{name}@login.example",
            "mail": f"{name}@mail.example",
        }
        return SourceId(str(self._do("add_user", set=properties)["id"]))

    def give_job(self, person: SourceId, job: str) -> None:
        """Give somebody a job title."""
        self._do("update_user", user=person, set={"jobTitle": job})

    def disable(self, person: SourceId) -> None:
        """Disable an account."""
        self._do("disable", user=person)

    def remove(self, person: SourceId) -> None:
        """Delete somebody; they can be restored."""
        self._do("delete_user", user=person)

    def purge(self, person: SourceId) -> None:
        """Delete somebody for good."""
        self._do("purge_user", user=person)

    def restore(self, person: SourceId) -> None:
        """Bring somebody back."""
        self._do("restore_user", user=person)

    def garble_everybody(self) -> None:
        """Let answers about people make no sense."""
        for target in ("/value/*/accountEnabled", "/accountEnabled"):
            self.simulator.fault(
                "mangle", path="/users", target=target, value="perhaps", times=None
            )

    def lose_places(self) -> None:
        """Forget all places."""
        self.directory.expire_delta_tokens(users=True, next_links=True)

    def send_small_pages(self) -> None:
        """Two people a page."""
        self.simulator.set(users_page_size=2, users_page_size_follows_prefer=False)

    def send_an_empty_page(self) -> None:
        """Have an empty page."""
        self.simulator.fault("empty_page", path="/users/delta")

    # mailboxes

    def add_folder(self, person: SourceId, name: str, *, below: str = ROOT) -> None:
        """Add a folder."""
        self._do("add_folder", user=person, name=name, parent=below)

    def drop_folder(self, person: SourceId, path: str) -> None:
        """Drop a folder."""
        self._do("delete_folder", user=person, folder=path)

    def add_contact(self, person: SourceId, name: str, *, folder: str = ROOT) -> ContactId:
        """Add a contact."""
        properties = {"displayName": name, "businessPhones": ["030 1234"]}
        added = self._do("add_contact", user=person, set=properties, folder=folder)
        return ContactId(str(added["immutable_id"]))

    def rename_contact(self, person: SourceId, contact: ContactId, name: str) -> None:
        """Rename a contact."""
        self._do("update_contact", user=person, contact=contact, set={"displayName": name})

    def move_contact(self, person: SourceId, contact: ContactId, folder: str) -> None:
        """Move a contact."""
        self._do("move_contact", user=person, contact=contact, to=folder)

    def remove_contact(self, person: SourceId, contact: ContactId) -> None:
        """Delete a contact."""
        self._do("delete_contact", user=person, contact=contact)

    def lose_folder_places(self, person: SourceId) -> None:
        """Forget all places of all mailboxes."""
        self.directory.expire_delta_tokens(contacts=True, next_links=True)

    def hide_mailbox(self, person: SourceId) -> None:
        """Hide a mailbox."""
        self._do("set_mailbox", user=person, denied=True)

    def drop_mailbox(self, person: SourceId) -> None:
        """Take a mailbox away."""
        self._do("set_mailbox", user=person, kind="none")

    def turn_mailbox(self, person: SourceId, purpose: str) -> None:
        """Let a mailbox be for something else."""
        self._do("set_mailbox", user=person, kind=purpose)

    def refuse_purposes(self) -> None:
        """Take the permission away."""
        self.application.set_roles("User.Read.All", "Contacts.Read")

    # photos

    def set_photo(self, person: SourceId, picture: str) -> None:
        """Give somebody a photo."""
        self._do("set_photo", user=person, seed=picture, size=96)

    def remove_photo(self, person: SourceId) -> None:
        """Take a photo away."""
        self._do("remove_photo", user=person)

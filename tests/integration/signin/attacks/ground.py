"""The ground of all attacks: tenants that offer Microsoft's sign-in, and the people in them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg

from rollcall.accounts.operations import NewAccount, add_account, set_password
from rollcall.core.policy import Stage
from rollcall.integrations.operations import Connection, NewList, change_integration
from rollcall.integrations.reset_operations import Fate, reset_integration
from rollcall.integrations.rules import ADMINISTRATORS
from rollcall.portal.views.entry.refusals import REFUSALS
from rollcall.telephony.operations import delete_extension
from rollcall.wiring.machine import Machine, utc_now
from tests.integration.portal.arrival import PASSWORD
from tests.integration.signin.attacks.browser import CALLBACK, SBC, WEB
from tests.integration.signin.attacks.microsoft import (
    change_keys,
    published_keys,
    register,
)
from tests.simulator.control import Directory, Simulator, op
from tests.simulator.shown import UserTruth
from tests.sites import Site, make_site

URIS: Final = (f"https://{WEB}{CALLBACK}", f"https://{SBC}{CALLBACK}")
SHORTEST: Final = 8
"""Shorter texts stand in a log by chance."""

PLAIN: Final = "guests=0,disabled=0,nameless=0,mailless=0,photos=0,shared=0,rooms=0,groups=0"
ALIAS: Final = "ALIASED"
"""A cloud as 21Vianet was: called by one name, its tokens issued by another."""
ALIAS_ISSUER: Final = "https://login.chinacloudapi.example/{directory_id}/v2.0"


@dataclass(frozen=True)
class Person:
    """Somebody in a directory."""

    object_id: str
    principal_name: str
    mail: str
    name: str


def to_person(user: UserTruth) -> Person:
    """Return a user of the simulator as a person."""
    own = user.properties
    return Person(
        object_id=user.id,
        principal_name=own.get("userPrincipalName") or "",
        mail=own.get("mail") or "",
        name=own.get("displayName") or "",
    )


@dataclass
class Ground:
    """A machine with two tenants on two directories, and a third on the first one's directory."""

    machine: Machine
    simulator: Simulator
    log: Path
    database: psycopg.Connection
    """Beside the pages: to see what they did, and to do what no page does."""
    ours: Site = field(init=False)
    theirs: Site = field(init=False)
    twin: Site = field(init=False)
    """Another tenant on the directory of `ours`, with an application of its own."""
    secrets: set[str] = field(default_factory=set)
    """What must not stand in a log."""
    _names: set[str] = field(default_factory=set)
    _people: dict[str, list[Person]] = field(default_factory=dict)
    _taken: dict[str, int] = field(default_factory=dict)
    _serial: int = 0
    _regular: Person | None = None

    def open(self) -> None:
        """Make the three tenants."""
        self.ours = self.new_site("people:90", "ours")
        change_keys(self.ours.directory, "own")  # before anybody saw the keys that all share
        self.theirs = self.new_site("people:12", "theirs")
        self.twin = self.new_site(self.ours.directory, "twin")

    def new_site(
        self,
        directory: Directory | str,
        slug: str = "",
        *,
        uris: tuple[str, ...] = URIS,
        **values: Any,
    ) -> Site:
        """Make a tenant that offers Microsoft's sign-in, and synchronise its people."""
        if not slug:
            self._serial += 1
            slug = f"extra-{self._serial}"
        site = make_site(
            self.machine, self.simulator, self._directory(directory, slug), slug=slug, photos=False
        )
        register(site.application, *uris)
        site.set(sign_in=True, **values)
        site.sync(Stage.USERS)
        for person in self.people(site):
            self._keep_name(person)
        return site

    def _directory(self, directory: Directory | str, slug: str) -> Directory:
        if isinstance(directory, str):
            return self.simulator.add_directory(f"{directory},name={slug},{PLAIN}")
        own = directory.add_application(slug)
        info = msgspec.structs.replace(directory.info, applications=(own.info,))
        return Directory(directory.wire, info)

    def people(self, site: Site) -> list[Person]:
        """Return who is in a tenant's directory."""
        return [to_person(user) for user in site.directory.users()]

    def somebody(self, site: Site | None = None) -> Person:
        """Return somebody of a tenant (ours) whom no other test knows."""
        site = site or self.ours
        known = self._people.setdefault(site.slug, self.people(site))
        taken = self._taken.get(site.slug, 0)
        self._taken[site.slug] = taken + 1
        assert taken < len(known), f"{site.slug} has only {len(known)} people"
        return known[taken]

    @property
    def regular(self) -> Person:
        """Somebody of ours with whom nothing is wrong, for attacks about something else."""
        if self._regular is None:
            self._regular = self.somebody()
        return self._regular

    def newcomer(self, site: Site, *, sync: bool = False, **properties: Any) -> Person:
        """Have somebody else join a directory, perhaps one whom the next run brings here."""
        self._serial += 1
        name = str(properties.pop("displayName", f"Newcomer Number {self._serial}"))
        given = {"givenName": "Newcomer", "surname": f"Number {self._serial}"}
        [result] = site.directory.change(
            op("add_user", set={"displayName": name, "accountEnabled": True, **given, **properties})
        )
        if sync:
            site.sync(Stage.USERS)
        person = to_person(site.directory.user(result["id"]))
        self._keep_name(person)
        return person

    def select(self, site: Site, mode: str, *people: Person) -> None:
        """Say who may sign in."""
        lines = {person.principal_name: person.object_id for person in people}
        site.set(lists={"sign-in": NewList(mode, tuple(lines), lines)})

    def point_at(self, site: Site, directory_id: str) -> None:
        """Connect a tenant to a directory, by its id alone."""
        self._connect(site, Connection(directory_id=directory_id))

    def move(self, site: Site, cloud: str) -> None:
        """Say that a tenant's directory lives in another cloud."""
        self._connect(site, Connection(cloud=cloud))

    @staticmethod
    def _connect(site: Site, connection: Connection) -> None:
        change_integration(site.tenant.id, actor="test", connection=connection, values={}, lists={})

    def alias_issuer(self, site: Site) -> str:
        """Return the issuer that the aliased cloud's row has for a tenant's directory."""
        return ALIAS_ISSUER.format(directory_id=site.directory.directory_id)

    def other_key_id(self, site: Site) -> str:
        """Return the id of a key that a directory publishes and does not sign with."""
        signing, published = published_keys(site.directory)
        return next(each for each in published if each != signing)

    def bend_token(self, site: Site, **bend: Any) -> None:
        """Let the id tokens of a tenant's directory be bent, until the faults are cleared."""
        self.simulator.fault(
            "id_token",
            host="login",
            path="/token",
            directory=site.directory.directory_id,
            times=None,
            **bend,
        )

    @staticmethod
    def reset(site: Site) -> None:
        """Cut a tenant loose from its directory; its extensions go on as local ones."""
        reset_integration(site.tenant.id, extensions=Fate.KEEP, actor="test", now=utc_now())

    def exhaust_refusals(self) -> None:
        """Count all networks as ones that were refused as often as is free."""
        self.database.execute(
            "UPDATE accounts_attempt SET failures = %s WHERE starts_with(key, 'microsoft')",
            [REFUSALS.free],
        )

    def delete_extension(self, site: Site, person: Person) -> None:
        """Take somebody's extension away by hand."""
        own = site.extension_of(person.object_id)
        assert own is not None
        assert own.number is not None
        delete_extension(site.tenant.id, int(own.number), now=utc_now())

    def give_extension(self, site: Site, person: Person, *, to: Person) -> None:
        """Link somebody's extension to another person, as the database would have it."""
        self.database.execute(
            "DELETE FROM telephony_extension WHERE id = %s", [self.extension_id(site, to)]
        )
        self.database.execute(
            "UPDATE telephony_extension SET directory_object_id = %s WHERE id = %s",
            [to.object_id, self.extension_id(site, person)],
        )

    @staticmethod
    def local_account(site: Site, email: str, role: str, *, extension_id: int | None = None) -> int:
        """Make an account with a password, as an administrator does."""
        account = NewAccount(
            email=email,
            role=role,
            tenant_id=site.tenant.id,
            name="Local",
            extension_id=extension_id,
        )
        account_id = add_account(account, actor="test")
        set_password(account_id, PASSWORD, actor="test", now=utc_now())
        return account_id

    def list_administrators(self, site: Site, *people: Person) -> None:
        """Say who may enter a tenant as its administrator."""
        lines = {person.principal_name: person.object_id for person in people}
        site.set(lists={ADMINISTRATORS: NewList("only", tuple(lines), lines)})

    def keep_secret(self, *texts: str) -> None:
        """Remember what must not stand in a log."""
        self.secrets |= {text for text in texts if text and len(text) >= SHORTEST}

    def _keep_name(self, person: Person) -> None:
        texts = (person.principal_name, person.mail, person.name)
        self.keep_secret(*texts)
        self._names |= set(texts)

    def extension_id(self, site: Site, person: Person) -> int:
        """Return the id of somebody's extension."""
        row = self.database.execute(
            "SELECT id FROM telephony_extension WHERE tenant_id = %s AND directory_object_id = %s",
            [site.tenant.id, person.object_id],
        ).fetchone()
        assert row is not None
        return int(row[0])

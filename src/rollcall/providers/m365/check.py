"""The set-up doctor: the same steps that a run takes, one by one, each with its own light.

Certificate, clock, discovery, token, permissions, organisation, people, a mailbox, a photo, and
what is optional. It reads at most a handful of objects and writes nothing.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec

from rollcall.core.errors import SyncError
from rollcall.core.findings import Finding, Light
from rollcall.core.policy import Stage
from rollcall.core.records import SourceId
from rollcall.credentials.assertion import Signer
from rollcall.credentials.keypair import days_left
from rollcall.providers.m365.auth import Application
from rollcall.providers.m365.batch import Item, ItemAnswer
from rollcall.providers.m365.claims import read_claims
from rollcall.providers.m365.contacts import decode_contacts, to_mailbox_error
from rollcall.providers.m365.discovery import check_graph_host, read_discovery
from rollcall.providers.m365.graph import FORBIDDEN
from rollcall.providers.m365.permissions import CONTACTS, PURPOSES, USERS, needed
from rollcall.providers.m365.photos import NOT_FOUND, decode_photo
from rollcall.providers.m365.purposes import decode_purpose
from rollcall.providers.m365.source import M365Source
from rollcall.providers.m365.users import decode_users
from rollcall.providers.m365.wire import (
    GraphUser,
    OrganizationPageWire,
)

MOST_SKEW = timedelta(minutes=5)
SOON = 30
BLOCKING = frozenset({"discovery", "clock", "token"})
"""Where one of these fails, what comes after it cannot be tried."""

SAMPLE = 5
"""So many mailboxes are tried until one answers."""


class SetupCheck:
    """Walks the steps for one integration."""

    def __init__(
        self,
        source: M365Source,
        application: Application,
        *,
        stages: Collection[Stage],
        chosen: Sequence[SourceId],
        mailboxes: Sequence[SourceId],
        now: datetime,
    ) -> None:
        """`chosen` are people whose own contacts are wanted, `mailboxes` shared ones by name."""
        self._source = source
        self._application = application
        self._stages = stages
        self._chosen = chosen
        self._mailboxes = mailboxes
        self._now = now
        self._people: list[GraphUser] = []
        self._their_time: datetime | None = None
        self.organisation = ""
        self.domain = ""
        self.domains: tuple[str, ...] = ()

    @property
    def roles(self) -> tuple[str, ...] | None:
        """The permissions in the token; None while there is no token."""
        token = self._source.tokens.current
        return tuple(read_claims(token).roles or ()) if token else None

    async def walk(self) -> AsyncIterator[Finding]:
        """Yield a finding for each step; without directory or token, the rest is skipped."""
        for signer in self._application.signers:
            yield self._certificate(signer)
        blocked = False
        for step, attempt in (
            ("discovery", self._discovery),
            ("clock", self._clock),
            ("token", self._token),
            ("permissions", self._permissions),
            ("organisation", self._organisation),
            ("people", self._read_people),
            ("mailbox", self._mailbox),
            ("photo", self._photo),
            ("shared mailboxes", self._shared),
        ):
            if blocked:
                yield Finding(step, Light.SKIPPED, "Not tried: an earlier step failed.")
                continue
            try:
                finding = await attempt()
            except SyncError as error:
                finding = Finding(step, Light.RED, str(error), error.help_page)
            yield finding
            blocked = finding.light is Light.RED and step in BLOCKING
        for mailbox in self._mailboxes:
            yield await self._named_mailbox(mailbox)

    def _certificate(self, signer: Signer) -> Finding:
        certificate = signer.certificate
        left = days_left(certificate.not_after, self._now)
        until = f"{certificate.not_after:%-d %B %Y}"
        shown = f"Thumbprint {certificate.sha1}"
        if left < 0:
            return Finding(
                "certificate",
                Light.RED,
                f"{shown}: expired on {until}. Generate a new key pair.",
                "errors/certificate-expired.md",
            )
        light = Light.AMBER if left < SOON else Light.GREEN
        return Finding("certificate", light, f"{shown}: valid until {until}, {left} days left.")

    async def _discovery(self) -> Finding:
        application = self._application
        cloud = application.cloud
        described = await read_discovery(
            self._source.client, cloud, application.directory_id, now=self._now
        )
        self._their_time = described.date
        check_graph_host(described.discovery, cloud)
        expected = cloud.issuer_of(application.directory_id)
        issuer = described.discovery.issuer
        if issuer != expected:
            return Finding(
                "discovery",
                Light.AMBER,
                f"The directory names the issuer {issuer}; {expected} was expected. Signing "
                "in with Microsoft needs the right one; the sync does not.",
                "clouds.md",
            )
        return Finding("discovery", Light.GREEN, f"The directory is there, in {cloud.name}.")

    async def _clock(self) -> Finding:
        step = "clock"
        if self._their_time is None:
            return Finding(step, Light.SKIPPED, "Microsoft's answer did not say what time it is.")
        skew = self._now - self._their_time
        if abs(skew) > MOST_SKEW:
            return Finding(
                step,
                Light.RED,
                f"This machine's clock is {abs(skew).total_seconds() / 60:.0f} minutes "
                f"{'ahead of' if skew > timedelta(0) else 'behind'} Microsoft's: set it by NTP.",
                "errors/clock-wrong.md",
            )
        return Finding(step, Light.GREEN, "This machine's clock agrees with Microsoft's.")

    async def _token(self) -> Finding:
        await self._source.tokens.renew()
        return Finding("token", Light.GREEN, "Microsoft accepts the certificate.")

    async def _permissions(self) -> Finding:
        roles = read_claims(self._source.tokens.current).roles or []
        wanted = needed(self._stages)
        lacking = [each.name for each in wanted if each.name not in roles and not each.optional]
        optional = [each.name for each in wanted if each.name not in roles and each.optional]
        if lacking:
            return Finding(
                "permissions",
                Light.AMBER,
                f"Not in the token: {', '.join(lacking)}. Grant admin consent; if Exchange grants "
                "it instead, the steps below show whether it works.",
                "permissions.md",
            )
        more = f" Optional and not granted: {', '.join(optional)}." if optional else ""
        names = ", ".join(each.name for each in wanted if each.name in roles)
        return Finding("permissions", Light.GREEN, f"Granted: {names}.{more}", "permissions.md")

    async def _organisation(self) -> Finding:
        page = await self._source.graph.get(
            "/organization?$select=id,displayName,verifiedDomains,countryLetterCode",
            lambda body: msgspec.json.decode(body, type=OrganizationPageWire),
            permission=USERS,
        )
        if not page.value:
            return Finding("organisation", Light.AMBER, "Microsoft names no organisation.")
        organisation = page.value[0]
        verified = [each for each in organisation.verified_domains or () if each.name]
        domains = [each.name for each in verified if each.name]
        self.organisation = organisation.display_name or ""
        self.domains = tuple(domains)
        self.domain = next((each.name or "" for each in verified if each.is_default), "")
        return Finding(
            "organisation",
            Light.GREEN,
            f"{organisation.display_name}, with {', '.join(domains) or 'no domains'}.",
        )

    async def _read_people(self) -> Finding:
        select = "id,displayName,mail,accountEnabled,assignedLicenses,userType"
        page, _ = await self._source.graph.get(
            f"/users?$top=50&$select={select}", decode_users, permission=USERS
        )
        self._people = [user for user in page.value if user.mail and user.account_enabled]
        self._people.sort(key=lambda user: not user.assigned_licenses)
        return Finding("people", Light.GREEN, "People can be read.")

    async def _mailbox(self) -> Finding:
        step = "mailbox"
        if not self._wants(CONTACTS):
            return Finding(step, Light.SKIPPED, "Contacts are switched off.")
        refused = 0
        sample = [*self._chosen, *(SourceId(user.id or "") for user in self._people)]
        for mailbox in sample[:SAMPLE]:
            answer = await self._probe(mailbox)
            if not isinstance(answer, ItemAnswer):
                return Finding(step, Light.GREEN, "Contacts can be read.")
            refused += answer.status == FORBIDDEN
        if refused:
            granted = CONTACTS in (read_claims(self._source.tokens.current).roles or ())
            return Finding(
                step,
                Light.AMBER if granted else Light.RED,
                f"Microsoft refused the contacts of {refused} mailboxes: "
                + ("a policy leaves them out." if granted else f"{CONTACTS} is not granted."),
                "permissions.md",
            )
        return Finding(
            step, Light.AMBER, "None of the first people has a mailbox in Exchange Online."
        )

    async def _photo(self) -> Finding:
        if Stage.PHOTOS not in self._stages or not self._people:
            return Finding("photo", Light.SKIPPED, "Photos are switched off, or nobody was found.")
        item = _item(self._people[0].id or "", "photo", USERS)
        answer = await self._source.ask(item, decode_photo)
        if isinstance(answer, ItemAnswer) and answer.status != NOT_FOUND:
            error = answer.error
            return Finding(
                "photo", Light.RED, f"{error.sentence} ({error.reference})", "permissions.md"
            )
        return Finding("photo", Light.GREEN, "Photos can be read.")

    async def _shared(self) -> Finding:
        step = "shared mailboxes"
        if Stage.COMPANY_CONTACTS not in self._stages or not self._people:
            return Finding(step, Light.SKIPPED, "Company contacts are switched off.")
        item = _item(self._people[0].id or "", "mailboxSettings/userPurpose", PURPOSES)
        answer = await self._source.ask(item, decode_purpose)
        if isinstance(answer, ItemAnswer) and answer.status == FORBIDDEN:
            return Finding(
                step,
                Light.AMBER,
                f"Without {PURPOSES} shared mailboxes are not recognised: name them.",
                "permissions.md",
            )
        return Finding(step, Light.GREEN, "Shared mailboxes are recognised.")

    async def _named_mailbox(self, mailbox: SourceId) -> Finding:
        step = f"mailbox {mailbox}"
        answer = await self._probe(mailbox)
        if isinstance(answer, ItemAnswer):
            return Finding(step, Light.RED, str(to_mailbox_error(answer)), "permissions.md")
        return Finding(step, Light.GREEN, "Its contacts can be read.")

    async def _probe(self, mailbox: SourceId) -> object:
        item = _item(mailbox, "contacts?$top=1&$select=id", CONTACTS)
        return await self._source.ask(item, decode_contacts)

    def _wants(self, permission: str) -> bool:
        return any(each.name == permission for each in needed(self._stages))


def _item(person: str, what: str, permission: str) -> Item:
    return Item(path=f"/users/{quote(person)}/{what}", mailbox=person, permission=permission)

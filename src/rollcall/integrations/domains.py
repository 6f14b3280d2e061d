"""The domains of a directory: kept after a check and after a run, looked up by a mail address.

A domain leads somebody to their company's sign-in. Nothing else follows from it.
"""

import unicodedata
from collections.abc import Iterable
from typing import Final

from django.db import transaction

from rollcall.integrations.models import DirectoryDomain, Integration
from rollcall.integrations.queries import MICROSOFT
from rollcall.tenants.statements import fetch, load_statements

MOST: Final = 5000
"""So many domains a directory may have; Entra allows no more."""

LONGEST: Final = 253


def domain_of(address: str) -> str:
    """Return the domain of a mail address as it is kept: lower case, in ASCII; or nothing.

    Signs that only look like others are not taken for them.
    """
    _, at, domain = address.strip().rpartition("@")
    domain = domain.lower()
    if not at or not domain or unicodedata.normalize("NFKC", domain) != domain:
        return ""
    try:
        found = domain if domain.isascii() else domain.encode("idna").decode()
        if not domain.isascii() and found.encode().decode("idna") != domain:
            return ""  # signs that take no room were left out, or others put in their place
    except UnicodeError:
        return ""
    return found if found.isprintable() and len(found) <= LONGEST else ""


@transaction.atomic
def refresh_domains(tenant_id: int) -> None:
    """Keep the domains of the people that there are now; those of a check stay."""
    row = Integration.objects.of(tenant_id).filter(source=MICROSOFT).first()
    if row is None:
        return
    statement = load_statements("rollcall.integrations", "sign_in.sql")["domains_of_people"]
    found = fetch(statement, {"tenant": tenant_id, "most": MOST})
    _keep(tenant_id, row.pk, (each for (each,) in found), verified=False)


@transaction.atomic
def keep_verified(tenant_id: int, integration_id: int, domains: Iterable[str]) -> None:
    """Keep the domains of which the directory itself said that they are its own."""
    _keep(tenant_id, integration_id, domains, verified=True)


def _keep(tenant_id: int, integration_id: int, domains: Iterable[str], *, verified: bool) -> None:
    wanted = {found for each in domains if (found := domain_of(f"@{each}"))}
    rows = DirectoryDomain.objects.of(tenant_id).filter(integration_id=integration_id)
    rows.filter(verified=verified).exclude(domain__in=wanted).delete()
    known = set(rows.filter(domain__in=wanted).values_list("domain", flat=True))
    if verified:
        rows.filter(domain__in=known, verified=False).update(verified=True)
    rows.bulk_create(
        [
            DirectoryDomain(
                tenant_id=tenant_id,
                integration_id=integration_id,
                domain=each,
                verified=verified,
            )
            for each in sorted(wanted - known)[:MOST]
        ],
        ignore_conflicts=True,
    )


def forget_domains(tenant_id: int) -> None:
    """Forget them: the integration is about another directory now."""
    DirectoryDomain.objects.of(tenant_id).delete()

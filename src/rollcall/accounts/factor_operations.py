"""Keep what proves somebody beside a password: a device's secret, and recovery codes.

The secret is sealed, bound to its account; of the codes digests are kept. Each works once.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from rollcall.accounts.factors import matching_step, new_recovery_codes, recovery_digest
from rollcall.accounts.models import Account, Credential
from rollcall.accounts.operations import credential_of
from rollcall.audit.operations import note
from rollcall.core.errors import SetupError
from rollcall.credentials.sealing import KeyRing, seal, unseal
from rollcall.credentials.secret import Secret

DEMANDED_OF: Final = (Account.Role.SYSTEM, Account.Role.ADMINISTRATOR)


class FactorView(msgspec.Struct, frozen=True):
    """Whether an account has a second factor, since when, and how many recovery codes are left."""

    since: datetime | None
    recovery_codes: int
    demanded: bool

    @property
    def on(self) -> bool:
        """Whether there is one."""
        return self.since is not None


def factor_place(account_id: int) -> str:
    """Return the place that a device's secret is bound to."""
    return f"accounts_credential.totp_sealed:{account_id}"


def factor_of_account(account_id: int) -> FactorView:
    """Return what second factor an account has."""
    row = Credential.objects.all_tenants().select_related("account").filter(pk=account_id).first()
    account = row.account if row else Account.objects.all_tenants().get(pk=account_id)
    return FactorView(
        since=row.totp_at if row and row.totp_sealed is not None else None,
        recovery_codes=len(row.recovery) if row and row.totp_sealed is not None else 0,
        demanded=account.role in DEMANDED_OF,
    )


@transaction.atomic
def set_up_factor(
    account_id: int, *, secret: str, code: str, ring: KeyRing, now: datetime, replace: bool
) -> list[str]:
    """Take a device as the second factor, proven by a code of it; return new recovery codes.

    Only with `replace` in the place of another device: who did that has proven who it is.
    """
    step = matching_step(secret, code, now=now)
    if step is None:
        raise SetupError(
            _(
                "This code is not the one of now. Enter the six digits that the device shows, and "
                "see that its clock is right."
            ),
            code="wrong-code",
        )
    row = _locked(account_id)
    if row.totp_sealed is not None and not replace:
        raise SetupError(_("There is a second factor already. Sign in again."), code="has-factor")
    codes = new_recovery_codes()
    row.totp_sealed = seal(ring, Secret(secret.encode()), place=factor_place(account_id))
    row.totp_at, row.totp_step = now, step
    row.recovery = [recovery_digest(each) for each in codes]
    row.save(update_fields=["totp_sealed", "totp_at", "totp_step", "recovery"])
    _note(row.account, "account.second_factor_set_up", row.account.email)
    return codes


@transaction.atomic
def is_right_code(account_id: int, code: str, *, ring: KeyRing, now: datetime) -> bool:
    """Tell whether a code proves the account, and use it up: a device's, or one for recovery."""
    row = _locked(account_id)
    if row.totp_sealed is None:
        return False
    digest = recovery_digest(code)
    if digest in row.recovery:
        row.recovery = [each for each in row.recovery if each != digest]
        row.save(update_fields=["recovery"])
        left = {"left": len(row.recovery)}
        _note(row.account, "account.recovery_code_used", row.account.email, left)
        return True
    secret = unseal(ring, bytes(row.totp_sealed), place=factor_place(account_id))
    step = matching_step(secret.reveal().decode(), code, now=now, after=row.totp_step)
    if step is None:
        return False
    row.totp_step = step
    row.save(update_fields=["totp_step"])
    return True


@transaction.atomic
def renew_recovery_codes(account_id: int) -> list[str]:
    """Make new recovery codes; those before work no more."""
    row = _locked(account_id)
    if row.totp_sealed is None:
        raise SetupError(_("There is no second factor to recover."), code="no-factor")
    codes = new_recovery_codes()
    row.recovery = [recovery_digest(each) for each in codes]
    row.save(update_fields=["recovery"])
    _note(row.account, "account.recovery_codes_made", row.account.email)
    return codes


@transaction.atomic
def remove_factor(account_id: int, *, actor: str, demand: bool = True) -> bool:
    """Remove the second factor; whoever needs one sets it up at the next sign-in, if `demand`
    does not refuse that. Tell whether there was one.
    """
    row = _locked(account_id)
    if demand and row.account.role in DEMANDED_OF:
        raise SetupError(
            _("Administrators sign in with a second factor. Set up another device instead."),
            code="factor-demanded",
        )
    if row.totp_sealed is None:
        return False
    row.totp_sealed = row.totp_at = None
    row.recovery = []
    row.save(update_fields=["totp_sealed", "totp_at", "recovery"])
    _note(row.account, "account.second_factor_removed", actor)
    return True


def _locked(account_id: int) -> Credential:
    credential_of(account_id)
    rows = Credential.objects.all_tenants().select_related("account")
    return rows.select_for_update(of=("self",)).get(pk=account_id)


def _note(
    account: Account, action: str, actor: str, detail: Mapping[str, object] | None = None
) -> None:
    note(
        actor=actor,
        action=action,
        subject=str(account.pk),
        tenant_id=account.tenant_id,
        detail=detail,
    )

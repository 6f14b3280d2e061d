"""One account of somebody else: what it may do, whether it may, and how its owner gets in again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rollcall.accounts.arrivals import make_account_link, send_invitation, send_reset
from rollcall.accounts.factor_operations import remove_factor
from rollcall.accounts.links import Purpose
from rollcall.accounts.operations import (
    AccountChange,
    change_account,
    disable_account,
    enable_account,
)
from rollcall.accounts.queries import MICROSOFT, AccountView
from rollcall.core.errors import SetupError
from rollcall.integrations.sign_in import enforcing_tenants
from rollcall.mail.queries import has_mail_server
from rollcall.portal.forms.accounts import AccountForm
from rollcall.portal.views.accounts.listing import FIELDS, hand_over
from rollcall.portal.views.accounts.office import Office, systems_office, tenants_office
from rollcall.portal.views.accounts.words import described
from rollcall.web.audience import for_administrator, for_system
from rollcall.web.identity import PageRequest
from rollcall.wiring.machine import utc_now


@for_administrator("GET", "POST", live=True)
def show(request: PageRequest, account: int) -> HttpResponse:
    """Show and change an account of a tenant."""
    office = tenants_office(request)
    found = office.account(account)
    if found.method == MICROSOFT:
        return _show(request, office, found, None)
    extension = office.extension_of(found)
    number = str(extension.number) if extension else ""
    initial = {"name": found.name, "role": found.role, "extension": number}
    form = AccountForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            _change(request, office, found, form.cleaned_data)
        except SetupError as error:
            own = "role" if error.code in {"own-account", "last-way-in"} else None
            form.add_error(FIELDS.get(error.code, own), str(error))
        else:
            messages.success(request, _("The account is changed."))
            return redirect(office.path("accounts"))
    return _show(request, office, found, form)


def _change(
    request: PageRequest, office: Office, account: AccountView, given: "dict[str, str]"
) -> None:
    change = AccountChange(
        name=given["name"],
        role=given["role"],
        extension_id=office.extension_id(given["extension"], email=account.email),
    )
    identity = request.identity
    change_account(
        account.id,
        change,
        actor=identity.actor,
        enforced=enforcing_tenants,
        own_id=identity.account_id,
    )


@for_system("GET", live=True)
def show_of_system(request: PageRequest, account: int) -> HttpResponse:
    """Show a system administrator."""
    office = systems_office(request)
    return _show(request, office, office.account(account), None)


@for_administrator("POST", live=True)
def disable(request: PageRequest, account: int) -> HttpResponse:
    """Disable an account of a tenant."""
    return _disable(request, tenants_office(request), account)


@for_system("POST", live=True)
def disable_of_system(request: PageRequest, account: int) -> HttpResponse:
    """Disable a system administrator."""
    return _disable(request, systems_office(request), account)


@for_administrator("POST", live=True)
def enable(request: PageRequest, account: int) -> HttpResponse:
    """Enable an account of a tenant again."""
    return _enable(request, tenants_office(request), account)


@for_system("POST", live=True)
def enable_of_system(request: PageRequest, account: int) -> HttpResponse:
    """Enable a system administrator again."""
    return _enable(request, systems_office(request), account)


@for_administrator("POST", live=True)
def send_link(request: PageRequest, account: int) -> HttpResponse:
    """Send the owner of a tenant's account a link: to begin, or to choose another password."""
    return _send_link(request, tenants_office(request), account)


@for_system("POST", live=True)
def send_link_of_system(request: PageRequest, account: int) -> HttpResponse:
    """Send a system administrator one."""
    return _send_link(request, systems_office(request), account)


@for_administrator("POST", live=True)
def drop_device(request: PageRequest, account: int) -> HttpResponse:
    """Remove the second factor of a tenant's account, whose owner has lost it."""
    return _drop_device(request, tenants_office(request), account)


@for_system("POST", live=True)
def drop_device_of_system(request: PageRequest, account: int) -> HttpResponse:
    """Remove that of a system administrator."""
    return _drop_device(request, systems_office(request), account)


def _show(
    request: PageRequest, office: Office, account: AccountView, form: AccountForm | None
) -> HttpResponse:
    values = {
        **described(account),
        "form": form,
        "microsoft": account.method == MICROSOFT,
        "extension": office.extension_of(account) if account.method == MICROSOFT else None,
        "own": account.id == request.identity.account_id,
        "mail": has_mail_server(),
        "list_path": office.path("accounts"),
        "disable_path": office.path("account-disable", account=account.id),
        "enable_path": office.path("account-enable", account=account.id),
        "link_path": office.path("account-send-link", account=account.id),
        "device_path": office.path("account-drop-device", account=account.id),
    }
    return render(request, "portal/accounts/account.html", values)


def _disable(request: PageRequest, office: Office, account_id: int) -> HttpResponse:
    account, identity = office.account(account_id), request.identity
    try:
        disable_account(
            account.id,
            actor=identity.actor,
            now=utc_now(),
            enforced=enforcing_tenants,
            own_id=identity.account_id,
        )
    except SetupError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, _("%(email)s is disabled; all sessions ended.") % {"email": account.email}
        )
    return redirect(office.path("account-of", account=account.id))


def _enable(request: PageRequest, office: Office, account_id: int) -> HttpResponse:
    account = office.account(account_id)
    enable_account(account.id, actor=request.identity.actor)
    messages.success(request, _("%(email)s can sign in again.") % {"email": account.email})
    return redirect(office.path("account-of", account=account.id))


def _send_link(request: PageRequest, office: Office, account_id: int) -> HttpResponse:
    """Send a link; where no mail goes out, show it to be handed over."""
    account, actor, now = office.account(account_id), request.identity.actor, utc_now()
    if account.state == "disabled":
        messages.error(request, _("The account is disabled. Enable it first."))
        return redirect(office.path("account-of", account=account.id))
    if account.method == MICROSOFT:
        messages.error(request, _("This account signs in with Microsoft and has no password."))
        return redirect(office.path("account-of", account=account.id))
    invited = account.state == "invited"
    purpose = Purpose.INVITATION if invited else Purpose.RESET
    if not has_mail_server():
        token = make_account_link(account.id, purpose, actor=actor, now=now)
        address = office.address(purpose, token)
        return hand_over(request, office, address, email=account.email, purpose=purpose)
    send = send_invitation if invited else send_reset
    send(account.id, address=office.address, actor=actor, now=now)
    messages.success(request, _("A link is on its way to %(email)s.") % {"email": account.email})
    return redirect(office.path("account-of", account=account.id))


def _drop_device(request: PageRequest, office: Office, account_id: int) -> HttpResponse:
    account = office.account(account_id)
    if account.id == request.identity.account_id:
        messages.error(request, _("Look after your own device under “My account”."))
    elif remove_factor(account.id, actor=request.identity.actor, demand=False):
        messages.success(
            request, _("The device of %(email)s counts no more.") % {"email": account.email}
        )
    return redirect(office.path("account-of", account=account.id))

"""The list of accounts, and the invitation to another one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rollcall.accounts.arrivals import make_account_link, send_invitation
from rollcall.accounts.links import Purpose
from rollcall.accounts.operations import NewAccount, add_account
from rollcall.accounts.queries import list_accounts
from rollcall.core.errors import SetupError
from rollcall.mail.queries import has_mail_server
from rollcall.portal.forms.accounts import AdministratorForm, InviteForm
from rollcall.portal.paging import ROWS, make_page, page_number
from rollcall.portal.views.accounts.office import Office, systems_office, tenants_office
from rollcall.portal.views.accounts.words import described
from rollcall.telephony.names import names_of
from rollcall.web.audience import for_administrator, for_system
from rollcall.web.identity import PageRequest
from rollcall.wiring.machine import utc_now

FIELDS = {
    "bad-email": "email",
    "email-taken": "email",
    "bad-name": "name",
    "bad-number": "extension",
    "unknown-extension": "extension",
    "extension-taken": "extension",
    "others-extension": "extension",
}
LONGEST_SEARCH = 200


@for_administrator("GET", live=True)
def list_all(request: PageRequest) -> HttpResponse:
    """List a tenant's accounts."""
    return _list(request, tenants_office(request))


@for_system("GET", live=True)
def list_of_system(request: PageRequest) -> HttpResponse:
    """List the system administrators."""
    return _list(request, systems_office(request))


@for_administrator("GET", "POST", live=True)
def invite(request: PageRequest) -> HttpResponse:
    """Invite somebody to a tenant."""
    return _invite(request, tenants_office(request))


@for_system("GET", "POST", live=True)
def invite_to_system(request: PageRequest) -> HttpResponse:
    """Invite another system administrator."""
    return _invite(request, systems_office(request))


def _list(request: PageRequest, office: Office) -> HttpResponse:
    search = request.GET.get("q", "").replace("\0", "")[:LONGEST_SEARCH].strip()
    skip = (page_number(request) - 1) * ROWS
    found = list_accounts(office.tenant_id, search=search, offset=skip, limit=ROWS + 1)
    extensions = (
        names_of(office.tenant_id, [each.extension_id for each in found if each.extension_id])
        if office.tenant_id is not None
        else {}
    )
    rows = [
        {
            **described(each),
            "path": office.path("account-of", account=each.id),
            "extension": extensions.get(each.extension_id or 0),
            "own": each.id == request.identity.account_id,
        }
        for each in found
    ]
    values = {
        "page": make_page(request, rows),
        "search": search,
        "of_tenant": office.tenant_id is not None,
        "list_path": office.path("accounts"),
        "invite_path": office.path("account-invite"),
    }
    return render(request, "portal/accounts/list.html", values)


def _invite(request: PageRequest, office: Office) -> HttpResponse:
    kind = AdministratorForm if office.tenant_id is None else InviteForm
    form = kind(request.POST or None)
    if form.is_valid():
        try:
            account_id = _add(request, office, form.cleaned_data)
        except SetupError as error:
            form.add_error(FIELDS.get(error.code), str(error))
        else:
            return _send(request, office, account_id, form.cleaned_data["email"])
    values = {
        "form": form,
        "of_tenant": office.tenant_id is not None,
        "list_path": office.path("accounts"),
        "mail": has_mail_server(),
    }
    return render(request, "portal/accounts/invite.html", values)


def _add(request: PageRequest, office: Office, given: "dict[str, str]") -> int:
    new = NewAccount(
        email=given["email"],
        role=given.get("role", "system"),
        tenant_id=office.tenant_id,
        name=given["name"],
        extension_id=office.extension_id(given.get("extension", ""), email=given["email"]),
    )
    return add_account(new, actor=request.identity.actor)


def _send(request: PageRequest, office: Office, account_id: int, email: str) -> HttpResponse:
    """Send the invitation; where no mail goes out, show the link to be handed over."""
    actor, now = request.identity.actor, utc_now()
    if not has_mail_server():
        token = make_account_link(account_id, Purpose.INVITATION, actor=actor, now=now)
        address = office.address(Purpose.INVITATION, token)
        return hand_over(request, office, address, email=email, purpose=Purpose.INVITATION)
    send_invitation(account_id, address=office.address, actor=actor, now=now)
    messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": email})
    return redirect(office.path("accounts"))


def hand_over(
    request: PageRequest, office: Office, address: str, *, email: str, purpose: Purpose
) -> HttpResponse:
    """Show a link once, for an administrator to hand over."""
    values = {
        "address": address,
        "email": email,
        "invitation": purpose is Purpose.INVITATION,
        "list_path": office.path("accounts"),
    }
    return render(request, "portal/accounts/hand_over.html", values)

"""Phones as pages show them: desk phones with where they are, open web phones, what to type in."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rollcall.calling.device_operations import (
    DevicePassword,
    add_device,
    remove_device,
    rename_device,
    renew_password,
)
from rollcall.calling.devices import DeviceView, get_device, list_devices
from rollcall.calling.registrations import Registration, registrations_of
from rollcall.core.errors import SetupError
from rollcall.portal.browsers import BROWSERS, browser_name
from rollcall.portal.forms.phones import PhoneForm
from rollcall.web.identity import PageRequest
from rollcall.wiring.machine import utc_now

TRANSPORTS: Final = (("TLS", "sips_port"), ("TCP", "sip_port"), ("UDP", "sip_port"))


@dataclass(frozen=True, slots=True)
class Corner:
    """Whose phones a page is about, and where its list stands.

    `addresses` are those of what is done to a phone, by what it is, with 0 for the phone's id.
    """

    extension_id: int
    number: str
    back: str
    back_title: str
    addresses: dict[str, str]

    def address(self, action: str, device_id: int) -> str:
        """Return where something is done to a phone."""
        return self.addresses[action].replace("/0/", f"/{device_id}/")


def phone_lists(request: PageRequest, corner: Corner) -> dict[str, Any]:
    """Return both lists of an extension's phones, for a template."""
    tenant_id = request.tenant.id
    registered = registrations_of(tenant_id, corner.extension_id)
    return {
        "desk": [
            {"phone": each, **{name: corner.address(name, each.id) for name in corner.addresses}}
            for each in list_devices(tenant_id, corner.extension_id)
        ],
        "web": [
            {"where": each, "browser": _browser(each)} for each in registered if each.kind == "web"
        ],
    }


def add(request: PageRequest, corner: Corner) -> HttpResponse:
    """Ask for a name, add the phone, and show what to type into it."""
    form = PhoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = add_device(
                request.tenant.id,
                corner.extension_id,
                name=form.cleaned_data["name"],
                actor=request.identity.actor,
                now=utc_now(),
            )
        except SetupError as error:
            form.refuse(error)
        else:
            return _show_password(request, corner, made)
    return _ask_name(request, corner, form, renaming=False)


def rename(request: PageRequest, corner: Corner, device_id: int) -> HttpResponse:
    """Ask for another name."""
    phone = find_phone(request, corner, device_id)
    form = PhoneForm(request.POST or None, initial={"name": phone.name})
    if request.method == "POST" and form.is_valid():
        name, actor = form.cleaned_data["name"], request.identity.actor
        try:
            rename_device(request.tenant.id, device_id, name=name, actor=actor)
        except SetupError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The phone is called “%(name)s” now.") % {"name": name})
            return redirect(corner.back)
    return _ask_name(request, corner, form, renaming=True)


def renew(request: PageRequest, corner: Corner, device_id: int) -> HttpResponse:
    """Make a new password, and show it."""
    find_phone(request, corner, device_id)
    try:
        made = renew_password(
            request.tenant.id, device_id, actor=request.identity.actor, now=utc_now()
        )
    except SetupError as error:
        messages.error(request, str(error))
        return redirect(corner.back)
    return _show_password(request, corner, made)


def sign_out(request: PageRequest, corner: Corner, device_id: int) -> HttpResponse:
    """Sign a phone out: it gets a password that nobody knows."""
    phone = find_phone(request, corner, device_id)
    try:
        renew_password(request.tenant.id, device_id, actor=request.identity.actor, now=utc_now())
    except SetupError as error:
        messages.error(request, str(error))
    else:
        sentence = _("“%(name)s” is signed out. With a new password it can be used again.")
        messages.success(request, sentence % {"name": phone.name})
    return redirect(corner.back)


def remove(request: PageRequest, corner: Corner, device_id: int) -> HttpResponse:
    """Remove a phone."""
    phone = find_phone(request, corner, device_id)
    remove_device(request.tenant.id, device_id, actor=request.identity.actor)
    messages.success(request, _("“%(name)s” is removed.") % {"name": phone.name})
    return redirect(corner.back)


def find_phone(request: PageRequest, corner: Corner, device_id: int) -> DeviceView:
    """Return one of the extension's phones; there is no page for another's."""
    try:
        phone = get_device(request.tenant.id, device_id)
    except SetupError:
        raise Http404 from None
    if phone.extension_id != corner.extension_id:
        raise Http404
    return phone


def _ask_name(
    request: PageRequest, corner: Corner, form: PhoneForm, *, renaming: bool
) -> HttpResponse:
    values = {
        "form": form,
        "renaming": renaming,
        "back": corner.back,
        "back_title": corner.back_title,
    }
    return render(request, "portal/calling/phone_name.html", values)


def _show_password(request: PageRequest, corner: Corner, made: DevicePassword) -> HttpResponse:
    environment = request.machine.environment
    address = environment.sip_public_address or environment.sip_address
    values = {
        "given": made,
        "number": corner.number,
        "servers": [
            {"transport": name, "address": address, "port": getattr(environment, port)}
            for name, port in TRANSPORTS
        ],
        "only_here": ip_address(address).is_loopback,
        "back": corner.back,
        "back_title": corner.back_title,
    }
    response = render(request, "portal/calling/phone_password.html", values)
    response["Cache-Control"] = "no-store"
    return response


def _browser(where: Registration) -> str:
    """Return which browser a web phone says that it is, if it does."""
    known = any(sign in where.agent for sign, _name in BROWSERS)
    return browser_name(where.agent) if known else _("Web phone")

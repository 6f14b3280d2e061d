"""Forms of one's own account."""

from django import forms
from django.utils.translation import gettext_lazy as _

from rollcall.portal.forms.entry import (
    DeviceForm,
    NewPasswordForm,
    name_field,
    password_field,
)


class NameForm(forms.Form):
    """How somebody is called."""

    name = name_field(_("Others see it beside what you do. Without one they see the mail address."))


class PresentPasswordForm(forms.Form):
    """The present password, where a change asks for it."""

    present = password_field(_("Present password"), autocomplete="current-password")


class ChangePasswordForm(NewPasswordForm):
    """The present password, and another one."""

    present = password_field(_("Present password"), autocomplete="current-password")
    field_order = ("present", "password", "again")


class OwnDeviceForm(DeviceForm):
    """A code of a new device, and the password."""

    present = password_field(_("Your password"), autocomplete="current-password")
    field_order = ("device", "code", "present")

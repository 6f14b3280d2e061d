"""Directories and app registrations: made, shown, changed, removed."""

import msgspec
from msgspec import UNSET, Struct, UnsetType

from m365sim.control.asking import Ask, ControlError
from m365sim.founding import directory_from
from m365sim.generator.plan import SpecError, make_plan, read_spec
from m365sim.state.applications import (
    Application,
    Certificate,
    MailboxGrant,
    UploadError,
    read_certificate,
    register,
)
from m365sim.state.directory import Directory, UserConsent


class DirectorySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What can be set for a directory."""

    max_certificate_days: int | UnsetType | None = UNSET
    user_consent: UserConsent | UnsetType = UNSET


class NewApplication(Struct, frozen=True, forbid_unknown_fields=True):
    """An application to register."""

    name: str
    roles: tuple[str, ...] = ()


class ApplicationSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What can be set for an application; what is not given stays."""

    roles: tuple[str, ...] | None = None
    enabled: bool | None = None
    mailbox_grants: tuple[MailboxGrant, ...] | None = None
    delegated: tuple[str, ...] | None = None
    redirect_uris: tuple[str, ...] | None = None
    logout_url: str | None = None
    optional_claims: tuple[str, ...] | None = None
    assignment_required: bool | None = None
    assigned: tuple[str, ...] | None = None


def add_directory(ask: Ask) -> object:
    """Make a directory out of a spec or of named values."""
    values = ask.read(dict[str, object])
    try:
        spec = values.pop("spec", None)
        plan = read_spec(str(spec)) if spec is not None else make_plan(values)
        directory = directory_from(plan, ask.world.cloud)
    except SpecError as error:
        raise ControlError(str(error)) from error
    if directory.directory_id in ask.world.directories or ask.world.directory(directory.domains[0]):
        raise ControlError(f"There is a directory '{plan.name}' already.", status=409)
    ask.world.directories[directory.directory_id] = directory
    return written_directory(directory)


def show_directory(ask: Ask) -> object:
    """Show a directory."""
    return written_directory(ask.directory)


def set_directory(ask: Ask) -> object:
    """Set what can be set for a directory."""
    directory, wanted = ask.directory, ask.read(DirectorySettings)
    if not isinstance(wanted.max_certificate_days, UnsetType):
        directory.max_certificate_days = wanted.max_certificate_days
    if not isinstance(wanted.user_consent, UnsetType):
        directory.user_consent = wanted.user_consent
    return written_directory(directory)


def remove_directory(ask: Ask) -> object:
    """Remove a directory with all that is in it."""
    del ask.world.directories[ask.directory.directory_id]
    return {}


def written_directory(directory: Directory) -> dict[str, object]:
    """Return what is to be known of a directory."""
    return {
        "directory_id": directory.directory_id,
        "name": directory.name,
        "domains": list(directory.domains),
        "cloud": directory.cloud.name,
        "users": len(directory.people.live_slots()),
        "deleted_users": len(directory.people.deleted_slots()),
        "applications": [_written(one) for one in directory.applications.values()],
    }


def add_application(ask: Ask) -> object:
    """Register an application."""
    wanted = ask.read(NewApplication)
    application = register(ask.directory.seed, wanted.name, wanted.roles)
    if application.application_id in ask.directory.applications:
        raise ControlError(f"There is an application '{wanted.name}' already.", status=409)
    ask.directory.applications[application.application_id] = application
    return _written(application)


def set_application(ask: Ask) -> object:
    """Set what is given of an application; tokens that were issued stay as they are."""
    application = _application(ask)
    wanted = ask.read(ApplicationSettings)
    for name in ApplicationSettings.__struct_fields__:
        value = getattr(wanted, name)
        if value is not None:
            setattr(application, name, value)
    return _written(application)


def remove_application(ask: Ask) -> object:
    """Remove an application."""
    del ask.directory.applications[_application(ask).application_id]
    return {}


def add_certificate(ask: Ask) -> object:
    """Upload a certificate, as the portal takes it."""
    application = _application(ask)
    try:
        certificate = read_certificate(
            ask.body.decode(errors="replace"), most_days=ask.directory.max_certificate_days
        )
    except UploadError as error:
        raise ControlError(str(error)) from error
    application.keep_certificate(certificate)
    return _written_certificate(certificate)


def list_certificates(ask: Ask) -> object:
    """List the certificates of an application."""
    return {"certificates": [_written_certificate(one) for one in _application(ask).certificates]}


def remove_certificate(ask: Ask) -> object:
    """Remove a certificate by either thumbprint."""
    if not _application(ask).drop_certificate(ask.arguments[2]):
        raise ControlError(f"There is no certificate '{ask.arguments[2]}'.", status=404)
    return {}


def _application(ask: Ask) -> Application:
    found = ask.directory.applications.get(ask.arguments[1].lower())
    if found is None:
        raise ControlError(f"There is no application '{ask.arguments[1]}'.", status=404)
    return found


def _written(application: Application) -> dict[str, object]:
    return {
        "name": application.name,
        "application_id": application.application_id,
        "object_id": application.object_id,
        "service_principal_id": application.service_principal_id,
        "roles": list(application.roles),
        "enabled": application.enabled,
        "mailbox_grants": msgspec.to_builtins(application.mailbox_grants),
        "delegated": list(application.delegated),
        "redirect_uris": list(application.redirect_uris),
        "logout_url": application.logout_url,
        "optional_claims": list(application.optional_claims),
        "assignment_required": application.assignment_required,
        "assigned": list(application.assigned),
        "certificates": [_written_certificate(one) for one in application.certificates],
    }


def _written_certificate(certificate: Certificate) -> dict[str, object]:
    return {
        "thumbprint_sha1": certificate.thumbprint_sha1,
        "thumbprint_sha256": certificate.thumbprint_sha256,
        "start": certificate.start,
        "end": certificate.end,
    }

"""App registrations: listed, made, and one with all that is on it."""

from html import escape
from itertools import count
from urllib.parse import quote, urlsplit

from m365sim.answers import Answer
from m365sim.portal.call import NoPageError, PortalCall, page, see_other
from m365sim.portal.signing_in import (
    assignment_form,
    logout_form,
    logout_problem,
    optional_claims_form,
    people_named,
)
from m365sim.state.applications import (
    DELEGATED,
    OPTIONAL_CLAIMS,
    Application,
    Certificate,
    UploadError,
    read_certificate,
    register,
)
from m365sim.state.directory import Directory

OWN_PERMISSIONS = (
    "User.Read.All",
    "Contacts.Read",
    "MailboxSettings.Read",
    "GroupMember.Read.All",
)
LONGEST_URI = 256


def list_directories(call: PortalCall) -> Answer:
    """List the directories."""
    lines = [
        f'<tr><td><a href="{_address(one)}">{escape(one.name)}</a></td>'
        f"<td>{escape(one.default_domain)}</td><td><code>{one.directory_id}</code></td></tr>"
        for one in call.world.directories.values()
    ]
    table = _table(("Directory", "Domain", "Directory (tenant) ID"), lines)
    return page("Directories", table if lines else "<p>There is no directory yet.</p>")


def list_applications(call: PortalCall) -> Answer:
    """List the applications of a directory, and offer to register one."""
    return _applications(call.directory, "")


def add_application(call: PortalCall) -> Answer:
    """Register an application."""
    directory = call.directory
    name, uri = call.text("name"), call.text("redirect_uri")
    if not name:
        return _applications(directory, "Enter a display name.")
    problem = _uri_problem(uri) if uri else ""
    if problem:
        return _applications(directory, problem)
    application = _registered(directory, name)
    application.requested = ("User.Read",)
    application.redirect_uris = (uri,) if uri else ()
    directory.applications[application.application_id] = application
    return see_other(_address(directory, application))


def _registered(directory: Directory, name: str) -> Application:
    """Return a new registration; a name may be there more than once, as in Entra."""
    known = directory.applications
    made = (register(directory.seed, name, (), serial=number) for number in count(1))
    return next(each for each in made if each.application_id not in known)


def show_application(call: PortalCall) -> Answer:
    """Show an application."""
    return _application(call.directory, call.application)


def add_certificate(call: PortalCall) -> Answer:
    """Take an uploaded certificate, or say why not."""
    directory, application = call.directory, call.application
    try:
        certificate = read_certificate(
            call.text("certificate"), most_days=directory.max_certificate_days
        )
    except UploadError as error:
        return _application(directory, application, f"Failed to upload certificate. {error}")
    application.keep_certificate(certificate)
    return see_other(f"{_address(directory, application)}#certificates")


def remove_certificate(call: PortalCall) -> Answer:
    """Remove a certificate."""
    if not call.application.drop_certificate(call.text("thumbprint")):
        raise NoPageError
    return see_other(f"{_address(call.directory, call.application)}#certificates")


def set_permissions(call: PortalCall) -> Answer:
    """Put the ticked permissions on the registration; granted ones that are not there any more go.

    Consent is another step, as in Entra.
    """
    ticked = call.form.get("permission", ())
    application = call.application
    application.requested = tuple(name for name in (*OWN_PERMISSIONS, *DELEGATED) if name in ticked)
    application.roles = tuple(name for name in application.roles if name in ticked)
    application.delegated = tuple(name for name in application.delegated if name in ticked)
    return see_other(f"{_address(call.directory, application)}#permissions")


def grant_consent(call: PortalCall) -> Answer:
    """Grant what the registration asks for."""
    call.application.consent()
    return see_other(f"{_address(call.directory, call.application)}#permissions")


def add_redirect_uri(call: PortalCall) -> Answer:
    """Register a redirect URI."""
    directory, application = call.directory, call.application
    uri = call.text("redirect_uri")
    problem = _uri_problem(uri)
    if problem:
        return _application(directory, application, problem)
    if uri not in application.redirect_uris:
        application.redirect_uris = (*application.redirect_uris, uri)
    return see_other(f"{_address(directory, application)}#authentication")


def remove_redirect_uri(call: PortalCall) -> Answer:
    """Take a redirect URI off the registration."""
    uri = call.text("redirect_uri")
    application = call.application
    application.redirect_uris = tuple(one for one in application.redirect_uris if one != uri)
    return see_other(f"{_address(call.directory, application)}#authentication")


def set_logout_url(call: PortalCall) -> Answer:
    """Keep the front-channel logout URL; an empty one takes it away."""
    directory, application = call.directory, call.application
    url = call.text("logout_url")
    problem = logout_problem(url) if url else ""
    if problem:
        return _application(directory, application, problem)
    application.logout_url = url
    return see_other(f"{_address(directory, application)}#authentication")


def set_optional_claims(call: PortalCall) -> Answer:
    """Keep which claims are ticked."""
    ticked = call.form.get("claim", ())
    call.application.optional_claims = tuple(name for name in OPTIONAL_CLAIMS if name in ticked)
    return see_other(f"{_address(call.directory, call.application)}#claims")


def set_assignment(call: PortalCall) -> Answer:
    """Keep whether people have to be assigned, and who is."""
    directory, application = call.directory, call.application
    found, missing = people_named(directory, call.text("assigned"))
    if missing:
        return _application(directory, application, f"There is nobody named {missing}.")
    application.assignment_required = bool(call.text("required"))
    application.assigned = found
    return see_other(f"{_address(directory, application)}#assignment")


def _uri_problem(uri: str) -> str:
    """Return why Entra would not take a redirect URI, or nothing. Contract b.2."""
    parts = urlsplit(uri)
    local = parts.hostname == "localhost" and parts.scheme == "http"
    if not parts.hostname or (parts.scheme != "https" and not local):
        return "Must start with 'HTTPS' or 'http://localhost'. Must be a valid URL."
    if len(uri) > LONGEST_URI or set(uri) & set("!$'(),;") or parts.fragment:
        return "The redirect URI is too long, or has a character or a fragment that is not allowed."
    return ""


def _address(directory: Directory, application: Application | None = None) -> str:
    address = f"/portal/{quote(directory.directory_id)}"
    return f"{address}/{quote(application.application_id)}" if application else address


def _table(heads: tuple[str, ...], lines: list[str]) -> str:
    cells = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _applications(directory: Directory, problem: str) -> Answer:
    lines = [
        f'<tr><td><a href="{_address(directory, one)}">{escape(one.name)}</a></td>'
        f"<td><code>{one.application_id}</code></td></tr>"
        for one in directory.applications.values()
    ]
    body = (
        f'<p class="quiet">Directory {escape(directory.name)} ({escape(directory.default_domain)})'
        f"</p>{_refused(problem)}"
        + _table(("Display name", "Application (client) ID"), lines)
        + f"""<h2 id="new">New registration</h2>
<form method="post" action="{_address(directory)}">
<label for="name">Name</label><input type="text" id="name" name="name" required>
<p class="quiet">Supported account types: accounts in this organizational directory only.</p>
<label for="uri">Redirect URI, platform Web (optional)</label>
<input type="text" id="uri" name="redirect_uri" placeholder="https://pbx.example.com/ms365/callback">
<p><button class="main">Register</button></p></form>"""
    )
    return page("App registrations", body, status=400 if problem else 200)


def _refused(problem: str) -> str:
    return f'<p class="refused" role="alert">{escape(problem)}</p>' if problem else ""


def _application(directory: Directory, application: Application, problem: str = "") -> Answer:
    parts = (
        _sections(directory),
        _refused(problem),
        _overview(directory, application),
        _authentication(directory, application),
        _certificates(directory, application),
        optional_claims_form(_address(directory, application), application),
        _permissions(directory, application),
        assignment_form(_address(directory, application), directory, application),
    )
    return page(application.name, "".join(parts), status=400 if problem else 200)


def _sections(directory: Directory) -> str:
    return f"""<nav aria-label="Sections"><a href="#overview">Overview</a>
<a href="#authentication">Authentication</a>
<a href="#certificates">Certificates &amp; secrets</a>
<a href="#claims">Token configuration</a><a href="#permissions">API permissions</a>
<a href="#assignment">Users</a>
<a href="{_address(directory)}">App registrations</a></nav>"""


def _overview(directory: Directory, application: Application) -> str:
    return f"""<h2 id="overview">Overview</h2><dl>
<dt>Display name</dt><dd>{escape(application.name)}</dd>
<dt>Application (client) ID</dt>
<dd><code id="application-id">{application.application_id}</code></dd>
<dt>Object ID</dt><dd><code id="object-id">{application.object_id}</code></dd>
<dt>Directory (tenant) ID</dt><dd><code id="directory-id">{directory.directory_id}</code></dd>
<dt>Supported account types</dt><dd>My organization only</dd></dl>"""


def _authentication(directory: Directory, application: Application) -> str:
    here = _address(directory, application)
    lines = [
        f"<tr><td><code>{escape(uri)}</code></td><td>"
        f'<form method="post" action="{here}/redirect-uris/remove">'
        f'<input type="hidden" name="redirect_uri" value="{escape(uri)}">'
        "<button>Remove</button></form></td></tr>"
        for uri in application.redirect_uris
    ]
    table = _table(("Redirect URI (Web)", "Change"), lines) if lines else ""
    return f"""<h2 id="authentication">Authentication</h2>{table or "<p>No redirect URI yet.</p>"}
<form method="post" action="{here}/redirect-uris"><label for="uri">Add a redirect URI</label>
<input type="text" id="uri" name="redirect_uri" required><button>Add URI</button></form>
{logout_form(here, application)}"""


def _certificates(directory: Directory, application: Application) -> str:
    here = _address(directory, application)
    lines = [_certificate(here, one) for one in application.certificates]
    table = _table(("Thumbprint", "Start date", "Expires", "Change"), lines) if lines else ""
    return f"""<h2 id="certificates">Certificates &amp; secrets</h2>
{table or "<p>No certificates have been added for this application.</p>"}
<form method="post" action="{here}/certificates" enctype="multipart/form-data">
<label for="certificate">Upload certificate: a file of type .cer, .pem or .crt</label>
<input type="file" id="certificate" name="certificate" accept=".cer,.pem,.crt" required>
<button class="main">Upload certificate</button></form>"""


def _certificate(here: str, certificate: Certificate) -> str:
    return (
        f"<tr><td><code>{certificate.thumbprint_sha1}</code></td>"
        f"<td>{certificate.start:%Y-%m-%d}</td><td>{certificate.end:%Y-%m-%d}</td>"
        f'<td><form method="post" action="{here}/certificates/remove">'
        f'<input type="hidden" name="thumbprint" value="{certificate.thumbprint_sha1}">'
        "<button>Delete</button></form></td></tr>"
    )


def _permissions(directory: Directory, application: Application) -> str:
    here = _address(directory, application)
    ticks = "".join(
        _tick(name, application, granted_for=directory.name)
        for name in (*OWN_PERMISSIONS, *DELEGATED)
    )
    return f"""<h2 id="permissions">API permissions</h2>
<form method="post" action="{here}/permissions"><fieldset><legend>Microsoft Graph</legend>{ticks}
</fieldset><button>Save permissions</button></form>
<form method="post" action="{here}/consent">
<button class="main">Grant admin consent for {escape(directory.name)}</button></form>"""


def _tick(name: str, application: Application, *, granted_for: str) -> str:
    kind = "Delegated" if name in DELEGATED else "Application"
    granted = name in application.roles or name in application.delegated
    requested = granted or name in application.requested
    state = f"Granted for {granted_for}" if granted else "Not granted" if requested else ""
    return (
        f'<label class="tick"><input type="checkbox" name="permission" value="{name}"'
        f"{' checked' if requested else ''}> <code>{name}</code> "
        f'<span class="quiet">{kind}{": " if state else ""}{escape(state)}</span></label>'
    )

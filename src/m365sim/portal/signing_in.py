"""The parts of a registration that count when people sign in."""

from html import escape
from urllib.parse import urlsplit

from m365sim.state.applications import OPTIONAL_CLAIMS, Application
from m365sim.state.directory import Directory


def logout_form(here: str, application: Application) -> str:
    """Show the front-channel logout URL."""
    return f"""<form method="post" action="{here}/logout-url">
<label for="logout-url">Front-channel logout URL</label>
<input type="url" id="logout-url" name="logout_url" value="{escape(application.logout_url)}"
placeholder="https://pbx.example.com/ms365/logout"><button>Save URL</button></form>"""


def logout_problem(url: str) -> str:
    """Return why Entra would not take a front-channel logout URL, or nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "The front-channel logout URL is not a valid URL."
    if parts.scheme != "https" or not parts.hostname:
        return "The front-channel logout URL must start with 'HTTPS'. Must be a valid URL."
    return ""


def optional_claims_form(here: str, application: Application) -> str:
    """Show which claims the id token has beyond the usual ones."""
    ticks = "".join(
        f'<label class="tick"><input type="checkbox" name="claim" value="{name}"'
        f"{' checked' if name in application.optional_claims else ''}> <code>{name}</code></label>"
        for name in OPTIONAL_CLAIMS
    )
    return f"""<h2 id="claims">Token configuration</h2>
<form method="post" action="{here}/optional-claims"><fieldset>
<legend>Optional claims of the ID token</legend>{ticks}</fieldset>
<button>Save claims</button></form>"""


def assignment_form(here: str, directory: Directory, application: Application) -> str:
    """Show whether people have to be assigned, and who is."""
    names = "\n".join(_name(directory, object_id) for object_id in application.assigned)
    ticked = " checked" if application.assignment_required else ""
    return f"""<h2 id="assignment">Users</h2>
<form method="post" action="{here}/assignment">
<label class="tick"><input type="checkbox" name="required" value="yes"{ticked}>
Assignment required</label>
<label for="assigned">Assigned people, one principal name on each line</label>
<textarea id="assigned" name="assigned" rows="4">{escape(names)}</textarea>
<button>Save users</button></form>"""


def people_named(directory: Directory, text: str) -> tuple[tuple[str, ...], str]:
    """Return the object ids of the people on the lines, and the first name that is nobody's."""
    found: list[str] = []
    for name in filter(None, (line.strip() for line in text.splitlines())):
        slot = directory.people.by_address(name)
        if slot is None:
            return (), name
        found.append(directory.people.object_id(slot))
    return tuple(dict.fromkeys(found)), ""


def _name(directory: Directory, object_id: str) -> str:
    slot = directory.people.by_id(object_id)
    known = directory.people.properties(slot) if slot is not None else {}
    return str(known.get("userPrincipalName") or object_id)

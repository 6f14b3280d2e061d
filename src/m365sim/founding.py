"""Founds directories: the sample company, empty ones, generated ones."""

from m365sim.clouds import CLOUDS, Cloud
from m365sim.generator.people import GeneratedPeople
from m365sim.generator.plan import Plan, SpecError, read_spec
from m365sim.sample.contoso import make_contoso
from m365sim.state.applications import register
from m365sim.state.directory import Directory
from m365sim.state.origin import EmptyOrigin, Origin

USUAL_PERMISSIONS = (
    *("User.Read.All", "Contacts.Read", "MailboxSettings.Read", "GroupMember.Read.All"),
    *("openid", "profile"),
)
"""What the application is granted that a directory begins with."""


def make_directory(spec: str, cloud: Cloud) -> Directory:
    """Make the directory that a specification describes; SpecError when it describes none."""
    return directory_from(read_spec(spec), cloud)


def directory_from(plan: Plan, cloud: Cloud) -> Directory:
    """Make a directory with one application, "Rollcall", that has no certificate yet."""
    if plan.cloud and plan.cloud not in CLOUDS:
        raise SpecError(f"'{plan.cloud}' is no cloud; there are {', '.join(CLOUDS)}.")
    domain = f"{plan.name.lower()}.example"
    origin: Origin
    match plan.kind:
        case "contoso":
            origin = make_contoso(plan.seed, domain)
        case "empty":
            origin = EmptyOrigin(plan.seed)
        case _:
            origin = GeneratedPeople(plan, domain)
    directory = Directory(
        plan.name, cloud=CLOUDS.get(plan.cloud, cloud), origin=origin, country=plan.country
    )
    application = register(plan.seed, "Rollcall", USUAL_PERMISSIONS)
    directory.applications[application.application_id] = application
    return directory

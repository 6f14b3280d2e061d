"""The directory itself. Contract j."""

from m365sim.answers import Answer, json_answer
from m365sim.graph.call import Call
from m365sim.graph.options import unknown_property
from m365sim.graph.users import not_found
from m365sim.state.directory import FOUNDED_AT


def list_organizations(call: Call) -> Answer:
    """Answer the one organization there is."""
    shown = f"({','.join(call.options.names('$select'))})" if call.options.names("$select") else ""
    context = f"{call.base}/$metadata#organization{shown}"
    return json_answer({"@odata.context": context, "value": [_organization(call)]})


def get_organization(call: Call) -> Answer:
    """Answer the organization by its id, which is the directory id."""
    if call.arguments[0].lower() != call.directory.directory_id:
        raise not_found(call.arguments[0])
    context = {"@odata.context": f"{call.base}/$metadata#organization/$entity"}
    return json_answer(context | _organization(call))


def _organization(call: Call) -> dict[str, object]:
    directory = call.directory
    domains = [
        {
            "capabilities": "Email, OfficeCommunicationsOnline",
            "isDefault": domain == directory.default_domain,
            "isInitial": domain.endswith(".onmicrosoft.com"),
            "name": domain,
            "type": "Managed",
        }
        for domain in directory.domains
    ]
    every: dict[str, object] = {
        "id": directory.directory_id,
        "deletedDateTime": None,
        "assignedPlans": [],
        "businessPhones": [],
        "city": None,
        "country": None,
        "countryLetterCode": directory.country,
        "createdDateTime": FOUNDED_AT,
        "displayName": directory.name,
        "marketingNotificationEmails": [],
        "onPremisesLastSyncDateTime": None,
        "onPremisesSyncEnabled": None,
        "postalCode": None,
        "preferredLanguage": "en",
        "provisionedPlans": [],
        "securityComplianceNotificationMails": [],
        "securityComplianceNotificationPhones": [],
        "state": None,
        "street": None,
        "technicalNotificationMails": [f"admin@{directory.default_domain}"],
        "tenantType": "AAD",
        "verifiedDomains": domains,
    }
    names = call.options.names("$select")
    for name in names:
        if name not in every:
            raise unknown_property(name, "microsoft.graph.organization")
    return {name: every[name] for name in dict.fromkeys(("id", *names))} if names else every

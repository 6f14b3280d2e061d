"""The clouds in which directories live: those that come along, and the operator's own."""

from django.http import HttpResponse
from django.shortcuts import render

from rollcall.integrations.health import tenants_by_cloud
from rollcall.web.audience import for_system
from rollcall.web.identity import PageRequest

EXAMPLE = """\
[clouds.CONTOSO]
login  = "https://login.contoso.example"
graph  = "https://graph.contoso.example"
portal = "https://portal.contoso.example"
ca_file = "contoso-ca.pem"
"""
"""Lines of rollcall.toml that add a cloud."""


@for_system("GET")
def show(request: PageRequest) -> HttpResponse:
    """Show all clouds, and how many tenants use each."""
    used = dict(tenants_by_cloud())
    own = {cloud.name for cloud in request.machine.environment.clouds}
    clouds = [
        {"cloud": cloud, "own": name in own, "tenants": used.pop(name, 0)}
        for name, cloud in request.machine.clouds().items()
    ]
    values = {"clouds": clouds, "unknown": sorted(used.items()), "example": EXAMPLE}
    return render(request, "portal/system/clouds.html", values)

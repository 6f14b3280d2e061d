"""Every address that the web server answers, and for whom. A new route has its line here.

What stands here is what the tests demand; the views say it again, and must agree.
"""

from collections.abc import Mapping

from rollcall.web.audience import Audience

ROUTES: Mapping[str, tuple[str, ...]] = {
    "": (
        "healthz",
        "metrics",
        "readyz",
    ),
    Audience.ANYONE: (
        "api-description",
        "forgot",
        "forgot-sent",
        "invitation",
        "reset",
        "second-factor",
        "second-factor-set-up",
        "set-up",
        "sign-in",
        "sign-in-by-link",
        "sign-in-choose",
        "sign-out",
        "tenant-home",
        "tenant-sign-in",
    ),
    Audience.SIGNED_IN: (
        "account",
        "home",
        "ms365-callback",
        "switch-back",
        "switch-to",
    ),
    Audience.USER: (),
    Audience.ADMINISTRATOR: (
        "audit",
        "audit-csv",
        "integration",
        "integration-check",
        "integration-chosen",
        "integration-cloud",
        "integration-contacts",
        "integration-explain",
        "integration-ids",
        "integration-key-file",
        "integration-key-new",
        "integration-key-retire",
        "integration-pause",
        "integration-pick-candidates",
        "integration-pick-mailboxes",
        "integration-pick-people",
        "integration-preview",
        "integration-range",
        "integration-resume",
        "integration-run",
        "integration-run-apply",
        "integration-run-cancel",
        "integration-run-csv",
        "integration-run-discard",
        "integration-runs",
        "integration-sign-in",
        "integration-sync",
        "integration-time",
        "integration-try-ids",
        "integration-users",
        "token-new",
        "token-revoke",
        "tokens",
    ),
    Audience.SYSTEM: (
        "system-clouds",
        "system-mail",
        "system-mail-retry",
        "system-mail-test",
        "system-server",
        "system-tenant",
        "system-tenant-add",
        "system-tenant-delete",
        "system-tenant-edit",
        "system-tenant-resume",
        "system-tenant-suspend",
        "system-tenants",
        "system-tenants-csv",
        "system-token-new",
        "system-token-revoke",
        "system-tokens",
    ),
    Audience.TOKEN: (
        "api-approve",
        "api-cancel_run",
        "api-check",
        "api-discard_run",
        "api-explain",
        "api-get_contact",
        "api-get_extension",
        "api-get_run",
        "api-get_settings",
        "api-get_system_tenant",
        "api-get_tenant",
        "api-link_extension",
        "api-list_audit",
        "api-list_contacts",
        "api-list_extensions",
        "api-list_kept_numbers",
        "api-list_pairs",
        "api-list_run_changes",
        "api-list_run_problems",
        "api-list_run_refusals",
        "api-list_runs",
        "api-list_tenants",
        "api-pause",
        "api-resume",
        "api-resume_tenant",
        "api-retire_key_pair",
        "api-separate_person",
        "api-suspend_tenant",
    ),
}

WRONG_LINK = "nobody-has-this-link"
FREE: Mapping[str, str] = {
    "invitation": WRONG_LINK,
    "reset": WRONG_LINK,
    "set_up": WRONG_LINK,
    "link": WRONG_LINK,
}
"""What an address takes that is nobody's: words, not ids."""

SENT: Mapping[str, Mapping[str, str]] = {}
"""Forms that name things by their ids: a field, and `{extension}` for the id of such a thing."""

SENT_TO_API: Mapping[tuple[str, str], dict[str, object]] = {
    ("api-link_extension", "POST"): {"person": "somebody"},
}
"""Bodies by route and method, where an empty one would be refused for its form."""

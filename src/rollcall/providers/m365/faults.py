"""What Microsoft's error codes mean for an administrator: codes as data.

Entra: https://learn.microsoft.com/entra/identity-platform/reference-error-codes. Numbers may
change, so the OAuth error decides what to do and the number only makes the sentence better.
Graph: https://learn.microsoft.com/graph/errors.
"""

import enum
from collections.abc import Mapping

import msgspec


class Remedy(enum.Enum):
    """Who can mend it: an administrator, nobody (it passes), or we."""

    ADMINISTRATOR = enum.auto()
    NOBODY = enum.auto()
    US = enum.auto()


class Fault(msgspec.Struct, frozen=True):
    """What a code means: our stable code, who can mend it, the sentence, the how-to page."""

    code: str
    remedy: Remedy
    sentence: str
    page: str = ""


def _admin(code: str, sentence: str, page: str) -> Fault:
    return Fault(code, Remedy.ADMINISTRATOR, sentence, f"errors/{page}.md")


def _ours(sentence: str) -> Fault:
    return Fault("request-refused", Remedy.US, sentence, "errors/report-a-bug.md")


_PASSING = Fault(
    "microsoft-busy", Remedy.NOBODY, "Microsoft's sign-in service is busy or out of order for now."
)

LOOPING = Fault(
    "microsoft-busy",
    Remedy.NOBODY,
    "Microsoft saw too many identical requests; they are not repeated in this run.",
)
"""Not even tried again."""

ENTRA: Mapping[int, Fault] = {
    # the certificate and what it signs
    700027: _admin(
        "certificate-not-registered",
        "Microsoft does not know the certificate: upload the current public_key.pem to this "
        "application, and check that the application id is this application's.",
        "certificate-not-registered",
    ),
    7000274: _admin(
        "certificate-not-registered",
        "Microsoft could not verify the signature: the certificate at the application is not the "
        "one of this key pair. Upload the current public_key.pem.",
        "certificate-not-registered",
    ),
    50012: _admin(
        "certificate-not-registered",
        "Microsoft refused the signed statement: the certificate's thumbprint is not authorised "
        "at this application. Upload the current public_key.pem.",
        "certificate-not-registered",
    ),
    700024: _admin(
        "clock-wrong",
        "The signed statement is outside its time: the clock of this machine is wrong.",
        "clock-wrong",
    ),
    1000502: _admin(
        "certificate-expired",
        "The certificate is not valid today. Generate a new key pair and upload its "
        "public_key.pem.",
        "certificate-expired",
    ),
    7000214: _admin(
        "certificate-revoked",
        "The certificate was revoked. Generate a new key pair and upload its public_key.pem.",
        "certificate-revoked",
    ),
    7000277: _admin(
        "certificate-revoked",
        "The certificate, or one that issued it, was revoked. Generate a new key pair and upload "
        "its public_key.pem.",
        "certificate-revoked",
    ),
    700025: _admin(
        "public-client",
        "The application is registered as a public client, which may not use a certificate: "
        "register the redirect URIs under the platform “Web” and switch “Allow public client "
        "flows” off.",
        "public-client",
    ),
    7000215: _admin(
        "client-secret",
        "Microsoft expected a client secret and got another one. Rollcall uses a certificate: "
        "upload public_key.pem.",
        "certificate-not-registered",
    ),
    7000222: _admin(
        "client-secret",
        "A client secret of the application has expired. Rollcall uses a certificate: upload "
        "public_key.pem.",
        "certificate-not-registered",
    ),
    7000218: _admin(
        "client-secret",
        "Microsoft saw neither a secret nor a signed statement. A proxy between may have changed "
        "the request.",
        "certificate-not-registered",
    ),
    70002: _admin(
        "client-secret",
        "Microsoft could not validate the application's credentials: upload the current "
        "public_key.pem.",
        "certificate-not-registered",
    ),
    # which application, which directory, which cloud
    700016: _admin(
        "wrong-application",
        "There is no application with this Application (client) ID in the directory: check it "
        "(the Object ID is another one), the Directory (tenant) ID and the national cloud.",
        "wrong-application",
    ),
    700011: _admin(
        "wrong-application",
        "The application is not in this directory: check the Application (client) ID and the "
        "Directory (tenant) ID.",
        "wrong-application",
    ),
    70001: _admin(
        "application-disabled",
        "The application is disabled or not installed in this directory: enable it under "
        "Enterprise applications.",
        "application-disabled",
    ),
    7000112: _admin(
        "application-disabled",
        "The application is disabled in Entra: enable it under Enterprise applications > "
        "Properties > Enabled for users to sign in.",
        "application-disabled",
    ),
    90002: _admin(
        "wrong-directory",
        "There is no directory with this Directory (tenant) ID in this cloud: check the id, and "
        "the national cloud.",
        "wrong-directory",
    ),
    90038: _admin(
        "wrong-cloud",
        "The directory belongs to another national cloud: choose that cloud.",
        "wrong-cloud",
    ),
    900382: _admin(
        "wrong-cloud",
        "The directory belongs to another national cloud than the one chosen here: choose the "
        "cloud that the directory is in, and register the application there.",
        "wrong-cloud",
    ),
    900432: _admin(
        "wrong-cloud",
        "The application cannot sign in across national clouds: register it in the directory's "
        "own cloud, and choose that cloud here.",
        "wrong-cloud",
    ),
    90051: _admin(
        "wrong-cloud",
        "Microsoft does not know this national cloud for the directory: choose another one.",
        "wrong-cloud",
    ),
    90043: _admin(
        "wrong-cloud",
        "The national cloud does not fit the directory: choose another one.",
        "wrong-cloud",
    ),
    500011: _admin(
        "wrong-cloud",
        "Graph of this cloud is not known in the directory: the national cloud chosen here is not "
        "the directory's.",
        "wrong-cloud",
    ),
    # consent
    65001: _admin(
        "consent-missing",
        "Nobody has granted the permissions to the application: grant admin consent.",
        "consent-missing",
    ),
    65004: _admin(
        "consent-missing",
        "Somebody declined the permissions: grant admin consent for the application.",
        "consent-missing",
    ),
    90094: _admin(
        "consent-missing",
        "The permissions need an administrator's consent: grant admin consent.",
        "consent-missing",
    ),
    90095: _admin(
        "consent-missing",
        "The permissions wait for an administrator's consent: grant admin consent.",
        "consent-missing",
    ),
    90008: _admin(
        "consent-missing",
        "The application lacks access to Graph: add the permissions and grant admin consent.",
        "consent-missing",
    ),
    650056: _admin(
        "consent-missing",
        "The application asks for no permission, or consent is missing: add the permissions and "
        "grant admin consent.",
        "consent-missing",
    ),
    # people who sign in
    50034: _admin(
        "person-unknown", "The account is not in this directory.", "sign-in-person-unknown"
    ),
    51004: _admin(
        "person-unknown",
        "The account does not exist in this directory; it may be a guest that was not invited.",
        "sign-in-person-unknown",
    ),
    50020: _admin(
        "person-unknown",
        "The account is of another directory and is no guest of this one.",
        "sign-in-person-unknown",
    ),
    16000: _admin(
        "person-unknown",
        "The account that is signed in is not of this directory: choose another account.",
        "sign-in-person-unknown",
    ),
    50014: _admin(
        "person-unknown",
        "The guest has not accepted the invitation to this directory yet.",
        "sign-in-person-unknown",
    ),
    50105: _admin(
        "person-not-assigned",
        "The application requires assignment and the person has none: assign the person, or "
        "switch “Assignment required” off.",
        "person-not-assigned",
    ),
    50057: _admin(
        "person-disabled", "The account is disabled in the directory.", "sign-in-person-disabled"
    ),
    50011: _admin(
        "redirect-uri",
        "The redirect URI is not registered: add exactly the one that Rollcall shows, under the "
        "platform “Web”.",
        "redirect-uri",
    ),
    **{
        number: _admin(
            "conditional-access",
            f"A Conditional Access policy of the directory refused the sign-in{why}.",
            "conditional-access",
        )
        for number, why in {
            53000: ": the device is not compliant",
            53001: ": the device is not joined to the domain",
            53002: ": the client application is not approved",
            53003: "",
            53004: ": the person must register for multi-factor authentication",
            530032: ": the directory's security policy blocks it",
        }.items()
    },
    # what only we can do wrong
    50048: _ours("Subject and issuer of the signed statement differ."),
    50001: _ours("Microsoft does not know the resource that was asked for."),
    650057: _ours("The resource that was asked for is not among the application's."),
    70011: _ours("The scope that was asked for is not valid."),
    28002: _ours("The scope that was asked for is not valid for this request."),
    700022: _ours("More than one resource was asked for."),
    50194: _ours("A single-tenant application was used at /common."),
    90130: _ours("The application cannot be used at /common."),
    90124: _ours("The resource cannot be used at /common."),
    9001023: _ours("The grant cannot be used at /common."),
    700054: _ours("An id token was asked for in a way that the application does not allow."),
    54005: _ours("The authorization code was used before."),
    70000: _ours("The grant is not valid any more."),
    70008: _ours("The grant has expired."),
    501481: _ours("The code verifier does not fit the code challenge."),
    700005: _ours("The code was issued for another directory."),
    # what passes
    50196: LOOPING,
    **dict.fromkeys((50033, 90006, 90012, 90024, 90033, 90090, 90055, 50087), _PASSING),
}

ENTRA_ERRORS: Mapping[str, Fault] = {
    "invalid_client": _admin(
        "credential-refused",
        "Microsoft refused the application's credential.",
        "certificate-not-registered",
    ),
    "unauthorized_client": _admin(
        "wrong-application",
        "Microsoft does not let this application in here: check its ids and the national cloud.",
        "wrong-application",
    ),
    "invalid_request": _admin(
        "request-refused",
        "Microsoft refused the request: check the directory id and the national cloud.",
        "wrong-directory",
    ),
    "temporarily_unavailable": _PASSING,
    "server_error": _PASSING,
}
"""By OAuth error, for numbers that are not in ENTRA."""

NEW_KEY_HELPS = frozenset({700027, 7000274, 7000214, 7000277, 1000502, 50012, 700024})
"""Refusals of a key: another key pair, if there is one, is worth a try."""

GRANT_OVER = frozenset({54005, 70000, 70008, 500112, 501481, 9002313})
"""The code of a sign-in is spent, too old, another's or none: that sign-in begins anew."""

NOT_REGISTERED = 700027
"""Worth one more try with the older algorithm (microsoft/entra-docs #1301)."""

WRONG_CLOCK = 700024

DIRECTORY_DENIED = Fault(
    "permission-missing",
    Remedy.ADMINISTRATOR,
    "Microsoft refused: the permission {permission} is not granted to the application. Add it "
    "(type “Application”) and grant admin consent.",
    "errors/permission-missing.md",
)

TOKEN_REFUSED = Fault(
    "token-refused",
    Remedy.ADMINISTRATOR,
    "Graph refused a token that Microsoft had just issued: the national cloud or the directory "
    "may be wrong, or the application was deleted.",
    "errors/token-refused.md",
)

IDENTITY_UNKNOWN = Fault(
    "application-unknown",
    Remedy.ADMINISTRATOR,
    "The application has no service principal in this directory: grant admin consent, which "
    "makes it.",
    "errors/consent-missing.md",
)


class MailboxFault(msgspec.Struct, frozen=True):
    """Why a mailbox cannot be read: no-mailbox or not-permitted, and the sentence."""

    status: str
    sentence: str


_NO_MAILBOX = "no-mailbox"
_HIDDEN = MailboxFault(
    "not-permitted",
    "Microsoft does not let the application read this mailbox: an application access policy or "
    "an Exchange role scope leaves it out, or Contacts.Read is not granted.",
)

MAILBOXES: Mapping[str, MailboxFault] = {
    "mailboxnotenabledforrestapi": MailboxFault(
        _NO_MAILBOX, "No mailbox that can be read: inactive, soft-deleted or on-premises."
    ),
    "mailboxnotsupportedforrestapi": MailboxFault(
        _NO_MAILBOX, "No mailbox that can be read: of a kind that Graph does not serve."
    ),
    "mailboxnothostedinexchangeonline": MailboxFault(
        _NO_MAILBOX, "The mailbox is not in Exchange Online."
    ),
    "errornonexistentmailbox": MailboxFault(_NO_MAILBOX, "There is no mailbox."),
    "errorinvaliduser": MailboxFault(_NO_MAILBOX, "There is no mailbox: the user is not known."),
    "resourcenotfound": MailboxFault(_NO_MAILBOX, "There is no mailbox."),
    "request_resourcenotfound": MailboxFault(
        _NO_MAILBOX, "The directory no longer has this mailbox's object."
    ),
    "extensionerror": MailboxFault(
        _NO_MAILBOX, "The mailbox is on-premises, or a policy keeps Graph out of it."
    ),
    "erroraccessdenied": _HIDDEN,
    "accessdenied": _HIDDEN,
    "authorization_requestdenied": _HIDDEN,
}
"""Graph codes (in lower case) of a mailbox's refusal. A 404 and a 403 with other codes mean the
same as the first and the last of these."""

MAY_BE_NO_DELTA = frozenset({"resourcenotfound"})
"""A mailbox's refusal, or a way of saying that there is no delta: a plain list tells them apart."""

ITEM_GONE = frozenset(
    {"erroritemnotfound", "errorfoldernotfound", "errorinvalididmalformed", "invalidrequest"}
)
"""Graph codes (in lower case) that mean: this folder or item is not there."""

START_OVER = frozenset(
    {"syncstatenotfound", "resyncrequired", "syncstateinvalid", "directory_expiredpagetoken"}
)
"""Graph codes (in lower case) that mean: the cursor is lost, read from the start."""

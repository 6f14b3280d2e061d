"""App registrations: who may ask for tokens, what was granted, which certificates there are."""

from collections.abc import Iterable
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Struct, field

from m365sim.seeds import guid

DELEGATED = ("openid", "profile", "email", "User.Read")
"""Permissions for what somebody does who signed in; all others are the application's own."""
OPTIONAL_CLAIMS = ("acct", "email", "login_hint", "upn", "xms_edov")


class UploadError(ValueError):
    """A file that the portal would not take as a certificate."""


class Certificate(Struct, frozen=True):
    """An uploaded certificate."""

    der: bytes
    thumbprint_sha1: str
    thumbprint_sha256: str
    start: datetime
    end: datetime

    @property
    def public_key(self) -> rsa.RSAPublicKey:
        """The key that assertions are checked with."""
        key = x509.load_der_x509_certificate(self.der).public_key()
        assert isinstance(key, rsa.RSAPublicKey)  # noqa: S101 - read_certificate lets no other in
        return key


class MailboxGrant(Struct, frozen=True, forbid_unknown_fields=True):
    """A role assigned in Exchange: it works without being in the token. Contract d.8."""

    role: str
    mailboxes: tuple[str, ...] | None = None
    """Object ids; None means every mailbox."""


class Application(Struct):
    """One app registration with its service principal."""

    name: str
    application_id: str
    object_id: str
    service_principal_id: str
    roles: tuple[str, ...] = ()
    enabled: bool = True
    mailbox_grants: tuple[MailboxGrant, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    requested: tuple[str, ...] = ()
    """Permissions on the registration, own and delegated ones; `roles` are what was granted."""
    delegated: tuple[str, ...] = ()
    """Delegated permissions that an administrator consented to."""
    redirect_uris: tuple[str, ...] = ()
    logout_url: str = ""
    """The front-channel logout URL."""
    optional_claims: tuple[str, ...] = ()
    """Claims of the id token beyond the usual ones."""
    assignment_required: bool = False
    assigned: tuple[str, ...] = ()
    """Object ids of the people who may use it where assignment is required."""
    consented: set[str] = field(default_factory=set)
    """Object ids of the people who consented by themselves."""

    def consent(self) -> None:
        """Grant what the registration asks for, and nothing else, as admin consent does."""
        self.roles = tuple(name for name in self.requested if name not in DELEGATED)
        self.delegated = tuple(name for name in self.requested if name in DELEGATED)

    def keep_certificate(self, certificate: Certificate) -> None:
        """Add a certificate; the same one again changes nothing."""
        sha256 = certificate.thumbprint_sha256
        others = (one for one in self.certificates if one.thumbprint_sha256 != sha256)
        self.certificates = (*others, certificate)

    def drop_certificate(self, thumbprint: str) -> bool:
        """Remove a certificate by either thumbprint; say whether there was one."""
        found = self.certificate([thumbprint])
        self.certificates = tuple(one for one in self.certificates if one is not found)
        return found is not None

    def certificate(self, thumbprints: Iterable[str]) -> Certificate | None:
        """Return the certificate with one of these thumbprints, in hexadecimal digits."""
        wanted = {text.upper() for text in thumbprints}
        for certificate in self.certificates:
            if wanted & {certificate.thumbprint_sha1, certificate.thumbprint_sha256}:
                return certificate
        return None


def register(seed: str, name: str, roles: Iterable[str], *, serial: int = 1) -> Application:
    """Make an app registration whose ids follow from directory and name.

    `serial` counts those of one name, of which there may be several.
    """
    which = (name,) if serial == 1 else (name, serial)
    granted = tuple(roles)
    return Application(
        name=name,
        application_id=guid(seed, "application", *which),
        object_id=guid(seed, "application object", *which),
        service_principal_id=guid(seed, "service principal", *which),
        roles=tuple(role for role in granted if role not in DELEGATED),
        delegated=tuple(role for role in granted if role in DELEGATED),
        requested=granted,
    )


def read_certificate(text: str, *, most_days: int | None = None) -> Certificate:
    """Read an uploaded file; UploadError says what is wrong with it.

    `most_days` is what a policy of the directory lets a certificate be valid for.
    """
    certificate = _read_pem(text)
    if most_days is not None and (certificate.end - certificate.start).days > most_days:
        raise UploadError(
            "Credential lifetime exceeds the max value allowed as per assigned policy: "
            f"{most_days} days."
        )
    return certificate


def _read_pem(text: str) -> Certificate:
    if "PRIVATE KEY" in text:
        raise UploadError("The file holds a private key. Upload the certificate alone.")
    if "BEGIN CERTIFICATE" not in text:
        if "PUBLIC KEY" in text:
            raise UploadError(
                "The file holds a bare public key. Only X.509 certificates can be uploaded: "
                ".cer, .pem or .crt."
            )
        raise UploadError("The file is not a certificate. Upload a .cer, .pem or .crt file.")
    try:
        certificate = x509.load_pem_x509_certificate(text.encode())
        key = certificate.public_key()
    except ValueError as error:
        raise UploadError("The certificate cannot be read.") from error
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < 2048:  # noqa: PLR2004 - bits
        raise UploadError("The certificate's key must be RSA with at least 2048 bits.")
    return Certificate(
        der=certificate.public_bytes(encoding=Encoding.DER),
        thumbprint_sha1=certificate.fingerprint(hashes.SHA1()).hex().upper(),  # noqa: S303 - how Entra names certificates
        thumbprint_sha256=certificate.fingerprint(hashes.SHA256()).hex().upper(),
        start=certificate.not_valid_before_utc,
        end=certificate.not_valid_after_utc,
    )


def within_validity(certificate: Certificate, now: float) -> bool:
    """Say whether a certificate is valid at a time."""
    return certificate.start <= datetime.fromtimestamp(now, UTC) <= certificate.end

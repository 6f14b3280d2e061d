"""What this machine is, for the provider's page about the server: values, without secrets."""

import shutil
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
from cryptography import x509
from django.db import connection

from rollcall.core.errors import SetupError
from rollcall.credentials.keypair import days_left
from rollcall.environment import Environment
from rollcall.host.certificate import CertificateError, certificate_files
from rollcall.wiring.machine import Machine

_SIZE = """
    SELECT current_setting('server_version'),
        CASE WHEN has_database_privilege(current_database(), 'CONNECT')
            THEN pg_database_size(current_database()) END
"""


class WebCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate in the web server's file. `own` was named by an administrator."""

    path: Path
    own: bool
    self_signed: bool
    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    days_left: int


class EncryptionKeys(msgspec.Struct, frozen=True):
    """The keys that seal secrets, by their names alone. `problem` says why they cannot be read."""

    path: Path
    current: str = ""
    names: tuple[str, ...] = ()
    problem: str = ""


class Room(msgspec.Struct, frozen=True):
    """A disk, in bytes."""

    free: int
    total: int


class Database(msgspec.Struct, frozen=True):
    """The database server's version, and the size of the database where we may see it."""

    version: str
    bytes: int | None
    embedded: bool
    place: str


def own_version() -> str:
    """Return the version of this program."""
    return version("rollcall")


def find_certificate(environment: Environment, *, now: datetime) -> WebCertificate | None:
    """Return the certificate in the web server's file; None before one was made.

    The key's file is not read. Raises CertificateError.
    """
    files = certificate_files(environment)
    if not files.own and not files.certificate.exists():
        return None
    try:
        first, *_ = x509.load_pem_x509_certificates(files.certificate.read_bytes())
    except OSError as error:
        raise CertificateError(f"{files.certificate} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise CertificateError(f"{files.certificate} holds no certificate in PEM.") from error
    return WebCertificate(
        path=files.certificate,
        own=files.own,
        self_signed=first.issuer == first.subject,
        subject=first.subject.rfc4514_string(),
        issuer=first.issuer.rfc4514_string(),
        names=_names(first),
        not_before=first.not_valid_before_utc,
        not_after=first.not_valid_after_utc,
        days_left=days_left(first.not_valid_after_utc, now),
    )


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    addresses = names.get_values_for_type(x509.IPAddress)
    return (*names.get_values_for_type(x509.DNSName), *map(str, addresses))


def find_keys(machine: Machine) -> EncryptionKeys:
    """Return the names of the keys that seal secrets."""
    path = machine.environment.encryption_key_file
    try:
        ring = machine.key_ring()
    except SetupError as error:
        return EncryptionKeys(path, problem=str(error))
    return EncryptionKeys(path, ring.current, tuple(ring.keys))


def find_room(environment: Environment) -> Room:
    """Return how much room there is on the disk of the home directory."""
    usage = shutil.disk_usage(environment.home)
    return Room(free=usage.free, total=usage.total)


def find_database(environment: Environment) -> Database:
    """Return what the database server says of itself."""
    with connection.cursor() as cursor:
        cursor.execute(_SIZE)
        number, size = cursor.fetchone()
    url = environment.database_url
    place = url.shown if url else str(environment.home)
    return Database(version=number, bytes=size, embedded=url is None, place=place)

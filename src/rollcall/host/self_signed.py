"""The certificate that Rollcall makes for itself where nobody gave it one.

It is for the names that this machine certainly has. Browsers warn of it; whoever wants to trust it
takes `tls/certificate.pem` from the home.
"""

import fcntl
import ipaddress
import os
import re
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rollcall.environment import Environment
from rollcall.host.files import make_directory, write_file

LIFETIME = timedelta(days=824)
"""Apple's systems take none that are valid for more than 825 days."""

RENEW_BEFORE = timedelta(days=30)
CLOCK_LEEWAY = timedelta(hours=1)
ALWAYS_NAMED = ("localhost", "127.0.0.1", "::1")
ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not listened on
LONGEST_COMMON_NAME = 64  # RFC 5280, appendix A.1

_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.ASCII)


def self_signed_files(home: Path) -> tuple[Path, Path]:
    """Return where the certificate and its key are, or will be."""
    return home / "tls" / "certificate.pem", home / "tls" / "key.pem"


def ensure_self_signed(environment: Environment, *, now: datetime) -> None:
    """Make a certificate unless there is one for all names that is valid for a while yet."""
    certificate_path, key_path = self_signed_files(environment.home)
    make_directory(certificate_path.parent, mode=0o755)
    names = wanted_names(environment, machine=socket.gethostname())
    with _alone(certificate_path.parent):
        found = _content(certificate_path), _content(key_path)
        if is_good(*found, names, now=now):
            return
        certificate, key = make_self_signed(names, now=now)
        # The key first: beside an older certificate it does not match, and is waited for.
        write_file(key_path, key, mode=0o600)
        write_file(certificate_path, certificate, mode=0o644)


def wanted_names(environment: Environment, *, machine: str) -> tuple[str, ...]:
    """Return the names and addresses that the certificate shall be for."""
    places = (environment.web_domain, environment.sbc_domain, environment.listen)
    hosts = [place.host for place in places if place is not None]
    phones = (environment.sip_address, environment.sip_public_address)  # they speak TLS, too
    hosts += [address for address in phones if address is not None]
    names = (*ALWAYS_NAMED, machine.lower(), *hosts)
    return tuple(dict.fromkeys(name for name in names if _can_be_named(name)))


def is_good(pem: bytes, key_pem: bytes, names: Iterable[str], *, now: datetime) -> bool:
    """Tell whether a certificate of ours and its key may stay."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        key = load_pem_private_key(key_pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.ExtensionNotFound):
        return False
    if key.public_key() != certificate.public_key():
        return False
    lasts = certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEW_BEFORE
    return lasts and {_general_name(name) for name in names} <= set(extension.value)


def make_self_signed(names: Iterable[str], *, now: datetime) -> tuple[str, str]:
    """Return a new certificate and its key, both PEM."""
    names = tuple(names)
    machine = next((name for name in names if name not in ALWAYS_NAMED), "this machine")
    common_name = f"Rollcall on {machine}"[:LONGEST_COMMON_NAME]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
    begin = now - CLOCK_LEEWAY
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + LIFETIME)
        .add_extension(alternatives, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_signs_only(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM).decode(), private.decode()


def _signs_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _can_be_named(name: str) -> bool:
    if name in ANYWHERE:
        return False
    return ":" in name or _HOST.fullmatch(name) is not None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Let one process at a time write here."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)

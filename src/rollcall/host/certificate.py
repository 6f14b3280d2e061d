"""The web server's certificate: which files, whether they are good, and what is wrong if not.

What granian cannot serve (its TLS takes fewer kinds of keys than OpenSSL does) is refused here,
in a sentence, before it gets there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from rollcall.core.findings import Finding, Light
from rollcall.core.ports import Clock
from rollcall.credentials.keypair import days_left
from rollcall.environment import Environment
from rollcall.host.self_signed import self_signed_files
from rollcall.wiring.machine import utc_now

STEP = "web certificate"
HELP_PAGE = "https-certificates.md"
SOON_DAYS = 14
LEAST_RSA_BITS, MOST_RSA_BITS, RSA_BITS_STEP = 2048, 4096, 512
CURVES = (ec.SECP256R1, ec.SECP384R1)


class CertificateError(Exception):
    """A certificate and its key cannot be served: which file, what is wrong, what to do."""


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Where the certificate and its key are; `own` ones were named by an administrator."""

    certificate: Path
    key: Path
    own: bool


@dataclass(frozen=True, slots=True)
class ServerPair:
    """A certificate chain, its own certificate first, and the private key. Both are PEM."""

    certificate: bytes
    key: bytes = field(repr=False)
    names: frozenset[str]
    not_before: datetime
    not_after: datetime

    def fault(self, now: datetime) -> str:
        """Return why it is not valid at this moment; empty when it is."""
        if now < self.not_before:
            return f"is not valid before {_show(self.not_before)}"
        if now >= self.not_after:
            return f"expired on {_show(self.not_after)}"
        return ""

    def days_left(self, now: datetime) -> int:
        """Return for how many days it is valid yet; negative if it has expired."""
        return days_left(self.not_after, now)

    def covers(self, host: str) -> bool:
        """Tell whether it is for this host: by its name, or by a wildcard for one label."""
        return bool(self.names & {host, f"*.{host.partition('.')[2]}"})


def certificate_files(environment: Environment) -> CertificateFiles:
    """Return the files that the settings name, or those of the self-signed one."""
    if environment.tls_cert is not None and environment.tls_key is not None:
        return CertificateFiles(environment.tls_cert, environment.tls_key, own=True)
    return CertificateFiles(*self_signed_files(environment.home), own=False)


def read_files(files: CertificateFiles) -> tuple[bytes, bytes]:
    """Return what is in both files. Raises CertificateError."""
    return _read(files.certificate), _read(files.key)


def parse_pair(files: CertificateFiles, certificate: bytes, key: bytes) -> ServerPair:
    """Return a pair that belongs together and can be served. Raises CertificateError."""
    chain = _parse_chain(files.certificate, certificate)
    private_key = _parse_key(files.key, key)
    _check_kind(files.key, private_key)
    _check_match(files, chain, private_key)
    return ServerPair(
        certificate=b"".join(each.public_bytes(Encoding.PEM) for each in chain),
        key=private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        names=frozenset(_names(chain[0])),
        not_before=chain[0].not_valid_before_utc,
        not_after=chain[0].not_valid_after_utc,
    )


def check_certificate(environment: Environment, *, clock: Clock = utc_now) -> Finding:
    """Return how it is with the certificate in the files, for `rollcall doctor`."""
    if not environment.https:
        return Finding(STEP, Light.GREEN, "HTTPS is off: the proxy in front has a certificate.")
    files = certificate_files(environment)
    if not files.own and not files.certificate.exists():
        return Finding(STEP, Light.GREEN, "A self-signed one is made at the first start.")
    try:
        pair = parse_pair(files, *read_files(files))
    except CertificateError as error:
        return Finding(STEP, Light.RED, str(error), HELP_PAGE)
    return _judge(environment, files, pair, clock())


def _judge(
    environment: Environment, files: CertificateFiles, pair: ServerPair, now: datetime
) -> Finding:
    place = str(files.certificate)
    if fault := pair.fault(now):
        return Finding(STEP, Light.RED, f"{place} {fault}.", HELP_PAGE)
    domain = environment.web_domain
    if files.own and domain is not None and not pair.covers(domain.host):
        return Finding(STEP, Light.AMBER, f"{place} is not for {domain.host}.", HELP_PAGE)
    left = pair.days_left(now)
    words = f"{place} is valid for {left} days."
    if files.own:
        light = Light.AMBER if left <= SOON_DAYS else Light.GREEN
        return Finding(STEP, light, words, HELP_PAGE)
    light = Light.GREEN if domain is None else Light.AMBER
    return Finding(STEP, light, f"{words} It is self-signed: browsers warn of it.", HELP_PAGE)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateError(f"{path} cannot be read ({error.strerror}).") from error


def _parse_chain(path: Path, content: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError as error:
        raise CertificateError(
            f"{path} does not hold whole certificates in PEM "
            "(-----BEGIN CERTIFICATE----- and what follows)."
        ) from error


def _parse_key(path: Path, content: bytes) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(content, password=None)
    except TypeError as error:
        raise CertificateError(
            f"The key in {path} is locked with a password: write it without one "
            "(openssl pkey), readable for Rollcall's user alone."
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError(
            f"{path} does not hold a whole private key in PEM "
            "(-----BEGIN PRIVATE KEY----- and what follows)."
        ) from error


def _check_kind(path: Path, key: PrivateKeyTypes) -> None:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, CURVES):
        return
    if isinstance(key, rsa.RSAPrivateKey) and _is_usual(key.key_size):
        return
    raise CertificateError(
        f"The web server does not take the kind of key in {path}: make one of EC P-256 or P-384, "
        f"Ed25519, or RSA with {LEAST_RSA_BITS} to {MOST_RSA_BITS} bits."
    )


def _is_usual(bits: int) -> bool:
    return LEAST_RSA_BITS <= bits <= MOST_RSA_BITS and bits % RSA_BITS_STEP == 0


def _check_match(
    files: CertificateFiles, chain: list[x509.Certificate], key: PrivateKeyTypes
) -> None:
    wanted = _public(key.public_key())
    found = [_public(each.public_key()) == wanted for each in chain]
    if found[0]:
        return
    if any(found):
        raise CertificateError(
            f"The certificate of the key is not the first in {files.certificate}: write it before "
            "those of the authorities."
        )
    raise CertificateError(
        f"The key in {files.key} is not that of the certificate in {files.certificate}."
    )


def _public(key: object) -> bytes:
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey):
        return b""  # no key of ours can match it
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _names(certificate: x509.Certificate) -> Iterable[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    addresses = names.get_values_for_type(x509.IPAddress)
    return (
        *(name.lower() for name in names.get_values_for_type(x509.DNSName)),
        *(str(address) for address in addresses),
    )


def _show(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"

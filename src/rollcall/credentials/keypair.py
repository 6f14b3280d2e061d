"""Key pairs: a private key, and the self-signed certificate that is uploaded to the directory.

Entra takes X.509 certificates only; a bare public key is refused
(https://learn.microsoft.com/entra/identity-platform/certificate-credentials).
"""

import base64
import binascii
import math
from datetime import datetime, timedelta

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from rollcall.credentials.secret import Secret

KEY_BITS = 2048
CLOCK_LEEWAY = timedelta(minutes=10)
"""The certificate begins so long before it is made, for clocks that are behind ours."""


def days_left(not_after: datetime, now: datetime) -> int:
    """Return for how many days, begun ones counted, a certificate is valid; negative if expired."""
    left = (not_after - now) / timedelta(days=1)
    return math.ceil(left) if left > 0 else math.floor(left) or -1


class Certificate(msgspec.Struct, frozen=True):
    """What is public of a key pair. Thumbprints are upper-case hex, as Entra shows them."""

    pem: str
    sha1: str
    sha256: str
    not_before: datetime
    not_after: datetime

    def thumbprint(self, digest: str) -> str:
        """Return the SHA-1 or SHA-256 thumbprint as unpadded base64url, as JOSE wants it."""
        raw = binascii.unhexlify(self.sha1 if digest == "sha1" else self.sha256)
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class NewKeyPair(msgspec.Struct, frozen=True):
    """A key pair that was just made. `private_key` is PKCS #8 DER."""

    private_key: Secret
    certificate: Certificate


def generate_key_pair(*, name: str, days: int, now: datetime, bits: int = KEY_BITS) -> NewKeyPair:
    """Make an RSA key and a certificate for it, SHA-256, valid for `days`."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_LEEWAY)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    private_key = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return NewKeyPair(private_key=Secret(private_key), certificate=_describe(certificate))


def _describe(certificate: x509.Certificate) -> Certificate:
    return Certificate(
        pem=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        sha1=certificate.fingerprint(hashes.SHA1()).hex().upper(),  # noqa: S303 - Entra shows the SHA-1 thumbprint; nothing is secured by it
        sha256=certificate.fingerprint(hashes.SHA256()).hex().upper(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )

"""Certificates and keys for tests, as files of an administrator."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Pair:
    """A key, and a self-signed certificate of it for one name."""

    key: Key
    name: str = "pbx.example.com"
    days: int = 90
    begins_in: timedelta = timedelta(0)

    @cached_property
    def certificate(self) -> x509.Certificate:
        """The certificate."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        begin = datetime.now(UTC) - timedelta(minutes=5) + self.begins_in
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + timedelta(days=self.days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(self.name)]), critical=False)
            .sign(
                self.key,
                None if isinstance(self.key, ed25519.Ed25519PrivateKey) else hashes.SHA256(),
            )
        )

    @property
    def pem(self) -> bytes:
        """The certificate in PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        """The certificate as a handshake shows it."""
        return self.certificate.public_bytes(Encoding.DER)

    def key_pem(
        self, *, style: PrivateFormat = PrivateFormat.PKCS8, password: bytes = b""
    ) -> bytes:
        """The key in PEM."""
        lock: KeySerializationEncryption = NoEncryption()
        if password:
            lock = BestAvailableEncryption(password)
        return self.key.private_bytes(Encoding.PEM, style, lock)

    def write(self, directory: Path) -> tuple[Path, Path]:
        """Write both files, the key last; return where they are."""
        certificate, key = directory / "fullchain.pem", directory / "privkey.pem"
        certificate.write_bytes(self.pem)
        key.write_bytes(self.key_pem())
        return certificate, key


def new_pair(name: str = "pbx.example.com", *, days: int = 90) -> Pair:
    """Return a pair with a new key, as they are made nowadays."""
    return Pair(ec.generate_private_key(ec.SECP256R1()), name, days)

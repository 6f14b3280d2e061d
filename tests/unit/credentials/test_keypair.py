"""Key pairs: a certificate that Entra takes, and a private key that fits it."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from rollcall.credentials.keypair import NewKeyPair, days_left, generate_key_pair

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def pair() -> NewKeyPair:
    return generate_key_pair(name="Rollcall contoso", days=365, now=NOW)


@pytest.fixture(scope="module")
def certificate(pair: NewKeyPair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate.pem.encode())


def test_the_certificate_is_one_pem_block_that_can_be_uploaded(pair: NewKeyPair) -> None:
    assert pair.certificate.pem.startswith("-----BEGIN CERTIFICATE-----\n")
    assert pair.certificate.pem.count("BEGIN") == 1
    assert "PRIVATE" not in pair.certificate.pem


def test_the_private_key_fits_the_certificate(
    pair: NewKeyPair, certificate: x509.Certificate
) -> None:
    key = serialization.load_der_private_key(pair.private_key.reveal(), password=None)

    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048
    assert key.public_key() == certificate.public_key()


def test_the_certificate_signs_itself_with_sha256(certificate: x509.Certificate) -> None:
    public_key = certificate.public_key()
    assert isinstance(public_key, rsa.RSAPublicKey)

    public_key.verify(
        certificate.signature,
        certificate.tbs_certificate_bytes,
        padding.PKCS1v15(),
        hashes.SHA256(),
    )
    assert isinstance(certificate.signature_hash_algorithm, hashes.SHA256)
    assert certificate.subject == certificate.issuer
    assert certificate.subject.rfc4514_string() == "CN=Rollcall contoso"


def test_the_certificate_may_sign_and_nothing_else(certificate: x509.Certificate) -> None:
    extensions = certificate.extensions
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    basic = extensions.get_extension_for_class(x509.BasicConstraints)
    names = ("content_commitment", "data_encipherment", "key_agreement", "key_encipherment")
    others = [*names, "key_cert_sign", "crl_sign"]

    assert usage.critical
    assert basic.critical
    assert usage.value.digital_signature
    assert not any(getattr(usage.value, name) for name in others)
    assert not basic.value.ca


def test_the_certificate_is_valid_from_a_little_before_for_its_days(
    pair: NewKeyPair, certificate: x509.Certificate
) -> None:
    assert certificate.not_valid_before_utc == NOW - timedelta(minutes=10)
    assert certificate.not_valid_after_utc == NOW + timedelta(days=365)
    assert pair.certificate.not_before == certificate.not_valid_before_utc
    assert pair.certificate.not_after == certificate.not_valid_after_utc


def test_the_thumbprints_are_those_that_entra_shows_and_jose_wants(
    pair: NewKeyPair, certificate: x509.Certificate
) -> None:
    der = certificate.public_bytes(serialization.Encoding.DER)

    assert pair.certificate.sha1 == hashlib.sha1(der).hexdigest().upper()
    assert pair.certificate.sha256 == hashlib.sha256(der).hexdigest().upper()
    for digest in ("sha1", "sha256"):
        thumbprint = pair.certificate.thumbprint(digest)
        raw = base64.urlsafe_b64decode(thumbprint + "=" * (-len(thumbprint) % 4))
        assert raw == hashlib.new(digest, der).digest()
        assert "=" not in thumbprint


def test_no_two_key_pairs_are_the_same(pair: NewKeyPair) -> None:
    other = generate_key_pair(name="Rollcall contoso", days=365, now=NOW)

    assert other.private_key != pair.private_key
    assert other.certificate.sha256 != pair.certificate.sha256


def test_a_name_that_is_too_long_for_a_certificate_is_cut() -> None:
    pair = generate_key_pair(name="x" * 100, days=1, now=NOW)
    certificate = x509.load_pem_x509_certificate(pair.certificate.pem.encode())

    assert certificate.subject.rfc4514_string() == "CN=" + "x" * 64


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=365), 365),
        (timedelta(days=1, seconds=1), 2),
        (timedelta(days=1), 1),
        (timedelta(seconds=1), 1),
        (timedelta(0), -1),
        (-timedelta(seconds=1), -1),
        (-timedelta(days=1), -1),
        (-timedelta(days=1, seconds=1), -2),
    ],
)
def test_begun_days_count_and_an_expired_certificate_has_less_than_none(
    left: timedelta, days: int
) -> None:
    assert days_left(NOW + left, NOW) == days

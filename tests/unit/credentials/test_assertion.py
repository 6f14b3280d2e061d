"""Client assertions, verified by other means than those that made them."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

from rollcall.credentials.assertion import Algorithm, Signer, sign_assertion
from rollcall.credentials.keypair import generate_key_pair

NOW = datetime(2026, 3, 29, 12, 0, 0, 999_999, tzinfo=UTC)
AUDIENCE = "https://login.example/directory/oauth2/v2.0/token"


@pytest.fixture(scope="module")
def signer() -> Signer:
    pair = generate_key_pair(name="test", days=30, now=NOW)
    return Signer(key_id=1, private_key=pair.private_key, certificate=pair.certificate)


@pytest.fixture(scope="module")
def certificate(signer: Signer) -> x509.Certificate:
    return x509.load_pem_x509_certificate(signer.certificate.pem.encode())


def sign(signer: Signer, algorithm: Algorithm, jti: str = "one") -> str:
    return sign_assertion(
        signer, algorithm=algorithm, client_id="client", audience=AUDIENCE, now=NOW, jti=jti
    )


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def parts(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims."""
    header, claims, _ = assertion.split(".")
    return json.loads(decode(header)), json.loads(decode(claims))


def verify(certificate: x509.Certificate, assertion: str, algorithm: Algorithm) -> None:
    """Verify by RFC 7518, 3.3 and 3.5."""
    signed, _, signature = assertion.rpartition(".")
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    if algorithm is Algorithm.PS256:
        scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    key.verify(decode(signature), signed.encode(), scheme, hashes.SHA256())


@pytest.mark.parametrize("algorithm", Algorithm)
def test_the_signature_is_verified_by_the_certificate(
    signer: Signer, certificate: x509.Certificate, algorithm: Algorithm
) -> None:
    assertion = sign(signer, algorithm)

    verify(certificate, assertion, algorithm)
    with pytest.raises(InvalidSignature):
        verify(certificate, assertion.replace(".ey", ".fy"), algorithm)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_another_library_reads_the_same_from_it(
    signer: Signer, certificate: x509.Certificate, algorithm: Algorithm
) -> None:
    pem = certificate.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )

    token = jwt.decode(sign(signer, algorithm), RSAKey.import_key(pem), algorithms=[algorithm])

    assert token.claims["sub"] == "client"


def test_ps256_names_the_certificate_by_its_sha256(
    signer: Signer, certificate: x509.Certificate
) -> None:
    header, _ = parts(sign(signer, Algorithm.PS256))
    der = certificate.public_bytes(serialization.Encoding.DER)

    assert decode(header.pop("x5t#S256")) == hashlib.sha256(der).digest()
    assert header == {"alg": "PS256", "typ": "JWT"}


def test_rs256_names_the_certificate_by_its_sha1(
    signer: Signer, certificate: x509.Certificate
) -> None:
    header, _ = parts(sign(signer, Algorithm.RS256))
    der = certificate.public_bytes(serialization.Encoding.DER)

    assert decode(header.pop("x5t")) == hashlib.sha1(der).digest()
    assert header == {"alg": "RS256", "typ": "JWT"}


def test_the_claims_are_those_of_the_contract(signer: Signer) -> None:
    _, claims = parts(sign(signer, Algorithm.PS256, jti="unique"))
    now = int(NOW.timestamp())

    assert claims == {
        "aud": AUDIENCE,
        "iss": "client",
        "sub": "client",
        "jti": "unique",
        "iat": now,
        "nbf": now,
        "exp": now + 300,
    }


def test_nothing_in_an_assertion_is_padded(signer: Signer) -> None:
    assert "=" not in sign(signer, Algorithm.PS256)
    header, _ = parts(sign(signer, Algorithm.PS256))
    assert "=" not in header["x5t#S256"]

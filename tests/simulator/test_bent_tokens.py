"""Id tokens and keys that are not as they should be, each told apart from the right one."""

import hmac
import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.simulator.control import Directory, Simulator
from tests.simulator.sign_in import Attempt, payload_of

Redeem = Callable[[], str]


@pytest.fixture
def redeem(attempt: Attempt, directory: Directory) -> Redeem:
    """Sign somebody in and return the id token."""
    somebody = next(
        one
        for one in directory.users()
        if one.properties["accountEnabled"] and one.properties["userType"] == "Member"
    )

    def redeemed() -> str:
        answer = attempt.redeem(attempt.code(somebody.id))
        assert answer.status == 200, answer.json
        return str(answer.json.get("id_token", ""))

    return redeemed


def unpacked(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def header_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(unpacked(token.split(".", maxsplit=1)[0]))
    return found


def published(attempt: Attempt, directory: Directory) -> dict[str, rsa.RSAPublicKey]:
    url = f"{attempt.client.simulator.login}/{directory.directory_id}/discovery/v2.0/keys"
    keys = attempt.client.call("GET", url, {}).json["keys"]
    return {
        key["kid"]: rsa.RSAPublicNumbers(
            *(int.from_bytes(unpacked(key[name])) for name in ("e", "n"))
        ).public_key()
        for key in keys
    }


def signed_by(
    token: str, key: rsa.RSAPublicKey, hashing: hashes.HashAlgorithm | None = None
) -> bool:
    signed, _, signature = token.rpartition(".")
    try:
        key.verify(
            unpacked(signature), signed.encode(), padding.PKCS1v15(), hashing or hashes.SHA256()
        )
    except InvalidSignature:
        return False
    return True


def test_claims_are_set_removed_and_moved(
    attempt: Attempt, redeem: Redeem, simulator: Simulator, directory: Directory
) -> None:
    simulator.bend_id_token(
        claims={"aud": "other", "new": [1]}, remove=["nonce", "oid"], shift={"exp": -7200}
    )

    token = redeem()

    claims = payload_of(token)
    assert (claims["aud"], claims["new"]) == ("other", [1])
    assert not {"nonce", "oid"} & set(claims)
    assert claims["exp"] == pytest.approx(time.time() - 3600, abs=10)
    [key] = [one for kid, one in published(attempt, directory).items() if kid == kid_of(token)]
    assert signed_by(token, key)
    assert payload_of(redeem())["aud"] == attempt.client.application.application_id


def kid_of(token: str) -> str:
    return str(header_of(token)["kid"])


def test_a_claim_can_be_there_twice(redeem: Redeem, simulator: Simulator) -> None:
    simulator.bend_id_token(prepend='"aud":"first"', append='"oid":"last"')

    payload = unpacked(redeem().split(".")[1]).decode()

    assert payload.startswith('{"aud":"first",')
    assert payload.endswith(',"oid":"last"}')
    assert payload.count('"aud":') == payload.count('"oid":') == 2


@pytest.mark.parametrize("text", ["not json", "[]", '{"aud":'])
def test_the_claims_can_be_any_text(redeem: Redeem, simulator: Simulator, text: str) -> None:
    simulator.bend_id_token(raw=text)

    assert unpacked(redeem().split(".")[1]) == text.encode()


def test_the_header_can_be_any(redeem: Redeem, simulator: Simulator) -> None:
    simulator.bend_id_token(header={"crit": ["exp"], "kid": None, "jku": "https://evil.example"})
    assert header_of(redeem()) == {
        "typ": "JWT",
        "alg": "RS256",
        "crit": ["exp"],
        "jku": "https://evil.example",
    }

    simulator.bend_id_token(header={"kid": "another"})

    assert kid_of(redeem()) == "another"


def test_a_token_can_be_unsigned(redeem: Redeem, simulator: Simulator) -> None:
    simulator.bend_id_token(alg="none")

    token = redeem()

    assert header_of(token)["alg"] == "none"
    assert token.endswith(".")


def test_the_published_key_can_be_a_secret(
    attempt: Attempt, redeem: Redeem, simulator: Simulator, directory: Directory
) -> None:
    simulator.bend_id_token(alg="HS256")

    token = redeem()

    key = published(attempt, directory)[kid_of(token)]
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed, _, signature = token.rpartition(".")
    assert unpacked(signature) == hmac.digest(pem, signed.encode(), sha256)
    assert header_of(token)["alg"] == "HS256"


def test_other_algorithms_are_really_used(
    attempt: Attempt, redeem: Redeem, simulator: Simulator, directory: Directory
) -> None:
    for alg, hashing in (("RS384", hashes.SHA384()), ("RS512", hashes.SHA512())):
        simulator.bend_id_token(alg=alg)
        token = redeem()
        assert header_of(token)["alg"] == alg
        assert signed_by(token, published(attempt, directory)[kid_of(token)], hashing)
    simulator.bend_id_token(alg="PS256")
    token = redeem()
    assert not signed_by(token, published(attempt, directory)[kid_of(token)])


def test_a_key_that_is_published_nowhere_can_sign(
    attempt: Attempt, redeem: Redeem, simulator: Simulator, directory: Directory
) -> None:
    simulator.bend_id_token(signed_by="unpublished")

    token = redeem()

    assert not signed_by(token, published(attempt, directory)[kid_of(token)])


def test_the_key_of_another_directory_can_sign(
    attempt: Attempt, redeem: Redeem, simulator: Simulator, directory: Directory
) -> None:
    other = simulator.add_directory("empty:elsewhere")
    simulator.bend_id_token(signed_by=other.directory_id)

    token = redeem()

    assert not signed_by(token, published(attempt, directory)[kid_of(token)])
    theirs = published(attempt, other)
    assert signed_by(token, theirs[other.keys().signing])
    simulator.bend_id_token(signed_by=other.directory_id, header={"kid": other.keys().signing})
    token = redeem()
    assert kid_of(token) not in published(attempt, directory)
    assert signed_by(token, theirs[kid_of(token)])


@pytest.mark.parametrize(("signature", "length"), [("broken", 342), ("empty", 0)])
def test_the_signature_can_be_wrong(
    attempt: Attempt,
    redeem: Redeem,
    simulator: Simulator,
    directory: Directory,
    signature: str,
    length: int,
) -> None:
    simulator.bend_id_token(signature=signature)

    token = redeem()

    assert len(token.rpartition(".")[2]) == length
    assert not signed_by(token, published(attempt, directory)[kid_of(token)])


def test_a_token_can_be_huge_and_still_be_right(
    attempt: Attempt, redeem: Redeem, simulator: Simulator, directory: Directory
) -> None:
    simulator.bend_id_token(size=50_000)

    token = redeem()

    assert 50_000 <= len(token) < 80_000
    assert signed_by(token, published(attempt, directory)[kid_of(token)])


def test_the_whole_token_can_be_another_or_missing(redeem: Redeem, simulator: Simulator) -> None:
    simulator.bend_id_token(token="a.b.c")
    assert redeem() == "a.b.c"

    simulator.bend_id_token(missing=True)

    assert redeem() == ""


def test_only_the_tokens_of_one_directory_are_bent(
    attempt: Attempt, redeem: Redeem, simulator: Simulator, directory: Directory
) -> None:
    other = simulator.add_directory("empty:elsewhere")
    simulator.bend_id_token(directory=other.directory_id, claims={"aud": "x"}, times=None)
    assert payload_of(redeem())["aud"] == attempt.client.application.application_id

    simulator.bend_id_token(directory=directory.directory_id, claims={"aud": "x"}, times=None)

    assert [payload_of(redeem())["aud"] for _ in range(3)] == ["x"] * 3


class TestKeys:
    """Keys of a directory: shared, its own, rotated, swapped."""

    def test_directories_share_their_keys_until_one_gets_its_own(
        self, attempt: Attempt, redeem: Redeem, simulator: Simulator, directory: Directory
    ) -> None:
        other = simulator.add_directory("empty:elsewhere")
        assert directory.keys() == other.keys()

        mine = directory.change_keys("own")

        assert mine.own
        assert not set(mine.published) & set(other.keys().published)
        token = redeem()
        assert kid_of(token) == mine.signing
        assert signed_by(token, published(attempt, directory)[mine.signing])
        assert directory.change_keys("own") == mine
        assert not directory.change_keys("share").own

    def test_a_new_key_signs_and_the_old_ones_stay_until_they_are_retired(
        self, attempt: Attempt, redeem: Redeem, directory: Directory
    ) -> None:
        before = directory.keys()

        after = directory.change_keys("rotate")

        assert after.signing not in before.published
        assert set(after.published) > set(before.published)
        token = redeem()
        assert signed_by(token, published(attempt, directory)[after.signing])
        assert directory.change_keys("retire").published == (after.signing,)
        assert set(published(attempt, directory)) == {after.signing}

    def test_a_key_is_announced_before_it_signs(self, directory: Directory) -> None:
        before = directory.keys()

        after = directory.change_keys("announce")

        assert after.signing == before.signing
        assert len(after.published) == len(before.published) + 1

    def test_all_keys_are_swapped_at_once(self, redeem: Redeem, directory: Directory) -> None:
        before = directory.keys()

        after = directory.change_keys("swap")

        assert not set(after.published) & set(before.published)
        assert kid_of(redeem()) == after.signing

    def test_the_keys_endpoint_can_fail_and_lie(
        self, attempt: Attempt, simulator: Simulator, directory: Directory
    ) -> None:
        url = f"{simulator.login}/{directory.directory_id}/discovery/v2.0/keys"
        other = simulator.add_directory("empty:elsewhere")
        other.change_keys("own")
        theirs = attempt.client.call(
            "GET", url.replace(directory.directory_id, other.directory_id), {}
        ).json["keys"]
        simulator.bend_keys("status", status=500)
        assert attempt.client.call("GET", url, {}).status == 500
        simulator.bend_keys("status", status=200, body="garbage")
        assert attempt.client.call("GET", url, {}).body == b"garbage"
        simulator.bend_keys("mangle", target="/keys", value=theirs)
        assert attempt.client.call("GET", url, {}).json["keys"] == theirs
        simulator.bend_keys("delay", seconds=0.3)
        begun = time.monotonic()
        assert attempt.client.call("GET", url, {}).status == 200
        assert time.monotonic() - begun >= 0.3


def test_the_discovery_document_can_lie(
    attempt: Attempt, simulator: Simulator, directory: Directory
) -> None:
    url = f"{simulator.login}/{directory.directory_id}/v2.0/.well-known/openid-configuration"
    simulator.bend_discovery("issuer", "https://evil.example/v2.0")
    assert attempt.client.call("GET", url, {}).json["issuer"] == "https://evil.example/v2.0"

    simulator.bend_discovery("jwks_uri", "https://evil.example/keys")

    assert attempt.client.call("GET", url, {}).json["jwks_uri"] == "https://evil.example/keys"
    assert attempt.client.call("GET", url, {}).json["jwks_uri"].startswith(simulator.login)

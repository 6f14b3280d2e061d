"""A small client of the simulator's own Entra and Graph, for the tests of the simulator alone."""

import contextlib
import gzip
import http.client
import json
import ssl
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.simulator.control import Application, Simulator

CALL_SECONDS = 30
SCOPE = "https://graph.microsoft.com/.default"
BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON, unpacked where it came packed."""
        packed = self.headers.get("content-encoding") == "gzip"
        return json.loads(gzip.decompress(self.body) if packed else self.body)

    @property
    def code(self) -> str:
        """The code of a Graph error."""
        return str(self.json["error"]["code"])


class KeyPair:
    """A private key and its self-signed certificate."""

    def __init__(self, *, begins: timedelta = timedelta(0), days: int = 365) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        start = datetime.now(UTC) - timedelta(minutes=5) + begins
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=days))
            .sign(self.key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        """The certificate to upload."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        """The private key."""
        encoded = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return encoded.decode()

    @property
    def sha1(self) -> bytes:
        """The SHA-1 thumbprint."""
        return self.certificate.fingerprint(hashes.SHA1())

    @property
    def sha256(self) -> bytes:
        """The SHA-256 thumbprint."""
        return self.certificate.fingerprint(hashes.SHA256())

    def assertion(
        self, claims: Mapping[str, object], header: Mapping[str, object] | None = None
    ) -> str:
        """Sign a client assertion; PS256 and x5t#S256 unless the header says otherwise."""
        head = dict(header or {"alg": "PS256", "typ": "JWT", "x5t#S256": unpadded(self.sha256)})
        signed = ".".join(unpadded(json.dumps(part).encode()) for part in (head, dict(claims)))
        filling: padding.AsymmetricPadding = padding.PKCS1v15()
        if head["alg"] == "PS256":
            filling = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        signature = self.key.sign(signed.encode(), filling, hashes.SHA256())
        return f"{signed}.{unpadded(signature)}"


def unpadded(raw: bytes) -> str:
    """Write bytes as JWTs do."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class Client:
    """One application talking to login and Graph host."""

    def __init__(self, simulator: Simulator, application: Application, keys: KeyPair) -> None:
        self.simulator = simulator
        self.application = application
        self.keys = keys
        self._tls = ssl.create_default_context(cafile=str(simulator.ca_file))

    @property
    def token_url(self) -> str:
        """The token endpoint of the application's directory."""
        return f"{self.simulator.login}/{self.application.directory_id}/oauth2/v2.0/token"

    def claims(self, **other: object) -> dict[str, object]:
        """Return the claims of a good assertion, some of them otherwise; None takes one away."""
        now = int(time.time())
        claims: dict[str, object] = {
            "aud": self.token_url,
            "iss": self.application.application_id,
            "sub": self.application.application_id,
            "jti": str(uuid.uuid4()),
            "nbf": now,
            "iat": now,
            "exp": now + 600,
        } | other
        return {name: value for name, value in claims.items() if value is not None}

    def ask_token(
        self,
        form: Mapping[str, str | None] | None = None,
        *,
        url: str = "",
        assertion: str = "",
        **fields: str,
    ) -> Answer:
        """Ask for a token; in `form`, None takes a field away."""
        every: dict[str, str | None] = {
            "client_id": self.application.application_id,
            "grant_type": "client_credentials",
            "scope": SCOPE,
            "client_assertion_type": BEARER,
            "client_assertion": assertion or self.keys.assertion(self.claims()),
        }
        kept = {
            name: value
            for name, value in (every | fields | dict(form or {})).items()
            if value is not None
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.call("POST", url or self.token_url, headers, urlencode(kept).encode())

    @cached_property
    def token(self) -> str:
        """An access token, asked for once."""
        answer = self.ask_token()
        assert answer.status == 200, answer.body
        return str(answer.json["access_token"])

    def get(self, path: str, **headers: str) -> Answer:
        """GET a Graph path below /v1.0, or any link."""
        return self.call("GET", self._url(path), self._headers(headers))

    def post(self, path: str, body: object, **headers: str) -> Answer:
        """POST JSON to a Graph path."""
        typed = self._headers(headers) | {"Content-Type": "application/json"}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.call("POST", self._url(path), typed, content)

    def batch(self, *requests: Mapping[str, object]) -> dict[str, Any]:
        """Send a batch and return the responses by id."""
        answer = self.post("/$batch", {"requests": requests})
        assert answer.status == 200, answer.body
        return {one["id"]: one for one in answer.json["responses"]}

    def pages(self, path: str, **headers: str) -> Iterator[Any]:
        """Follow next links and yield the JSON of every page."""
        link: str | None = path
        while link:
            answer = self.get(link, **headers)
            assert answer.status == 200, answer.body
            yield answer.json
            link = answer.json.get("@odata.nextLink")

    def round(self, path: str, **headers: str) -> tuple[list[Any], str]:
        """Go through a delta round and return its records and the delta link."""
        records: list[Any] = []
        link = ""
        for page in self.pages(path, **headers):
            records += page["value"]
            link = page.get("@odata.deltaLink", "")
        return records, link

    def call(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Do one request on a connection of its own."""
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=CALL_SECONDS, context=self._tls
        )
        with contextlib.closing(connection):
            connection.request(method, target, body=body, headers=dict(headers))
            response = connection.getresponse()
            content = response.read()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, content)

    def _url(self, path: str) -> str:
        return path if path.startswith("https://") else f"{self.simulator.graph}/v1.0{path}"

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return {"Authorization": f"Bearer {self.token}"} | named

"""An OpenID provider on loopback that gives out whatever ID token a test asks for, good or forged."""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey


@dataclass
class ForgingProvider:
    """What the next sign-in is answered with."""

    address: str = ""
    client_id: str = "pingan"
    claims: dict[str, object] = field(default_factory=dict)
    """Claims in place of the right ones; None leaves one out."""
    kind: str = "right"
    """``right``, ``other_key``, ``none`` (no signature) or ``public_key`` (HMAC with the published key)."""
    nonce: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    other: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))

    def token(self) -> str:
        """Return the ID token."""
        now = int(time.time())
        right = {"iss": self.address, "aud": self.client_id, "sub": "county", "iat": now, "exp": now + 300}
        claims = {
            name: value for name, value in {**right, "nonce": self.nonce, **self.claims}.items() if value is not None
        }
        if self.kind == "none":
            return _unsigned("none", claims)
        if self.kind == "public_key":
            said = _unsigned("HS256", claims).rstrip(".")
            return f"{said}.{_in_base64(hmac.digest(self.key.as_pem(private=False), said.encode(), 'sha256'))}"
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.other if self.kind == "other_key" else self.key)


def _unsigned(algorithm: str, claims: dict[str, object]) -> str:
    return ".".join((*(_in_base64(json.dumps(part).encode()) for part in ({"alg": algorithm}, claims)), ""))


def _in_base64(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


@contextmanager
def running_forging_provider() -> Iterator[ForgingProvider]:
    """Serve the provider."""
    provider = ForgingProvider()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = (
                urlsplit(self.path).path,
                {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()},
            )
            if path == "/authorize":
                provider.nonce = query["nonce"]
                self.send_response(302)
                self.send_header(
                    "Location", f"{query['redirect_uri']}?{urlencode({'code': 'c', 'state': query['state']})}"
                )
                self.end_headers()
            elif path == "/jwks":
                self.say({"keys": [provider.key.as_dict(private=False)]})
            else:
                at = provider.address
                ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
                says = {
                    "response_types_supported": ["code"],
                    "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
                }
                self.say({"issuer": at, **{name: f"{at}/{end}" for name, end in ends.items()}, **says})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.say({"access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": provider.token()})

        def say(self, answer: dict) -> None:
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    served = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    provider.address = f"http://127.0.0.1:{served.server_port}"
    threading.Thread(target=served.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        served.shutdown()
        served.server_close()

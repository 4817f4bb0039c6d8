"""The local stack's own identity provider: its key, whose tokens it gives, and what they hold.

Tokens look like those of Cognito: a person's names the person's groups, a program's names the program twice. People and
programs may ask for any scope; the functions decide whose staff scopes count.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from app.contract.operation import STAFF, STAFF_GROUP
from app.contract.reading import Contract
from local.machine import Machine, write_text
from planning.certificates import key_pem, load_key

ALGORITHM = "RS256"
"""API Gateway's JWT authorizer takes RSA algorithms only
(https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html)."""
AUDIENCE = "crosscloud"
LIFETIME = 3600
"""Seconds from issue to expiry."""
DOCUMENTATION_CLIENT = "docs.local"
"""The client by which people sign in on the documentation's page. It has a dot, as no user's id has: the token of
somebody whose `sub` was the client's id would be a program's."""
CONTRACT = Path("app/contract/openapi.yaml")


@dataclass(frozen=True, kw_only=True)
class Holder:
    """The holder of a token."""

    subject: str
    groups: tuple[str, ...] = ()
    client_id: str = DOCUMENTATION_CLIENT
    """The client by which the token was asked for; that of a program is its subject."""

    @property
    def is_customer(self) -> bool:
        return STAFF_GROUP not in self.groups and self.client_id != self.subject


def customer(name: str) -> Holder:
    """Returns somebody who reaches their own data: the user with this id."""
    return Holder(subject=name)


def staff(name: str) -> Holder:
    """Returns somebody of the group that reaches everybody's data."""
    return Holder(subject=name, groups=(STAFF_GROUP,))


def program(name: str) -> Holder:
    """Returns a program that got its token by client credentials."""
    return Holder(subject=name, client_id=name)


PEOPLE = {"123": customer("123"), "alice": customer("alice"), "bob": staff("bob")}
"""The people whom the sign-in page lists. 123 is Mark Wells, a user whom the seeds of the databases know."""


def scopes(machine: Machine, holder: Holder) -> str:
    """Returns every scope of the API that counts in the holder's token."""
    contract = Contract.read(machine.root / CONTRACT)
    return " ".join(scope for scope in contract.scopes if not (holder.is_customer and scope.startswith(STAFF)))


def discovery(machine: Machine) -> dict[str, Any]:
    """Returns the discovery document (OpenID Connect Discovery 1.0)."""
    return {
        "issuer": machine.issuer_url,
        "authorization_endpoint": f"{machine.issuer_url}/authorize",
        "token_endpoint": f"{machine.issuer_url}/token",
        "jwks_uri": f"{machine.issuer_url}/jwks.json",
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "subject_types_supported": ["public"],
    }


def key_set(machine: Machine) -> dict[str, Any]:
    """Returns the public key, by which others check the tokens. It is made where it is missing, and kept."""
    return {"keys": [_public_jwk(_key(machine.pki / "issuer.key"))]}


def token(machine: Machine, holder: Holder, *, scope: str = "") -> str:
    """Returns a signed access token. `scope` is separated by spaces."""
    key = _key(machine.pki / "issuer.key")
    now = int(time.time())
    claims = {
        "iss": machine.issuer_url,
        "sub": holder.subject,
        "client_id": holder.client_id,
        "groups": list(holder.groups),
        "aud": AUDIENCE,
        "scope": scope,
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "jti": uuid.uuid4().hex,
    }
    return jwt.encode(claims, key, ALGORITHM, headers={"kid": _public_jwk(key)["kid"]})


def _key(path: Path) -> rsa.RSAPrivateKey:
    """Returns the key in the file, which is made where it is missing."""
    if not path.exists():
        write_text(path, key_pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
    key = load_key(path.read_text())
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{path} holds no RSA key")
    return key


def _public_jwk(key: rsa.RSAPrivateKey) -> dict[str, str]:
    """Returns the public key. Its id is its thumbprint (RFC 7638), and therefore the same after every start."""
    public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    required = json.dumps({name: public[name] for name in ("e", "kty", "n")}, separators=(",", ":"))
    digest = base64.urlsafe_b64encode(hashlib.sha256(required.encode()).digest()).rstrip(b"=").decode()
    return {"kty": public["kty"], "n": public["n"], "e": public["e"], "kid": digest, "use": "sig", "alg": ALGORITHM}

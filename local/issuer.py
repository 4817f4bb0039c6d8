"""The local stack's own identity provider: one key, two documents that Envoy serves, and tokens for everybody."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from local.machine import Machine, write_json, write_text
from planning.certificates import key_pem, load_key

ALGORITHM = "RS256"
"""API Gateway's JWT authorizer takes RSA algorithms only
(https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html)."""
AUDIENCE = "crosscloud"
LIFETIME = 3600
"""Seconds from issue to expiry."""


def write_documents(machine: Machine) -> None:
    """Writes the discovery document and the key set, from the key in `pki/issuer.key`, which is made once."""
    jwk = _public_jwk(_key(machine.pki / "issuer.key"))
    folder = machine.home / "issuer"
    write_json(folder / "jwks.json", {"keys": [jwk]})
    write_json(
        folder / "openid-configuration.json",
        {
            "issuer": machine.issuer_url,
            "jwks_uri": f"{machine.issuer_url}/jwks.json",
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
        },
    )


def token(
    machine: Machine,
    *,
    subject: str,
    scope: str = "",
    audience: str = AUDIENCE,
    expired: bool = False,
    key_id: str | None = None,
) -> str:
    """Returns a signed access token. `scope` is separated by spaces; one that is `expired` ended a minute ago."""
    key = _key(machine.pki / "issuer.key")
    now = int(time.time()) - (LIFETIME + 60 if expired else 0)
    claims = {
        "iss": machine.issuer_url,
        "sub": subject,
        "aud": audience,
        "scope": scope,
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "jti": uuid.uuid4().hex,
    }
    return jwt.encode(claims, key, ALGORITHM, headers={"kid": key_id or _public_jwk(key)["kid"]})


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

"""Rules of secrets and certificates: marked as secret, in no variable, not for ever."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from policy.rule import COMPUTED, Finding, Resource, Rule, Stack, expect, given, items

MASKED = "[secret]"
"""The text that a plan shows for a value that is marked as secret."""

_MARKED = {
    "aws:secretsmanager/secretVersion:SecretVersion": ("secretString", "secretBinary"),
    "azure-native:dbforpostgresql:Server": ("administratorLoginPassword",),
    "kubernetes:core/v1:Secret": ("data", "stringData"),
    "pulumi:providers:kubernetes": ("kubeconfig",),
    "tls:index/certRequest:CertRequest": ("privateKeyPem",),
    "tls:index/locallySignedCert:LocallySignedCert": ("caPrivateKeyPem",),
    "tls:index/selfSignedCert:SelfSignedCert": ("privateKeyPem",),
}
_FUNCTION = "aws:lambda/function:Function"
_NAME = re.compile(r"(?i)(password|passwd|secret|token|credential|private_?key|api_?key|database_url)")
_POINTER = re.compile(r"(?i)(_arn|_name|_id|_url)$")
"""Names of variables that say where a secret is."""
_LOOKS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\b[a-z]+://[^/\s:@<]+:[^/\s:@<]+@")
"""Texts that look like a private key, an AWS access key or a URL with a password."""

LEAF_HOURS = 200 * 24
"""The hours that a certificate may last: what public authorities give since March 2026, and more than enough for what
a changed setting renews
(https://cabforum.org/working-groups/server/baseline-requirements/)."""
AUTHORITY_HOURS = 10 * 366 * 24
LEAST_BITS = 2048


def secrets_are_marked(resource: Resource) -> Iterator[Finding]:
    for path in _MARKED[resource.type]:
        value = resource.get(path)
        values = value.values() if isinstance(value, dict) else items(value)
        if any(each not in (MASKED, COMPUTED) for each in values):
            yield Finding(
                property=path,
                allowed="be marked as secret",
                given="a plain value",
                do="Wrap it in pulumi.Output.secret, or it is plain text in the state and in every plan.",
            )


def secrets_are_encrypted_with_a_key_of_ours(secret: Resource) -> Iterator[Finding]:
    yield from given(secret, "kmsKeyId", allowed="name a key", do="Give the stack's KMS key.")


def nothing_looks_like_a_secret(stack: Stack) -> Iterator[Finding]:
    for resource in stack.resources:
        for path, text in _texts(resource.properties, ""):
            if _LOOKS.search(text):
                yield Finding(
                    property=path,
                    allowed="hold no private key, access key or password",
                    given="something that looks like one",
                    do="Mark it with pulumi.Output.secret, or leave it out.",
                    resource=resource,
                )


def functions_are_told_where_secrets_are(function: Resource) -> Iterator[Finding]:
    for name, value in function.get("environment.variables", {}).items():
        if value == MASKED or (_NAME.search(name) and not _POINTER.search(name)):
            yield Finding(
                property=f"environment.variables[{name}]",
                allowed="hold no secret",
                given="one",
                do="Put the secret into Secrets Manager and its ARN here: whoever may list functions reads these.",
            )


def certificates_end(certificate: Resource) -> Iterator[Finding]:
    authority = certificate.get("isCaCertificate") is True
    most = AUTHORITY_HOURS if authority else LEAF_HOURS
    hours = certificate.get("validityPeriodHours", 0)
    if not 0 < hours <= most:
        yield Finding(
            property="validityPeriodHours",
            allowed=f"be between 1 and {most}",
            given=hours,
            do="Set certificates.leafHours or authorityHours in the stack's file.",
        )


def leaves_sign_nothing(certificate: Resource) -> Iterator[Finding]:
    uses = items(certificate.get("allowedUses"))
    if certificate.get("isCaCertificate") or "cert_signing" in uses:
        yield Finding(
            property="allowedUses",
            allowed="hold no cert_signing",
            given=list(uses),
            do="Only the stack's authorities sign certificates.",
        )
    if {"client_auth", "server_auth"} <= set(uses):
        yield Finding(
            property="allowedUses",
            allowed="be for one side",
            given=list(uses),
            do="Choose client_auth or server_auth: a server's certificate should not let it call.",
        )


def keys_are_strong(key: Resource) -> Iterator[Finding]:
    algorithm, curve, bits = key.get("algorithm"), key.get("ecdsaCurve"), key.get("rsaBits", LEAST_BITS)
    if algorithm == "ECDSA" and curve not in ("P256", "P384", "P521"):
        yield Finding(property="ecdsaCurve", allowed="be P256 or longer", given=curve, do="Set it.")
    if algorithm == "RSA" and bits < LEAST_BITS:
        yield Finding(property="rsaBits", allowed=f"be {LEAST_BITS} or more", given=bits, do="Set it.")


def kms_keys_rotate(key: Resource) -> Iterator[Finding]:
    yield from expect(key, "enableKeyRotation", True, do="Set enable_key_rotation: KMS keeps the older for reading.")


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}[{index}]")


_SECRETS = "https://www.pulumi.com/docs/iac/concepts/secrets/"

RULES = (
    Rule(
        name="secrets-are-marked",
        why="A secret that is not marked is plain text in the state, in logs and in pull requests",
        source=_SECRETS,
        types=tuple(_MARKED),
        resource=secrets_are_marked,
        plan_only=True,
    ),
    Rule(
        name="secrets-are-encrypted-with-a-key-of-ours",
        why="The key then also decides, and logs, who may read the secret",
        source="https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html",
        types=("aws:secretsmanager/secret:Secret",),
        resource=secrets_are_encrypted_with_a_key_of_ours,
        production_only=True,
    ),
    Rule(
        name="nothing-looks-like-a-secret",
        why="A secret that is not marked is plain text in the state, in logs and in pull requests",
        source=_SECRETS,
        stack=nothing_looks_like_a_secret,
        plan_only=True,
    ),
    Rule(
        name="functions-are-told-where-secrets-are",
        why="Whoever may list functions reads their variables",
        source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html",
        types=(_FUNCTION,),
        resource=functions_are_told_where_secrets_are,
    ),
    Rule(
        name="certificates-end",
        why="A stolen key is good for as long as its certificate",
        source="https://cabforum.org/working-groups/server/baseline-requirements/",
        types=("tls:index/locallySignedCert:LocallySignedCert", "tls:index/selfSignedCert:SelfSignedCert"),
        resource=certificates_end,
    ),
    Rule(
        name="leaves-sign-nothing",
        why="A service that is taken over must not be able to make itself another name",
        source="https://datatracker.ietf.org/doc/html/rfc5280#section-4.2.1.3",
        types=("tls:index/locallySignedCert:LocallySignedCert",),
        resource=leaves_sign_nothing,
    ),
    Rule(
        name="keys-are-strong",
        why="A short key can be computed",
        source="https://csrc.nist.gov/pubs/sp/800/57/pt1/r5/final",
        types=("tls:index/privateKey:PrivateKey",),
        resource=keys_are_strong,
    ),
    Rule(
        name="kms-keys-rotate",
        why="A key that was copied or computed then opens the data of one year, and not everything",
        source="https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html",
        types=("aws:kms/key:Key",),
        resource=kms_keys_rotate,
    ),
)

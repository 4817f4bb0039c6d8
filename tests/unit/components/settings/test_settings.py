"""The values that are refused, by group: each row is one wrong value and the words that its sentence must hold."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from components.settings import Settings
from components.settings.checks import Circumstances
from tests.support.program import configuration


def given(stack: str) -> dict[str, Any]:
    values = configuration(stack, {})
    own = {key.partition(":")[2]: value for key, value in values.items() if key.startswith("crosscloud:")}
    return {key: json.loads(value) for key, value in own.items() if key != "machine"}


def problems(stack: str, path: str, value: object, *, production: bool, this_machine: bool = False) -> list[str]:
    """Returns what is wrong with a stack's settings when one is changed; None removes it."""
    error = refused(path, value, stack=stack, production=production, this_machine=this_machine)
    return [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()] if error else []


def refused(
    path: str, value: object, *, stack: str = "dev", production: bool = False, this_machine: bool = False
) -> ValidationError | None:
    """Returns the error of a stack's settings when one is changed; None removes it."""
    content = given(stack)
    *parents, last = path.split(".")
    target = content
    for key in parents:
        target = target.setdefault(key, {})
    target[last] = value
    if value is None:
        del target[last]
    try:
        Settings.model_validate(content, context=Circumstances(production=production, this_machine=this_machine))
    except ValidationError as error:
        return error
    return None


DOMAIN = {
    "name": "api.example.com",
    "certificateArn": f"arn:aws:acm:eu-central-1:123456789012:certificate/{UUID(int=7)}",
}
DIGEST = f"registry/users@sha256:{'a' * 64}"
EVERYWHERE = [
    ("azure.location", "West Europe", "pattern"),
    ("network.nodes", "10.99.0.0/20", "must lie within addresses"),
    ("network.databases", "10.10.0.0/24", "must not overlap nodes"),
    ("network.pods", "10.10.0.0/16", "must not overlap 10.10.0.0/16"),
    ("network.services", "10.244.0.0/16", "must not overlap 10.244.0.0/16"),
    ("network.pods", "172.31.0.0/16", "must not overlap 172.31.0.0/16"),
    ("registry.name", "With-Dash", "pattern"),
    ("ingress.imageRegistry", "https://mirror.example", "pattern"),
    ("ingress.charts", "docker.io/envoyproxy", "pattern"),
    ("registry.sku", "Cheap", "Basic"),
    ("registry.pythonImage", "python:3.13-slim", "pattern"),
    ("cluster.kubernetesVersion", "1.26", "1.36"),
    ("cluster.maxNodes", 0, "greater than or equal to 1"),
    ("cluster.adminGroupObjectIds", [], "must name at least one group"),
    ("cluster.adminGroupObjectIds", ["admins"], "UUID"),
    ("cluster.authorizedIpRanges", [], "must name at least one network"),
    ("cluster.authorizedIpRanges", ["0.0.0.0/0"], "not for everybody"),
    ("cluster.authorizedIpRanges", ["128.0.0.0/1"], "not for everybody"),
    ("cluster.serviceMesh", "linkerd", "'none' or 'istio'"),
    ("cluster.serviceMesh", "istio", "must name a revision"),
    ("cluster.meshRevisions", ["asm-1-31"], "must be absent with serviceMesh none"),
    ("cluster.meshRevisions", ["asm-1-29"], "pattern"),
    ("ingress.dnsLabel", "-x", "pattern"),
    ("ingress.sourceRanges", [], "must name at least one network"),
    ("ingress.maxReplicas", 1, "must be at least minReplicas"),
    ("certificates.epoch", "Nov 2026", "pattern"),
    ("certificates.leafHours", 10_000, "less than or equal to 4800"),
    ("certificates.authorityHours", 48, "must be at least leafHours"),
    ("certificates.authorities", [], "must name at least one authority"),
    ("certificates.authorities", ["2026", "2027", "2026"], "must name each authority once"),
    ("database.version", "11", "18"),
    ("database.storageGb", 33, "32, 64"),
    ("database.backupDays", 1, "greater than or equal to 7"),
    ("database.authentication", "trust", "entra"),
    ("telemetry.endpoint", "http://otlp.example.com", "must be https"),
    ("telemetry.endpoint", "http://127.0.0.1:4318", "not on the loopback"),
    ("telemetry.endpoint", "https://localhost:4318", "not on the loopback"),
    ("telemetry.endpoint", "https://user:password@otlp.example.com", "pattern"),
    ("telemetry.endpoint", "https://otlp.example.com/v1/traces", "pattern"),
    ("telemetry.endpoint", "otlp.example.com:4318", "pattern"),
    ("telemetry.endpoint", "local", "pattern"),
    ("telemetry.endpoint", "https://otlp.example.com:70000", "a port up to 65535"),
    ("telemetry.endpoint", "https://otel.monitoring.svc:4318", "functions find no name of the cluster"),
    ("functions.fulfilment.timeout", 6, "must be at least 7: a message has 6 s"),
    ("services", {}, "must name at least one service"),
    ("services.Users", {}, "pattern"),
    ("services.orchestrator", {}, "must not be one of docs, ingress, kit"),
    ("services.users.maxReplicas", 1, "must be at least minReplicas"),
    ("services.users.memoryLimit", "191Mi", "must be at least memory"),
    ("services.users.cpu", "100 millicores", "pattern"),
    ("services.users.memory", "1e9", "pattern"),
    ("services.users.memoryLimit", "384", "pattern"),
    ("services.users.canary", {"previousImage": "registry/users:prod", "weight": 0.5}, "pulumi stack output images"),
    ("services.users.canary", {"previousImage": f"registry/users@sha256:{'A' * 64}", "weight": 0.5}, "by its digest"),
    ("services.users.canary", {"previousImage": DIGEST, "weight": 0}, "greater than 0"),
    ("services.users.canary", {"previousImage": DIGEST, "weight": 1.1}, "less than or equal to 1"),
    ("services.users.canary", {"previousImage": DIGEST, "weight": 0.9999}, "multiple of 0.001"),
    ("services.users.canary", {"previousImage": DIGEST}, "required"),
    ("identity.domainPrefix", None, "must be given, or issuer"),
    ("identity.domainPrefix", "my-cognito", "must not hold aws, amazon or cognito"),
    ("identity.issuer", "http://issuer.example.com", "must be an https:// URL"),
    ("identity.tokenMinutes", 1, "greater than or equal to 5"),
    ("identity.clients", {"9lives": ["users:read"]}, "match"),
    ("identity.clients", {"UserPool": ["users:read"]}, "match"),
    ("identity.clients", {"erp": []}, "Tuple should have at least 1 item"),
    ("identity.clients", {"staff": ["users:read"]}, "must not be called staff"),
    ("identity.customerCallbackUrls", ["http://shop.example.com/"], "must hold https:// URLs without a fragment"),
    ("identity.customerCallbackUrls", ["https://shop.example.com/#here"], "must hold https:// URLs without a fragment"),
    ("identity.staffCallbackUrls", ["shop.example.com"], "must hold https:// URLs without a fragment"),
    ("api.throttle.rate", 0, "greater than 0"),
    ("api.throttle.burst", 0, "greater than or equal to 1"),
    ("api.corsOrigins", ["*"], "must hold origins such as"),
    ("api.corsOrigins", ["https://app.example.com/"], "must hold origins such as"),
    ("api.logRetentionDays", 2, "1, 3, 5"),
    ("functions.orchestrator.memory", 64, "greater than or equal to 128"),
    ("functions.orchestrator.canary", {"previousVersion": "$LATEST", "weight": 0.5}, "integer"),
    ("functions.orchestrator.canary", {"previousVersion": "4", "weight": 1.1}, "less than or equal to 1"),
    ("functions.orchestrator.canary", {"weight": 0.5}, "required"),
    ("functions.orchestrator.provisionedConcurrency", 0, "greater than or equal to 1"),
    ("functions.catalogue", {}, "not permitted"),
    ("api.domain", {"name": "api.example.com"}, "required"),
    ("api.domain", {**DOMAIN, "name": "https://api.example.com"}, "pattern"),
    ("api.domain", {**DOMAIN, "certificateArn": "arn:aws:iam::123456789012:server-certificate/api"}, "pattern"),
    ("api.domain", {**DOMAIN, "hostedZoneId": "example.com"}, "pattern"),
    ("monitoring.alertEmails", ["ada"], "pattern"),
    ("database.administrators", None, "must name an Entra group"),
    ("database.administrators", {"objectId": "people", "name": "people"}, "UUID"),
    ("database.administrators", {"objectId": "00000000-0000-0000-0000-000000000000"}, "required"),
    ("database.administrators", {"objectId": "00000000-0000-0000-0000-000000000000", "name": "x" * 64}, "pattern"),
]


@pytest.mark.parametrize(("path", "value", "words"), EVERYWHERE)
def test_wrong_value_is_refused(path: str, value: object, words: str) -> None:
    found = problems("dev", path, value, production=False)
    assert len(found) == 1, found
    assert words in found[0]


UNSAFE_IN_PRODUCTION = [
    ("cluster.tier", "Free", "uptime"),
    ("ingress.minReplicas", 1, "must be at least 2"),
    ("services.users.minReplicas", 1, "must be at least 2"),
    ("services.users.logLevel", "DEBUG", "must not be DEBUG"),
    ("functions.orchestrator.logLevel", "DEBUG", "must not be DEBUG"),
    ("database.authentication", "password", "must be entra"),
    ("api.corsOrigins", ["http://app.example.com"], "https:// origins only"),
]


@pytest.mark.parametrize(("path", "value", "words"), UNSAFE_IN_PRODUCTION)
def test_unsafe_value_is_refused_in_production_only(path: str, value: object, words: str) -> None:
    (found,) = problems("prod", path, value, production=True)
    assert words in found
    assert "production: true" in found
    assert problems("dev", path, value, production=False) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("cluster.kubernetesVersion", 1.36),
        ("azure.zones", [1, 2]),
        ("database.version", 17),
        ("certificates.authorities", [2026]),
        ("functions.orchestrator.canary", {"previousVersion": "41", "weight": 0.9}),
    ],
)
def test_numbers_may_be_written_with_or_without_quotes(path: str, value: object) -> None:
    assert problems("dev", path, value, production=False) == []


def test_unsafe_default_is_refused_in_production_too() -> None:
    (found,) = problems("prod", "cluster.tier", None, production=True)
    assert "uptime" in found


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"canary": {"previousVersion": 4, "weight": 0.5}}, "must not be set together with canary"),
        ({"reservedConcurrency": 4}, "must be at most reservedConcurrency, which is 4"),
    ],
)
def test_what_can_not_be_kept_warm_is_refused(given: dict[str, Any], words: str) -> None:
    (found,) = problems("dev", "functions.orders", {"provisionedConcurrency": 5, **given}, production=False)
    assert words in found


@pytest.mark.parametrize(
    ("path", "value"), [("api.domain", DOMAIN), ("functions.orders", {"provisionedConcurrency": 5})]
)
def test_what_a_machine_does_not_have_is_refused_there_only(path: str, value: object) -> None:
    (found,) = problems("dev", path, value, production=False, this_machine=True)
    assert "this machine" in found
    assert problems("dev", path, value, production=False) == []


def test_an_image_by_its_tag_is_for_this_machine_only() -> None:
    """The nodes of kind, k3d and minikube have images by tags that follow from their content."""
    path = "services.users.canary.previousImage"
    for image, here, elsewhere in (("crosscloud.local/users:0123456789abcdef", 0, 1), ("users: 1", 1, 1)):
        for this_machine, count in ((True, here), (False, elsewhere)):
            found = problems("local", path, image, production=False, this_machine=this_machine)
            assert len([each for each in found if "previousImage" in each]) == count


def test_plain_connections_are_for_this_machine_only() -> None:
    assert problems("dev", "database.tls", "disable", production=False)
    assert not problems("dev", "database.tls", "disable", production=False, this_machine=True)
    collector = "http://127.0.0.1:4318"
    assert not problems("dev", "telemetry.endpoint", collector, production=False, this_machine=True)
    assert problems("dev", "telemetry.endpoint", "http://10.0.0.1:4318", production=False, this_machine=True)


@pytest.mark.parametrize(
    ("production", "protect", "protected"),
    [(True, None, True), (False, None, False), (True, False, False), (False, True, True)],
)
def test_protection_follows_production_unless_it_is_set(
    production: bool, protect: bool | None, protected: bool
) -> None:
    content = {**given("prod"), "production": production, "protect": protect}
    context = Circumstances(production=production, this_machine=False)
    assert Settings.model_validate(content, context=context).protected is protected


def test_every_setting_is_described() -> None:
    schema = Settings.model_json_schema()
    groups = [schema, *schema["$defs"].values()]
    fields = [(g["title"], name, field) for g in groups for name, field in g.get("properties", {}).items()]
    undescribed = [
        f"{group}.{name}" for group, name, field in fields if not field.get("description") and "$ref" not in field
    ]
    assert undescribed == []


def test_settings_do_not_change() -> None:
    settings = Settings.model_validate(given("dev"), context=Circumstances(production=False, this_machine=False))
    with pytest.raises(ValidationError, match="frozen"):
        settings.cluster.tier = "Premium"

"""Settings of the services: the number of pods, their size, and where their spans go."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, StringConstraints, ValidationInfo, field_validator

from components.settings.checks import Group, LogLevel, at_least, check, in_clouds, in_production, wrong

Memory = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(Mi|Gi)$")]


def _mebibytes(memory: str) -> int:
    return int(memory[:-2]) * (1024 if memory.endswith("Gi") else 1)


def _at_home(host: str | None) -> bool:
    return host in ("127.0.0.1", "localhost")


def _encrypted_or_at_home(url: str | None) -> bool:
    parts = urlsplit(url or "https://")
    return parts.scheme == "https" or _at_home(parts.hostname)


def _encrypted(url: str | None) -> bool:
    parts = urlsplit(url or "https://")
    return parts.scheme == "https" and not _at_home(parts.hostname)


class ServiceCanary(Group):
    """All settings but the image hold for both."""

    previous_image: Annotated[
        Annotated[str, StringConstraints(pattern=r"^\S+$")],
        in_clouds(
            lambda image: re.fullmatch(r"\S+@sha256:[0-9a-f]{64}", image) is not None,
            "must name an image by its digest, <registry>/<service>@sha256:<64 hexadecimal digits>; "
            "`pulumi stack output images` has the one that serves",
        ),
    ] = Field(description="image that keeps a share of the calls; the stack's output images has it")
    weight: float = Field(
        gt=0,
        le=1,
        multiple_of=0.001,
        description="that share; 0.9 sends one call of ten to the newest image, 1 starts its pods and sends them none",
    )


class ServiceSettings(Group):
    min_replicas: Annotated[int, in_production(lambda count: count >= 2, "must be at least 2")] = Field(
        2, ge=1, le=100, description="pods, at least"
    )
    max_replicas: Annotated[int, at_least("min_replicas")] = Field(10, ge=1, le=200, description="pods, at most")
    cpu: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*m?$")] = Field(
        "200m",
        description="CPU that a pod is sure of (200m is a fifth of a core); it may use more. On a busy node pods share "
        "the rest in proportion to this, so that work which computes has less of it than work that people wait for",
    )
    cpu_target: int = Field(
        65,
        ge=10,
        le=1000,
        description="percent of cpu at which the autoscaler adds pods; above 100 for work that uses more than it is "
        "sure of",
    )
    memory: Memory = Field("192Mi", description="memory that a pod is sure of")
    memory_limit: Annotated[Memory, at_least("memory", _mebibytes)] = Field(
        "384Mi", description="memory at which a pod is killed; about twice memory"
    )
    min_ready_seconds: int = Field(
        5, ge=1, le=60, description="seconds that a new pod must stay ready before a roll-out goes on to the next"
    )
    pre_stop_seconds: int = Field(
        10, ge=1, le=60, description="seconds that a pod still serves while the cluster learns that it leaves"
    )
    drain_seconds: int = Field(
        25,
        ge=1,
        le=300,
        description="seconds after that for the requests it still has; more than any request takes",
    )
    migration_seconds: int = Field(
        600,
        ge=60,
        le=7200,
        description="seconds that the migrations of a new image may take, tries again included, before the deployment "
        "fails; the pods stay with the image before",
    )
    log_level: LogLevel = Field("INFO", description="least level of the lines that are logged")
    canary: ServiceCanary | None = Field(
        None, description="the previous image keeps a share of the calls, in pods of its own; default: none"
    )

    @property
    def grace_seconds(self) -> int:
        """Seconds until a pod is killed: both waits, and 10 s for the process to end."""
        return self.pre_stop_seconds + self.drain_seconds + 10


_HEADER = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,2046}[\x21-\x7e])?")
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")]
HeaderValue = Annotated[
    SecretStr,
    check(
        lambda value: _HEADER.fullmatch(value.get_secret_value()) is not None,
        "must be 1 to 2048 printable ASCII characters without a blank at an end",
    ),
]


class TelemetrySettings(Group):
    """The collector of the spans of functions and services, one for both clouds."""

    endpoint: Annotated[
        Annotated[
            str,
            StringConstraints(pattern=r"^https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?$"),
        ]
        | None,
        check(_encrypted_or_at_home, "must be https; http is for a collector on the loopback"),
        in_clouds(_encrypted, "must be https, and not on the loopback"),
    ] = Field(
        None,
        description="base URL of the OpenTelemetry collector that gets the spans of functions and services, by OTLP "
        "over HTTP: https://host[:port], which both clouds reach, with a certificate of a public authority. On "
        "the stack local, `local` is a collector of this machine, which `make up` starts. Default: no spans, and no "
        "way to a collector",
    )
    headers: dict[HeaderName, HeaderValue] = Field(
        {},
        description="headers that the collector asks for, such as an API key; secrets, set by `pulumi config set "
        "--secret --path crosscloud:telemetry.headers.NAME`. Default: none",
    )

    @field_validator("endpoint")
    @classmethod
    def _reached_from_both_clouds(cls, endpoint: str | None) -> str | None:
        """Refuses a port that there is not, and a name of the cluster, which functions can't find."""
        parts = urlsplit(endpoint or "")
        host, port = parts.hostname or "", parts.netloc.rpartition(":")[2]
        if port.isdigit() and int(port) > 65535:
            raise wrong("must have a port up to 65535")
        if host.endswith((".svc", ".svc.cluster.local")):
            raise wrong("must be reached from both clouds: functions find no name of the cluster")
        return endpoint

    @field_validator("headers")
    @classmethod
    def _of_a_collector(cls, headers: dict[str, SecretStr], info: ValidationInfo) -> dict[str, SecretStr]:
        if headers and "endpoint" in info.data and info.data["endpoint"] is None:
            raise wrong("must be left out without endpoint: nobody gets them")
        own = {"content-length", "content-type", "content-encoding", "host"}
        if taken := sorted(own & {name.lower() for name in headers}):
            raise wrong(f"must not name {', '.join(taken)}, which each message has of its own")
        return headers


RESERVED = (
    *("docs", "ingress", "kit", "staff"),
    *("fulfilment", "orchestrator"),
    *("postgres", "template0", "template1"),
)
"""The names of other things: of paths, a folder and a kind of scopes, of the functions that have certificates, and of
PostgreSQL's own databases."""

ServiceName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9]{1,19}$"),
    check(lambda name: name not in RESERVED, f"must not be one of {', '.join(RESERVED)}, which name other things"),
]
"""A name that is also that of a Python package, a database and Kubernetes objects."""

Services = Annotated[dict[ServiceName, ServiceSettings], check(bool, "must name at least one service")]

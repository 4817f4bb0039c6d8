"""Reads a service's settings from its environment. All that is missing or unsafe is refused at once, in one message."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from app.contract.logs import LEVELS

Authentication = Literal["password", "entra"]
DEFAULT_DRAIN = 25.0
"""Seconds that requests may take after the signal: with a preStop sleep of 10 s they fit a grace period of 45 s."""


class SettingsError(ValueError):
    """Some settings are missing, wrong or unsafe. The message names all of them, and never the value of a secret."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("The service can't start: " + "; ".join(problems) + ".")
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class EntraSettings:
    """The pod's workload identity, from the variables that Azure's webhook sets.

    https://learn.microsoft.com/azure/aks/workload-identity-overview
    """

    client_id: str
    tenant_id: str
    token_file: Path
    authority_host: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], problems: list[str]) -> EntraSettings | None:
        names = ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST")
        missing = [name for name in names if not environment.get(name)]
        if missing:
            problems.append(f"DATABASE_AUTH=entra needs the pod's workload identity: {', '.join(missing)} not set")
            return None
        client_id, tenant_id, token_file, authority_host = (environment[name] for name in names)
        if not authority_host.startswith("https://"):
            problems.append("AZURE_AUTHORITY_HOST must be an https URL")
        return cls(client_id=client_id, tenant_id=tenant_id, token_file=Path(token_file), authority_host=authority_host)


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    """The settings of the connection to the database.

    `url` is for the migration tool; the other fields are its parts. One of `password` and `entra` is set.
    """

    url: str = field(repr=False)
    host: str
    port: int
    user: str
    database: str
    tls: bool
    ca_file: Path | None
    password: str | None = field(repr=False)
    entra: EntraSettings | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *, name: str = "DATABASE_URL") -> DatabaseSettings:
        """Reads the URL in the variable `name`, and DATABASE_AUTH. Raises SettingsError."""
        problems: list[str] = []
        settings = cls.parse(environment, problems, name=name)
        if settings is None or problems:
            raise SettingsError(problems)
        return settings

    @classmethod
    def parse(
        cls, environment: Mapping[str, str], problems: list[str], *, name: str = "DATABASE_URL"
    ) -> DatabaseSettings | None:
        """Reads the same, but adds what is missing or wrong to `problems`; returns None when there is no whole URL."""
        form = "postgresql://role[:password]@host[:port]/database?sslmode=verify-full"
        url = environment.get(name, "")
        try:
            parts = urlsplit(url)
            port = parts.port or 5432
        except ValueError:
            problems.append(f"{name} is no URL; its form is {form}")
            return None
        database = parts.path.removeprefix("/")
        if parts.scheme not in ("postgresql", "postgres") or not (parts.hostname and parts.username and database):
            problems.append(f"{name} must have the form {form}")
            return None
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        problems += _transport_problems(name, options, parts.hostname)
        auth = environment.get("DATABASE_AUTH", "password")
        problems += _authentication_problems(name, auth, parts.password)
        return cls(
            url=url,
            host=parts.hostname,
            port=port,
            user=unquote(parts.username),
            database=unquote(database),
            tls=options.get("sslmode") != "disable",
            ca_file=Path(options["sslrootcert"]) if "sslrootcert" in options else None,
            password=unquote(parts.password) if parts.password else None,
            entra=EntraSettings.from_environment(environment, problems) if auth == "entra" else None,
        )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of a service."""

    service: str
    """The name of the service's folder, from SERVICE_NAME."""
    pod: str
    """The name of the pod, from POD_NAME; empty outside of a cluster."""
    log_level: str
    """One of `app.contract.logs.LEVELS`, from LOG_LEVEL."""
    host: str
    """The address that the service listens at, from HOST. By default the loopback interface."""
    port: int
    """The TCP port that the service listens at, always with TLS, from PORT."""
    certificate: Path
    """The PEM file of the server's certificate, from TLS_CERT_FILE."""
    private_key: Path
    """The PEM file of its key, from TLS_KEY_FILE."""
    drain: float
    """Seconds that the requests that are under way may take after SIGTERM, from DRAIN_SECONDS."""
    database: DatabaseSettings
    telemetry: str | None = None
    """The base URL of the OTLP collector, from OTEL_EXPORTER_OTLP_ENDPOINT. None when no spans are sent."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Reads all settings. Raises SettingsError."""
        problems: list[str] = []
        service = environment.get("SERVICE_NAME", "")
        if not service:
            problems.append("SERVICE_NAME must be set")
        level = environment.get("LOG_LEVEL", "INFO").upper()
        if level not in LEVELS:
            problems.append(f"LOG_LEVEL must be one of {', '.join(LEVELS)}, got {level!r}")
        port = _number(environment, "PORT", 8443, problems, low=1, high=65535)
        drain = _number(environment, "DRAIN_SECONDS", DEFAULT_DRAIN, problems, low=0, high=600)
        certificate = _file(environment, "TLS_CERT_FILE", problems)
        private_key = _file(environment, "TLS_KEY_FILE", problems)
        telemetry = _collector(environment, "OTEL_EXPORTER_OTLP_ENDPOINT", problems)
        database = DatabaseSettings.parse(environment, problems)
        if problems or database is None:
            raise SettingsError(problems)
        return cls(
            service=service,
            pod=environment.get("POD_NAME", ""),
            log_level=level,
            host=environment.get("HOST") or "127.0.0.1",
            port=int(port),
            certificate=certificate,
            private_key=private_key,
            drain=drain,
            database=database,
            telemetry=telemetry,
        )


def _transport_problems(name: str, options: Mapping[str, str], host: str) -> list[str]:
    problems = []
    known = {"sslmode", "sslrootcert"}
    if unknown := sorted(options.keys() - known):
        problems.append(f"{name} has the options {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    mode = options.get("sslmode", "none")
    if mode == "disable" and not _is_loopback(host):
        problems.append(f"{name} may say sslmode=disable only for a database on the loopback; use verify-full")
    elif mode not in ("verify-full", "disable"):
        problems.append(f"{name} must say sslmode=verify-full, got {mode}")
    if "sslrootcert" in options and not Path(options["sslrootcert"]).is_file():
        problems.append(f"{name} names the sslrootcert {options['sslrootcert']}, which is no file")
    return problems


def _authentication_problems(name: str, auth: str, password: str | None) -> list[str]:
    if auth == "password":
        return [] if password else [f"{name} has no password; with a workload identity set DATABASE_AUTH=entra"]
    if auth == "entra":
        return [f"{name} must have no password with DATABASE_AUTH=entra"] if password else []
    allowed = ", ".join(cast("tuple[str, ...]", Authentication.__args__))  # type: ignore[attr-defined]
    return [f"DATABASE_AUTH must be one of {allowed}, got {auth!r}"]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _number(
    environment: Mapping[str, str], name: str, default: float, problems: list[str], *, low: float, high: float
) -> float:
    text = environment.get(name) or str(default)
    try:
        value = float(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        problems.append(f"{name} must be a number from {low} to {high}, got {text!r}")
    return value


def _file(environment: Mapping[str, str], name: str, problems: list[str]) -> Path:
    path = Path(environment.get(name, ""))
    if not path.is_file():
        problems.append(f"{name} must name a PEM file, got {environment.get(name, '')!r}")
    return path


def _collector(environment: Mapping[str, str], name: str, problems: list[str]) -> str | None:
    url = environment.get(name)
    if not url:
        return None
    try:
        parts = urlsplit(url)
        valid = bool(parts.hostname) and not (parts.username or parts.query or parts.fragment) and parts.port != 0
    except ValueError:
        valid = False
    if not (valid and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or "")))):
        problems.append(f"{name} must be an https URL, or http on the loopback, without credentials")
    return url

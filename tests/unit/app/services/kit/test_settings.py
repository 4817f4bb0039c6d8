from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from app.services.kit.settings import DatabaseSettings, Settings, SettingsError

ENTRA = {
    "DATABASE_AUTH": "entra",
    "AZURE_CLIENT_ID": "client",
    "AZURE_TENANT_ID": "tenant",
    "AZURE_FEDERATED_TOKEN_FILE": "/var/run/token",
    "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com/",
    "DATABASE_URL": "postgresql://users-id@db.example/users?sslmode=verify-full",
}


def test_complete_settings(environment):
    settings = Settings.from_environment(environment | {"PORT": "9443", "HOST": "127.0.0.2", "LOG_LEVEL": "debug"})

    assert (settings.host, settings.port, settings.log_level, settings.drain) == ("127.0.0.2", 9443, "DEBUG", 25.0)
    assert settings.database.password == "secret"
    assert not settings.database.tls


def test_they_do_not_change_and_do_not_show_the_password(environment):
    settings = Settings.from_environment(environment)

    assert "secret" not in repr(settings)
    with pytest.raises(FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]


@pytest.mark.parametrize("url", ["https://collector.example:4318", "http://127.0.0.1:4318/", "http://localhost:4318"])
def test_the_endpoint_of_spans_is_a_setting(environment, url):
    assert Settings.from_environment(environment | {"OTEL_EXPORTER_OTLP_ENDPOINT": url}).telemetry == url
    assert Settings.from_environment(environment | {"OTEL_EXPORTER_OTLP_ENDPOINT": ""}).telemetry is None


def test_the_loopback_is_the_default(environment):
    assert Settings.from_environment(environment | {"HOST": ""}).host == "127.0.0.1"


def test_every_problem_is_named_at_once():
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"LOG_LEVEL": "loud", "PORT": "0", "DRAIN_SECONDS": "nan"})

    text = str(caught.value)
    for name in ("SERVICE_NAME", "LOG_LEVEL", "PORT", "DRAIN_SECONDS", "TLS_CERT_FILE", "TLS_KEY_FILE", "DATABASE_URL"):
        assert name in text
    assert len(caught.value.problems) == 7


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"PORT": "http"}, "PORT must be a number from 1 to 65535, got 'http'"),
        ({"PORT": "65536"}, "PORT"),
        ({"DRAIN_SECONDS": "-1"}, "DRAIN_SECONDS"),
        ({"TLS_CERT_FILE": "/nowhere"}, "TLS_CERT_FILE must name a PEM file, got '/nowhere'"),
        ({"TLS_KEY_FILE": ""}, "TLS_KEY_FILE"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT must be an https URL"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://u:SENSITIVE@collector"}, "without credentials"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://"}, "OTEL_EXPORTER_OTLP_ENDPOINT"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://a:x"}, "OTEL_EXPORTER_OTLP_ENDPOINT"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "grpc://127.0.0.1"}, "OTEL_EXPORTER_OTLP_ENDPOINT"),
        ({"DATABASE_AUTH": "trust"}, "DATABASE_AUTH must be one of password, entra, got 'trust'"),
    ],
)
def test_a_wrong_value_is_refused(environment, change, problem):
    with pytest.raises(SettingsError, match=problem) as caught:
        Settings.from_environment(environment | change)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "must have the form"),
        ("mysql://u:p@127.0.0.1/d?sslmode=disable", "must have the form"),
        ("postgresql://127.0.0.1/d?sslmode=disable", "must have the form"),
        ("postgresql://u:p@127.0.0.1?sslmode=disable", "must have the form"),
        ("postgresql://u:p@[::1/d", "is no URL"),
        ("postgresql://u:p@127.0.0.1:port/d?sslmode=disable", "is no URL"),
        ("postgresql://u:p@db.example/d?sslmode=disable", "only for a database on the loopback"),
        ("postgresql://u:p@10.0.0.1/d?sslmode=disable", "only for a database on the loopback"),
        ("postgresql://u:p@db.example/d", "must say sslmode=verify-full, got none"),
        ("postgresql://u:p@db.example/d?sslmode=require", "must say sslmode=verify-full, got require"),
        ("postgresql://u:p@127.0.0.1/d?sslmode=prefer", "must say sslmode=verify-full"),
        ("postgresql://u:p@db.example/d?sslmode=verify-full&sslrootcert=/nowhere", "/nowhere, which is no file"),
        ("postgresql://u:p@127.0.0.1/d?sslmode=disable&options=-c", "the options options; known are sslmode, sslrootc"),
        ("postgresql://u@127.0.0.1/d?sslmode=disable", "has no password"),
    ],
)
def test_an_unsafe_database_is_refused_without_its_password(url, problem):
    with pytest.raises(SettingsError, match=problem) as caught:
        DatabaseSettings.from_environment({"DATABASE_URL": url.replace(":p@", ":SENSITIVE@")})
    assert "SENSITIVE" not in str(caught.value)


def test_the_databases_url_is_taken_apart(tmp_path: Path):
    ca = tmp_path / "ca.crt"
    ca.touch()
    url = f"postgresql://a%40b:p%2Fw@db.example:6432/d%20x?sslmode=verify-full&sslrootcert={ca}"
    settings = DatabaseSettings.from_environment({"DATABASE_URL": url})

    assert (settings.user, settings.password, settings.database) == ("a@b", "p/w", "d x")
    assert (settings.host, settings.port, settings.tls, settings.ca_file) == ("db.example", 6432, True, ca)
    assert "p/w" not in repr(settings)
    assert "p%2Fw" not in repr(settings)


def test_a_workload_identity():
    settings = DatabaseSettings.from_environment(ENTRA)

    assert settings.password is None
    assert settings.entra is not None
    assert settings.entra.token_file == Path("/var/run/token")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"AZURE_CLIENT_ID": ""}, "AZURE_CLIENT_ID not set"),
        ({"AZURE_AUTHORITY_HOST": "http://login.example"}, "AZURE_AUTHORITY_HOST must be an https URL"),
        ({"DATABASE_URL": "postgresql://u:p@db.example/d?sslmode=verify-full"}, "must have no password"),
    ],
)
def test_a_workload_identity_that_is_not_whole_is_refused(change, problem):
    with pytest.raises(SettingsError, match=problem):
        DatabaseSettings.from_environment(ENTRA | change)

import pytest

from app.edge.settings import Settings, SettingsError

GOOD = {"UPSTREAM_URL": "https://ingress.example:8443", "UPSTREAM_TLS_SECRET_ARN": "arn:x"}


def test_defaults():
    settings = Settings.from_environment(GOOD)

    assert (settings.service, settings.log_level) == ("orchestrator", "INFO")


@pytest.mark.parametrize(
    "url",
    ["", "http://ingress", "ingress:443", "https://", "https://ingress/users", "https://u:p@ingress", "https://i?x=1"],
)
def test_the_upstream_is_https_and_has_no_path(url):
    with pytest.raises(SettingsError, match="UPSTREAM_URL"):
        Settings.from_environment(GOOD | {"UPSTREAM_URL": url})


def test_every_problem_is_named():
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"LOG_LEVEL": "loud"})

    for name in ("UPSTREAM_URL", "UPSTREAM_TLS_SECRET_ARN", "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR"):
        assert name in str(caught.value)

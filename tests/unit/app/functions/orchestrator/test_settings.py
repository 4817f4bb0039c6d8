import pytest

from app.functions.orchestrator.settings import Settings, SettingsError

GOOD = {"UPSTREAM_URL": "https://ingress.example:8443", "UPSTREAM_TLS_SECRET_ARN": "arn:x"}


def test_defaults():
    settings = Settings.from_environment(GOOD)

    assert (settings.service, settings.log_level) == ("orchestrator", "INFO")
    assert (settings.api_keys_secret_arn, settings.trace_sample_rate) == ("", 0.01)


@pytest.mark.parametrize("rate", ["0", "1", "0.5", "1e-3"])
def test_the_sample_rate_is_a_share(rate):
    assert Settings.from_environment(GOOD | {"TRACE_SAMPLE_RATE": rate}).trace_sample_rate == float(rate)


@pytest.mark.parametrize("rate", ["", "-0.1", "1.1", "nan", "inf", "half"])
def test_another_sample_rate_is_refused(rate):
    with pytest.raises(SettingsError, match="TRACE_SAMPLE_RATE must be a number from 0 to 1"):
        Settings.from_environment(GOOD | {"TRACE_SAMPLE_RATE": rate})


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

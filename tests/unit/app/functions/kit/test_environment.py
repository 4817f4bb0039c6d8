import pytest

from app.functions.kit import environment
from app.functions.kit.environment import Settings, SettingsError

NEEDED = ("UPSTREAM_URL", "UPSTREAM_TLS_SECRET_ARN")
GOOD = {"UPSTREAM_URL": "https://ingress.example:8443", "UPSTREAM_TLS_SECRET_ARN": "arn:x"}


def read(variables: dict[str, str]) -> Settings:
    return environment.read(variables, "orchestrator", needed=NEEDED)


def test_defaults():
    settings = read(GOOD)

    assert (settings.service, settings.log_level, settings.scope_prefix) == ("orchestrator", "INFO", "")
    assert (settings.api_keys_secret_arn, settings.trace_sample_rate) == ("", 0.01)


def test_what_the_function_needs_is_read_by_its_name():
    assert [read(GOOD)[name] for name in NEEDED] == list(GOOD.values())


@pytest.mark.parametrize("rate", ["0", "1", "0.5", "1e-3"])
def test_the_sample_rate_is_a_share(rate):
    assert read(GOOD | {"TRACE_SAMPLE_RATE": rate}).trace_sample_rate == float(rate)


@pytest.mark.parametrize("rate", ["", "-0.1", "1.1", "nan", "inf", "half"])
def test_another_sample_rate_is_refused(rate):
    with pytest.raises(SettingsError, match="TRACE_SAMPLE_RATE must be a number from 0 to 1"):
        read(GOOD | {"TRACE_SAMPLE_RATE": rate})


@pytest.mark.parametrize(
    "url",
    ["", "http://ingress", "ingress:443", "https://", "https://ingress/users", "https://u:p@ingress", "https://i?x=1"],
)
def test_the_upstream_is_https_and_has_no_path(url):
    with pytest.raises(SettingsError, match="UPSTREAM_URL must name the ingress, as https"):
        read(GOOD | {"UPSTREAM_URL": url})


def test_a_level_that_there_is_not():
    with pytest.raises(SettingsError, match="DEBUG, INFO, WARNING, ERROR, got 'LOUD'"):
        read(GOOD | {"LOG_LEVEL": "loud"})


def test_every_missing_setting_is_named_with_its_purpose():
    needed = ("ORDERS_TABLE", "PRODUCTS_TABLE", "EVENT_BUS")
    with pytest.raises(SettingsError) as caught:
        environment.read({"ORDERS_TABLE": "o", "EVENT_BUS": ""}, "relay", needed=needed)

    assert (
        str(caught.value)
        == "PRODUCTS_TABLE must name the table of products. EVENT_BUS must name the event bus, by name or ARN."
    )


def test_every_problem_is_named():
    with pytest.raises(SettingsError) as caught:
        read({"LOG_LEVEL": "loud", "TRACE_SAMPLE_RATE": "2"})

    names = ("UPSTREAM_URL", "UPSTREAM_TLS_SECRET_ARN", "LOG_LEVEL must be one of DEBUG, INFO", "TRACE_SAMPLE_RATE")
    for name in names:
        assert name in str(caught.value)

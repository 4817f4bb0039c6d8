import pytest

from app.functions.kit import environment as settings
from app.functions.orchestrator.settings import SettingsError


def test_every_missing_setting_is_named_with_its_purpose():
    with pytest.raises(SettingsError) as caught:
        settings.required({"ORDERS_TABLE": "o", "EVENT_BUS": ""}, "ORDERS_TABLE", "PRODUCTS_TABLE", "EVENT_BUS")

    assert (
        str(caught.value)
        == "PRODUCTS_TABLE must name the table of products. EVENT_BUS must name the event bus, by name or ARN."
    )


def test_values_in_their_order():
    assert settings.required({"A": "1", "B": "2"}, "B", "A") == ["2", "1"]


def test_a_level_that_there_is_not():
    with pytest.raises(SettingsError, match="DEBUG, INFO, WARNING, ERROR, got 'LOUD'"):
        settings.log({"LOG_LEVEL": "loud"}, "catalog")

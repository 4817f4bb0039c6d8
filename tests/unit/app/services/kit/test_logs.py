import json
import logging
import warnings

import pytest

from app.contract.correlation import accept
from app.services.kit import logs


@pytest.fixture(autouse=True)
def restored():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def test_what_libraries_log_is_a_line_tied_to_the_request(capsys):
    logs.configure(service="users", level="INFO", pod="users-1")
    current = accept("caller-0001", None)
    token = logs.correlation.set(current)
    try:
        int("broken")
    except ValueError:
        logging.getLogger("asyncpg").exception("It %s.", "failed\nbadly")
    finally:
        logs.correlation.reset(token)
    logging.getLogger("uvicorn").debug("not shown")
    out = capsys.readouterr().out
    (record,) = map(json.loads, out.splitlines())

    assert (record["level"], record["message"], record["logger"]) == ("ERROR", "It failed\nbadly.", "asyncpg")
    assert (record["request_id"], record["trace_id"]) == ("caller-0001", current.trace_id)
    assert (record["service"], record["pod"]) == ("users", "users-1")
    assert "ValueError: invalid literal" in record["stack"]


def test_a_record_names_the_hop_that_called(capsys):
    logs.configure(service="users", level="INFO", pod="users-1")
    current = accept("caller-0001", f"00-{'a' * 32}-00f067aa0ba902b7-00")
    token = logs.correlation.set(current)
    try:
        logging.getLogger().error("It failed.")
    finally:
        logs.correlation.reset(token)

    assert json.loads(capsys.readouterr().out)["parent_id"] == "00f067aa0ba902b7"


def test_warnings_are_lines_too(capsys):
    logs.configure(service="users", level="INFO")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old", DeprecationWarning, stacklevel=1)

    assert "DeprecationWarning: old" in json.loads(capsys.readouterr().out)["message"]


def test_an_unknown_level_is_an_error(capsys):
    logs.configure(service="users", level="INFO")
    logging.getLogger().log(logging.CRITICAL, "x")

    assert json.loads(capsys.readouterr().out)["level"] == "ERROR"


def test_a_refusal_is_one_line_and_the_exit_status(capsys):
    with pytest.raises(SystemExit) as caught:
        logs.refuse("no")

    assert caught.value.code == 1
    assert json.loads(capsys.readouterr().out)["message"] == "no"


@pytest.mark.parametrize(("status", "level"), [(200, "INFO"), (404, "INFO"), (500, "ERROR"), (503, "ERROR")])
def test_the_level_of_a_request_is_its_outcome(capsys, status, level):
    log = logs.RequestLog(service="users", level="ERROR")
    log.write(accept(None, None), "GET", "/x", status, 0.0012)
    record = json.loads(capsys.readouterr().out)

    assert (record["level"], record["duration_ms"]) == (level, 1.2)

"""The metrics in the log lines, by the embedded metric format's rules."""

import pytest

from app.functions.kit.metrics import VERSION
from app.functions.orchestrator.operations import OPERATIONS
from terminal.logs.text import as_text
from tests.support.embedded import metrics
from tests.support.scripted import sends
from tests.support.services import services_of, upstreams

USER = sends(b'{"id":"123","name":"Mark Wells","role":"Engineer"}')
PAGE = sends(b'{"items":[],"next_cursor":null}')
OVERVIEW = {"route": "GET /users/{userId}/overview", "body": None, "path": {"userId": "123"}}
PATHS = {"/users": USER, "/invoices": PAGE, "/events": sends(b"", status=503)}


def test_a_request_counts_for_its_route_and_its_service(invoke, event, services):
    done = invoke(event(), port=services(USER).port)
    found = metrics(done.log)

    route, upstream = found[("orchestrator", "POST /users")], found[("orchestrator", "users")]
    assert route == {"Count": 1, "Latency": done.log["duration_ms"], "Errors": 0}
    assert upstream == {"UpstreamCount": 1, "UpstreamLatency": done.log["upstream_ms"], "UpstreamErrors": 0}


def test_a_failure_of_a_service_is_an_error_of_both(invoke, event):
    found = metrics(invoke(event()).log)

    assert found[("orchestrator", "POST /users")]["Errors"] == 1
    assert found[("orchestrator", "users")]["UpstreamErrors"] == 1


def test_a_failure_counts_for_the_function_and_for_its_version(invoke, event):
    found = metrics(invoke(event()).log)

    assert found[("orchestrator",)]["Failures"] == found[("orchestrator", VERSION)]["Failures"] == 1


def test_a_part_that_fails_is_no_failure_of_its_own(invoke, event, services):
    done = invoke(event(**OVERVIEW), port=services(paths=PATHS).port)

    assert [line["message"] for line in done.lines if line["level"] == "ERROR"] == ["part"]
    assert not [line for line in done.lines if "Failures" in line]


def test_what_callers_do_wrong_is_no_error(invoke, event):
    done = invoke(event(body="{"))

    latency = done.log["duration_ms"]
    assert metrics(done.log) == {("orchestrator", "POST /users"): {"Count": 1, "Latency": latency, "Errors": 0}}


def test_each_of_several_services_counts_for_itself(invoke, event, services):
    done = invoke(event(**OVERVIEW), port=services(paths=PATHS).port)

    assert set(metrics(done.log)) == {("orchestrator", "GET /users/{userId}/overview")}
    counted = {key[1]: values["UpstreamErrors"] for line in done.lines[:-1] for key, values in metrics(line).items()}
    assert counted == {service: int(service == "analytics") for service in services_of("getOverview")}


@pytest.mark.parametrize("route", ["GET /nothing", "DELETE /users/7", "$default", "", "GET " + "x" * 500])
def test_what_callers_send_makes_no_dimension(invoke, event, route):
    done = invoke(event(route))

    assert set(metrics(done.log)) == {("orchestrator", "unmatched")}


def test_every_dimension_comes_from_the_contract(invoke, event, services):
    """There are as many metrics as routes and services, whatever is sent."""
    port = services(sends(b"{}")).port
    seen = set()
    for operation in OPERATIONS.values():
        for path in (dict.fromkeys(operation.path, "7"), {}, {"userId": "\ud800"}):
            lines = invoke(event(operation.route_key, "{}", path=path), port=port).lines
            seen |= {key for line in lines for key in metrics(line)}

    routes = {("orchestrator", route) for route in OPERATIONS}
    services_ = {("orchestrator", name) for name in upstreams()}
    transitions = {(*service, state) for service in services_ for state in ("open", "half-open", "closed")}
    failures = {("orchestrator",), ("orchestrator", VERSION)}
    assert routes <= seen <= routes | services_ | transitions | failures


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
def test_metrics_are_written_at_every_level(invoke, event, services, level):
    done = invoke(event(**OVERVIEW), port=services(paths=PATHS).port, LOG_LEVEL=level)

    assert [line["message"] for line in done.lines] == ["part", "part", "part", "request"]


def test_every_text_in_a_line_is_encoded(invoke, event, services):
    subject = 'a"b\\c\nd\u2028é\x00'
    done = invoke(event(claims={"sub": subject, "scope": "users:read"}), port=services(USER).port, SERVICE_NAME='o"x')

    assert (done.log["subject"], done.log["service"]) == (subject, 'o"x')
    assert len(done.lines) == 1


def test_the_local_stack_reads_the_lines(invoke, event, services):
    for line in invoke(event(**OVERVIEW), port=services(paths=PATHS).port).lines:
        text = as_text(line)
        assert text[13:25] == "orchestrator"
        assert "GET /users/{userId}/overview" in text
        assert "\n" not in text

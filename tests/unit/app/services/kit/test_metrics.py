from app.services.kit.metrics import Metrics


def test_a_request_is_counted_and_its_time_is_in_a_bucket():
    metrics = Metrics()
    for seconds in (0.0004, 0.001, 0.2, 99.0):
        metrics.observe("GET", "/users/{user_id}", 200, seconds)
    text = metrics.text().decode()
    labels = 'method="GET",route="/users/{user_id}",status="200"'

    assert f"http_request_duration_seconds_count{{{labels}}} 4.0" in text
    assert f"http_request_duration_seconds_sum{{{labels}}} 99.2014" in text
    assert f'http_request_duration_seconds_bucket{{le="0.001",{labels}}} 2.0' in text
    assert f'http_request_duration_seconds_bucket{{le="10.0",{labels}}} 3.0' in text
    assert f'http_request_duration_seconds_bucket{{le="+Inf",{labels}}} 4.0' in text


def test_methods_that_callers_invent_are_one_and_are_not_kept():
    metrics = Metrics()
    for number in range(100):
        metrics.observe(f"M{number}", "unmatched", 405, 0.1)
    text = metrics.text().decode()

    assert 'http_request_duration_seconds_count{method="other",route="unmatched",status="405"} 100.0' in text
    assert "M7" not in text
    assert metrics._cells == {}


def test_a_gauge_is_read_at_every_scrape():
    metrics = Metrics()
    values = iter([1.0, 2.0])
    metrics.gauge("connections", "Connections.", lambda: next(values))

    assert b"connections 1.0" in metrics.text()
    assert b"connections 2.0" in metrics.text()


def test_applications_do_not_share_their_metrics():
    one, other = Metrics(), Metrics()
    one.observe("GET", "/x", 200, 0.1)

    assert b'route="/x"' not in other.text()

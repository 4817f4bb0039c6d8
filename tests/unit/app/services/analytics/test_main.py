"""The service as its container runs it: a process of its own, TLS, a real database."""

import json
import socket
import ssl

import psutil

from tests.support.waiting import PATIENCE, eventually
from tests.unit.app.services.analytics.test_reports import LONG, MANY, PATH


def begin_report(service, authority, **changes: object) -> ssl.SSLSocket:
    """Sends the request and waits for its process."""
    context = ssl.create_default_context(cadata=authority.certificate)
    connection = context.wrap_socket(
        socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE), server_hostname="127.0.0.1"
    )
    body = json.dumps(LONG | changes).encode()
    lines = ["Host: x", "X-Principal: token/tests", "X-Reach: any", "Content-Type: application/json"]
    head = "\r\n".join([f"POST {PATH} HTTP/1.1", *lines, f"Content-Length: {len(body)}", "", ""])
    connection.sendall(head.encode() + body)
    eventually(lambda: psutil.Process(service.process.pid).children())
    return connection


def analytics(start, url, **more):
    service = start("-m", "app.services.analytics", SERVICE_NAME="analytics", DATABASE_URL=url, **more)
    service.wait_for("/readyz", 200)
    return service


def test_it_serves_over_tls(start, url):
    service = analytics(start, url)
    status, headers, body = service.get("/events?user_id=123&limit=1", **{"X-Request-Id": "caller-0001"})

    assert (status, headers["x-request-id"]) == (200, "caller-0001")
    assert [event["amount"] for event in body["items"]] == ["59.97"]
    (line,) = [line for line in service.end() if line["message"] == "request"]
    assert (line["service"], line["route"]) == ("analytics", "/events")


def test_a_report_ends_with_its_connection(start, url, authority, amounts):
    amounts(MANY)
    service = analytics(start, url)
    connection = begin_report(service, authority)
    (worker,) = psutil.Process(service.process.pid).children()
    connection.close()

    eventually(lambda: not worker.is_running())
    (line,) = [line for line in service.end() if line["message"] == "request"]
    assert (line["route"], line["status"]) == (PATH, 499)


def test_a_report_is_finished_before_the_service_ends(start, url, authority, amounts):
    amounts(MANY)
    service = analytics(start, url)
    with begin_report(service, authority, resamples=1000) as connection:  # ends in time on a busy machine too
        service.signal()
        answer = connection.recv(65536)

    lines = service.end()
    assert answer.startswith(b"HTTP/1.1 200"), lines
    assert [line["status"] for line in lines if line.get("route") == PATH] == [200]


def test_its_memory_stays_small(start, url, authority, amounts):
    """The reports are included, each at its largest; the resident memory is in MiB."""
    amounts(MANY)
    service = analytics(start, url)
    process = psutil.Process(service.process.pid)
    connections = [begin_report(service, authority) for _ in range(2)]
    eventually(lambda: len(process.children()) == 2)
    resident = [each.memory_info().rss / 2**20 for each in (process, *process.children())]

    assert sum(resident) < 90
    for connection in connections:
        connection.close()

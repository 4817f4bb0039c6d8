"""The service as its container runs it: a process of its own, TLS, a real database."""

import socket


def test_it_serves_over_tls_and_logs_lines(start, server, migrate):
    urls = server.new_service()
    assert migrate(urls).returncode == 0
    service = start("-m", "app.services.users", DATABASE_URL=urls.service)
    service.wait_for("/readyz", 200)
    status, headers, body = service.get("/users/123", **{"X-Request-Id": "caller-0001"})

    assert (status, body) == (200, {"id": "123", "name": "Mark Wells", "role": "Engineer"})
    assert headers["x-request-id"] == "caller-0001"
    assert "server" not in headers
    with socket.create_connection(("127.0.0.1", service.port)) as plain:
        plain.settimeout(10)
        plain.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"HTTP" not in plain.recv(100)
    lines = service.end()
    assert {line["service"] for line in lines} == {"users"}
    assert [line["route"] for line in lines if line["message"] == "request"] == ["/users/{user_id}"]


def test_it_starts_before_its_database_and_becomes_ready_with_it(start, server, migrate):
    urls = server.new_service()
    service = start("-m", "app.services.users", DATABASE_URL=urls.service)

    assert "the database does not answer" in service.wait_for("/readyz", 503)["detail"]
    assert service.get("/livez")[0] == 200
    assert migrate(urls).returncode == 0
    service.wait_for("/readyz", 200)


def test_wrong_settings_are_one_line_and_the_exit_status(start):
    service = start(
        "-m",
        "app.services.users",
        DATABASE_URL="postgresql://u:SENSITIVE@db.example/d?sslmode=disable",
        LOG_LEVEL="loud",
    )
    (line,) = service.lines()

    assert service.process.returncode == 1
    assert "LOG_LEVEL" in line["message"]
    assert "sslmode=disable only for a database on the loopback" in line["message"]
    assert "SENSITIVE" not in line["message"]

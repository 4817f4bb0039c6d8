"""The service as its container runs it: a process of its own, TLS, a real database."""


def test_it_serves_over_tls(start, url):
    service = start("-m", "app.services.billing", SERVICE_NAME="billing", DATABASE_URL=url)
    service.wait_for("/readyz", 200)
    status, headers, body = service.get("/invoices?user_id=123&limit=1", **{"X-Request-Id": "caller-0001"})

    assert (status, headers["x-request-id"]) == (200, "caller-0001")
    assert [invoice["total"] for invoice in body["items"]] == ["59.97"]
    (line,) = [line for line in service.end() if line["message"] == "request"]
    assert (line["service"], line["route"]) == ("billing", "/invoices")

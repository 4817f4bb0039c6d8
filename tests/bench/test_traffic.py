"""The requests of the benchmarks are those that the edge sends, in process as over the wire."""

from tests.bench.traffic import REQUESTS, SAMPLED_OF, Request


def parsed(raw: bytes) -> tuple[str, list[tuple[bytes, bytes]], bytes]:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    return first.decode(), [tuple(line.split(b": ", 1)) for line in lines], body  # type: ignore[misc]


def test_scope_and_bytes_tell_the_same() -> None:
    for request in REQUESTS.values():
        first, headers, body = parsed(request.raw(7))
        scope = request.scope(7)
        assert first == f"{scope['method']} {scope['path']} HTTP/1.1"
        assert headers == scope["headers"]
        assert body == request.body_of(7)


def test_one_percent_is_sampled() -> None:
    flags = [dict(REQUESTS["GET"].all_headers(number))["traceparent"][-2:] for number in range(SAMPLED_OF * 3)]
    assert flags.count("01") == 3
    assert set(flags) == {"00", "01"}


def test_each_request_has_ids_of_its_own() -> None:
    request = Request(method="POST", path="/x", body=b'{"id":"@id@"}', headers=(("idempotency-key", "@id@"),))
    raws = [request.raw(number) for number in range(3)]
    bodies = [parsed(raw)[2] for raw in raws]
    keys = [dict(parsed(raw)[1])[b"idempotency-key"] for raw in raws]

    assert len(set(bodies)) == len(set(keys)) == 3
    assert all(key in body for key, body in zip(keys, bodies, strict=True))
    assert [int(dict(parsed(raw)[1])[b"content-length"]) for raw in raws] == [len(body) for body in bodies]

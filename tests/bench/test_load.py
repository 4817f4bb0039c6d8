"""The load generator against a server with prepared answers."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from tests.bench.load import Load, LoadError

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


@contextmanager
def served(answer: Callable[[int], list[bytes]]) -> Iterator[tuple[int, list[bytes]]]:
    """Serves the pieces of `answer(number)` to each request. An empty list ends the connection."""
    received: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            while data := connection.recv(65536):
                received.append(data)
                pieces = answer(len(received))
                if not pieces:
                    return
                for piece in pieces:
                    connection.sendall(piece)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], received
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def test_count_is_kept_and_requests_are_sent_in_turn() -> None:
    with served(lambda _: [OK]) as (port, received), closing(Load(port, connections=1)) as load:
        load.use([b"1" + REQUEST, b"2" + REQUEST])
        result = load.run(5)
    assert result.count == 5
    assert [data[:1] for data in received] == [b"1", b"2", b"1", b"2", b"1"]
    assert result.rate == pytest.approx(5 / result.seconds)


def test_every_connection_finishes_what_it_began() -> None:
    with served(lambda _: [OK]) as (port, received), closing(Load(port, connections=4)) as load:
        load.use([REQUEST])
        first, second = load.run_for(0.05), load.run(40)
    assert second.count >= 40
    assert first.count + second.count == len(received)


def test_answer_in_pieces_is_one_answer() -> None:
    pieces = [OK[:9], OK[9:30], OK[30:-1], OK[-1:]]
    with served(lambda _: pieces) as (port, received), closing(Load(port, connections=1)) as load:
        load.use([REQUEST])
        assert load.run(3).count == len(received) == 3


def test_failure_is_no_throughput() -> None:
    answers = {1: OK, 2: OK.replace(b"200 OK", b"503 No")}
    with served(lambda number: [answers[number]]) as (port, _), closing(Load(port, connections=1)) as load:
        load.use([REQUEST])
        with pytest.raises(LoadError, match="503 No"):
            load.run(10)


def test_end_of_the_connection_is_a_failure() -> None:
    with served(lambda number: [OK] if number < 3 else []) as (port, _), closing(Load(port, connections=1)) as load:
        load.use([REQUEST])
        with pytest.raises(LoadError, match="connection ended"):
            load.run(10)

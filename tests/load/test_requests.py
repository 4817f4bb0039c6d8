"""The requests of a load, by number."""

from __future__ import annotations

import json
import pickle
from collections import Counter

from tests.load.requests import FRESH_ID, Part, get, mix, post


def test_paths_come_in_turn() -> None:
    requests = mix(get("/a", "/b", "/c"))
    assert [requests(number).path for number in range(7)] == ["/a", "/b", "/c", "/a", "/b", "/c", "/a"]


def test_parts_have_their_weights_in_every_round_and_each_takes_its_requests_in_turn() -> None:
    requests = mix(Part(requests=get("/a", "/b"), weight=3), Part(requests=[post("/c", {})]))
    paths = [requests(number).path for number in range(80)]
    assert Counter(paths) == {"/a": 30, "/b": 30, "/c": 20}
    assert all(paths[first : first + 4].count("/c") == 1 for first in range(0, 80, 4))
    reads = [path for path in paths if path != "/c"]
    assert reads == ["/a", "/b"] * 30


def test_each_request_gets_an_id_of_its_own_in_every_place() -> None:
    requests = mix([post("/orders", {"id": FRESH_ID}, headers=(("idempotency-key", FRESH_ID),))])
    made = [requests(number) for number in range(3)]
    ids = [json.loads(request.body)["id"] for request in made]
    assert len(set(ids)) == 3
    assert [dict(request.headers)["idempotency-key"] for request in made] == ids


def test_a_mix_can_go_to_another_process() -> None:
    requests = mix(Part(requests=get("/a"), weight=2), get("/b"))
    copy = pickle.loads(pickle.dumps(requests))
    assert [copy(number) for number in range(6)] == [requests(number) for number in range(6)]

import pytest

from app.contract.problems import PRECONDITION_FAILED, PRECONDITION_REQUIRED, ProblemError
from app.services.kit import application
from app.services.kit.etags import NO_VERSION, Precondition, Preconditions, etag
from app.services.kit.routing import Router
from tests.support.asgi import client


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ('"3"', 3),
        (None, None),
        ('"03"', NO_VERSION),
        ('"0"', NO_VERSION),
        ('"abc"', NO_VERSION),
        ('"' + "9" * 64 + '"', NO_VERSION),
    ],
)
def test_if_match_names_a_version(tag, version):
    assert Precondition.parse(if_match=tag).version == version


@pytest.mark.parametrize("version", [1, 42, 10**18 - 1])
def test_a_tag_names_its_version(version):
    assert Precondition.parse(if_match=etag(version)).version == version


@pytest.mark.parametrize("tag", ["", "3", '"3', "*", 'W/"3"', '"1", "2"', '""', '"a b"', '"\0"', '"é"', '"3"\n'])
def test_anything_but_one_strong_tag_is_refused(tag):
    with pytest.raises(ProblemError) as caught:
        Precondition.parse(if_match=tag)
    assert [error["parameter"] for error in caught.value.errors] == ["If-Match"]


def test_everything_wrong_is_named():
    with pytest.raises(ProblemError) as caught:
        Precondition.parse(if_match="3", if_none_match='"3"')
    assert [error["parameter"] for error in caught.value.errors] == ["If-Match", "If-None-Match"]


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, PRECONDITION_REQUIRED),
        ({"if_match": '"3"'}, PRECONDITION_FAILED),
        ({"if_none_match": "*"}, PRECONDITION_FAILED),
        ({"if_none_match": "*", "if_match": '"3"'}, PRECONDITION_FAILED),
    ],
)
def test_why_nothing_was_written(headers, kind):
    assert Precondition.parse(**headers).problem().kind is kind


router = Router()


@router.put("/thing")
async def put(precondition: Preconditions) -> dict:
    return {"version": precondition.version, "new": precondition.new}


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        ({}, {"version": None, "new": False}),
        ({"if-match": '"3"'}, {"version": 3, "new": False}),
        ({"if-none-match": "*"}, {"version": None, "new": True}),
    ],
)
def test_a_route_takes_the_headers(settings, headers, answer):
    with client(application.create(settings, router)) as call:
        assert call("PUT", "/thing", headers=headers).json == answer
        assert call("PUT", "/thing", headers={"if-match": "\xff\0"}).status == 422

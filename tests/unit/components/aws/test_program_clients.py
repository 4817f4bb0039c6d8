from __future__ import annotations

from components.aws.program_clients import _id


def test_a_client_that_the_stack_has_not_made_yet_has_an_id_that_no_token_names() -> None:
    """Holds in a preview, and on an engine that plays AWS."""
    assert _id("smoke", {"reporting": "5f0c"}) == "<id of smoke>"
    assert _id("reporting", {"reporting": "5f0c"}) == "5f0c"

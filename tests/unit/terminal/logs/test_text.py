from __future__ import annotations

from terminal.logs.text import as_text, coloured

LINE = {
    "timestamp": "2026-01-01T10:00:01.000Z",
    "service": "orchestrator",
    "level": "ERROR",
    "message": "request",
    "route": "GET /users/{userId}",
    "method": "GET",
    "status": 200,
    "duration_ms": 3.14159,
    "request_id": "req-12345678",
    "source": "functions.jsonl",
}


def test_text_has_the_parts_that_people_look_for_once() -> None:
    assert (
        as_text(LINE)
        == "10:00:01.000 orchestrator       ERROR   request GET /users/{userId} 200 3.1 ms request_id=req-12345678"
    )


def test_colours_change_no_character() -> None:
    shown = coloured(LINE)
    assert shown.plain == as_text(LINE)
    assert "bold red" in {str(span.style) for span in shown.spans}
    assert coloured({"message": "[bold]no markup[/bold]"}).plain.strip().endswith("[bold]no markup[/bold]")


def test_a_duration_of_another_form_is_no_failure() -> None:
    assert "request" in as_text({**LINE, "duration_ms": "soon"})

import re

import pytest

from app.contract.correlation import accept

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


@pytest.mark.parametrize("given", ["12345678", "A-b_c.d-9", "x" * 64])
def test_a_request_id_is_kept(given):
    assert accept(given, None).request_id == given


@pytest.mark.parametrize("given", [None, "", "1234567", "x" * 65, "12345678\n", "1234 5678", "12345678é", "a/b/c/d/e"])
def test_any_other_request_id_is_replaced(given):
    made = accept(given, None).request_id

    assert re.fullmatch("[0-9a-f]{32}", made)
    assert made != accept(given, None).request_id


@pytest.mark.parametrize(
    ("given", "sampled"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-03", True),
        (f"00-{TRACE}-{SPAN}-fe", False),
        (f"cc-{TRACE}-{SPAN}-01", True),
        (f"cc-{TRACE}-{SPAN}-01-later", True),
    ],
)
def test_a_trace_is_continued_with_a_span_of_its_own(given, sampled):
    correlation = accept(None, given)

    assert (correlation.trace_id, correlation.parent_id, correlation.sampled) == (TRACE, SPAN, sampled)
    assert correlation.span_id != SPAN
    assert correlation.traceparent == f"00-{TRACE}-{correlation.span_id}-{'01' if sampled else '00'}"


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "01",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-0",
        f"00-{TRACE}-{SPAN}-01-later",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
        f" 00-{TRACE}-{SPAN}-01",
        f"00_{TRACE}_{SPAN}_01",
        f"0x-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-zz",
    ],
)
def test_any_other_trace_context_starts_a_new_trace(given):
    correlation = accept(None, given, "vendor=1")

    assert re.fullmatch("[0-9a-f]{32}", correlation.trace_id)
    assert correlation.trace_id != TRACE
    assert (correlation.parent_id, correlation.sampled, correlation.tracestate) == ("", False, "")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("vendor=1,other=2", True),
        ("vendor=1 , ,other=2,", True),
        ("0tenant@vendor=a b", True),
        ("a=" + "x" * 256, True),
        (",".join(f"v{number}=1" for number in range(32)), True),
        (",".join(f"v{number}=1" for number in range(33)), False),
        ("vendor", False),
        ("vendor=", False),
        ("vendor=a=b", False),
        ("Vendor=1", False),
        ("0vendor=1", False),
        ("vendor=1,vendor=2", False),
        ("vendor=1,\x00", False),
        ("a=" + "x" * 257, False),
        ("a=" + "x" * 255 + ",b=" + "x" * 254, False),
        ("a=\r\nb", False),
        ("a=é", False),
        ("", False),
        (None, False),
    ],
)
def test_the_vendors_part_goes_along_only_when_all_of_it_can_be_read(given, kept):
    assert accept(None, f"00-{TRACE}-{SPAN}-01", given).tracestate == (given if kept else "")


def test_new_traces_are_sampled_at_the_rate():
    sampled = sum(accept(None, None).sampled_at(0.25).sampled for _ in range(4000))

    assert 800 < sampled < 1200
    assert not any(accept(None, None).sampled_at(0.0).sampled for _ in range(100))
    assert all(accept(None, None).sampled_at(1.0).sampled for _ in range(100))


def test_the_choice_depends_on_the_id_only_so_that_every_part_makes_the_same():
    made = accept(None, None)
    sampled = made._replace(trace_id="f" * 18 + "0" * 14)
    assert sampled.sampled_at(0.01).sampled
    assert not made._replace(trace_id="0" * 18 + "f" * 14).sampled_at(0.99).sampled
    assert sampled.sampled_at(0.01).traceparent.endswith("-01")


@pytest.mark.parametrize("flags", ["00", "01"])
@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_a_trace_that_goes_on_stays_as_its_caller_decided(flags, rate):
    assert accept(None, f"00-{TRACE}-{SPAN}-{flags}").sampled_at(rate).sampled is (flags == "01")

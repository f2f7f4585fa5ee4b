"""The scripted driver: retries, waits and time limits on a clock that costs nothing."""

from __future__ import annotations

import pytest

from lollms_client import errors
from lollms_client.cancel import CancelToken
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.flow import Timeouts
from tests.drivers.services import service

FILM = b"\0\0\0\x18ftypmp42film"
ADDRESS = "https://films.example"


def test_waits_longer_each_time_and_obeys_retry_after() -> None:
    driver = ScriptedDriver(
        [
            CannedReply(status=503),
            CannedReply(status=429, headers={"Retry-After": "7"}),
            CannedReply(body={"ok": 1}),
        ]
    )
    assert driver.run(service(ADDRESS).post("x", {})) == {"ok": 1}
    assert 0.25 <= driver.sleeps[0] <= 0.5
    assert driver.sleeps[1] == 7.0
    driver.finish()


def test_back_off_is_bounded() -> None:
    driver = ScriptedDriver([CannedReply(status=503)] * 9)
    with pytest.raises(errors.Unavailable):
        driver.run(service(ADDRESS, max_retries=8).get("x"))
    assert len(driver.sleeps) == 8
    assert max(driver.sleeps) <= 8.0
    assert driver.sleeps[-1] >= 4.0


def test_a_job_of_an_hour_takes_no_time() -> None:
    replies = [CannedReply(body={"id": "j1"})]
    replies += [CannedReply(body={"state": "running"})] * 3
    replies += [CannedReply(body={"state": "done"}), CannedReply(body=FILM, headers={"Content-Type": "video/mp4"})]
    driver = ScriptedDriver(replies)
    binding = service(ADDRESS)
    assert driver.run(binding.video_flow(binding.video_request("x", {}))).video == FILM
    assert [request.method for request in driver.requests] == ["POST", *["GET"] * 5]
    driver.finish()


def test_a_job_that_never_ends_is_given_up() -> None:
    class Endless(list[CannedReply]):
        pass

    binding = service(ADDRESS)
    binding.poll_first, binding.poll_longest = 60.0, 600.0  # type: ignore[misc]
    replies = [CannedReply(body={"id": "j1"}), *[CannedReply(body={"state": "running"})] * 30, CannedReply(body={})]
    driver = ScriptedDriver(replies)
    with pytest.raises(errors.TimedOut) as caught:
        driver.run(binding.video_flow(binding.video_request("x", {})), driver.context(timeouts=Timeouts(total=None)))
    assert caught.value.details["stage"] == "job"
    assert caught.value.details["job"]["id"] == "j1"
    assert driver.now == pytest.approx(3600)
    assert driver.requests[-1].method in ("GET", "DELETE")


def test_limits_run_out_on_the_clock() -> None:
    slow = CannedReply(delay=400.0)
    with pytest.raises(errors.TimedOut) as caught:
        ScriptedDriver([slow]).run(service(ADDRESS, max_retries=0).post("x", {}))
    assert caught.value.details["stage"] == "first_byte"
    dripping = CannedReply(chunks=(b"data: a\n\n",) * 5, chunk_delay=61.0)
    with pytest.raises(errors.TimedOut) as caught:
        ScriptedDriver([dripping]).run(service(ADDRESS).texts())
    assert caught.value.details["stage"] == "silence"


def test_a_failure_in_the_middle_of_a_stream_is_raised() -> None:
    cut = CannedReply(chunks=(b"data: a\n\n",), failure=errors.BadReply("cut off"))
    with pytest.raises(errors.BadReply, match="cut off"):
        ScriptedDriver([cut]).run(service(ADDRESS).texts())


def test_secrets_are_in_no_printed_request() -> None:
    driver = ScriptedDriver([lambda request: CannedReply(body={"method": request.method})])
    assert driver.run(service(ADDRESS).post("x", {})) == {"method": "POST"}
    assert "canary" not in repr(driver.requests)
    assert driver.requests[0].plain_headers()["Authorization"].startswith("Bearer canary")


def test_private_addresses_behind_public_names_are_refused() -> None:
    binding = service(ADDRESS)
    driver = ScriptedDriver(addresses={"cdn.example": ["203.0.114.9", "10.0.0.1"], "films.example": ["203.0.114.1"]})
    with pytest.raises(errors.ForbiddenAddress, match=r"cdn\.example"):
        driver.run(binding.download("https://cdn.example/x.mp4"))
    assert driver.requests == []
    fine = ScriptedDriver([CannedReply(body=FILM)], addresses={"cdn.example": ["203.0.114.9"]})
    assert fine.run(binding.download("https://cdn.example/x.mp4")) == FILM
    assert fine.requests[0].address == "203.0.114.9"
    assert "Authorization" not in fine.requests[0].headers


def test_scripts_must_fit() -> None:
    with pytest.raises(AssertionError, match="no canned reply is left"):
        ScriptedDriver().run(service(ADDRESS).get("x"))
    driver = ScriptedDriver([CannedReply(), CannedReply()])
    driver.run(service(ADDRESS).get("x"))
    with pytest.raises(AssertionError, match="1 canned"):
        driver.finish()


def test_streams_left_open_are_counted_as_closed() -> None:
    binding = service(ADDRESS)

    async def first() -> bytes:
        async for events in binding.events(binding.request("POST", "s", json={})):
            return events[0].data
        return b""

    driver = ScriptedDriver([CannedReply(chunks=(b"data: a\n\n", b"data: b\n\n"))])
    assert driver.run(first()) == b"a"
    assert driver.closed == 1


def test_cancelling_between_polls() -> None:
    token = CancelToken()

    def cancel(request: object) -> CannedReply:
        token.cancel("enough")
        return CannedReply(body={"state": "running"})

    driver = ScriptedDriver([CannedReply(body={"id": "j1"}), cancel, CannedReply(body={})])
    binding = service(ADDRESS)
    with pytest.raises(errors.Cancelled, match="enough"):
        driver.run(binding.video_flow(binding.video_request("x", {})), driver.context(cancel=token))
    assert driver.requests[-1].method == "DELETE"
    driver.finish()

import asyncio

import pytest

from realtime.batches import Batches


class Work:
    """Doubles numbers, a batch at a time, once `go` is set."""

    def __init__(self) -> None:
        self.done: list[list[int]] = []
        self.go = asyncio.Event()

    async def __call__(self, numbers: list[int]) -> list[int]:
        await self.go.wait()
        self.done.append(numbers)
        if 13 in numbers:
            raise ZeroDivisionError
        return [2 * number for number in numbers]


async def started(*calls: asyncio.Task[int]) -> None:
    """Let them come so far that they wait for their batch."""
    for _ in range(5):
        await asyncio.sleep(0)


def asked(batches: Batches[int, int], *numbers: int) -> list[asyncio.Task[int]]:
    return [asyncio.create_task(batches.result_of(number)) for number in numbers]


async def test_what_comes_while_a_batch_is_under_way_goes_with_the_next() -> None:
    work = Work()
    batches = Batches(work, largest=100)
    first = asked(batches, 1)
    await started(*first)
    others = asked(batches, 2, 3, 4)
    await started(*others)
    work.go.set()
    assert await asyncio.gather(*first, *others) == [2, 4, 6, 8]
    assert work.done == [[1], [2, 3, 4]]


async def test_a_batch_is_never_larger_than_the_limit() -> None:
    work = Work()
    work.go.set()
    batches = Batches(work, largest=2)
    assert await asyncio.gather(*asked(batches, 1, 2, 3, 4, 5)) == [2, 4, 6, 8, 10]
    assert work.done == [[1, 2], [3, 4], [5]]


async def test_an_error_reaches_its_own_batch_and_the_next_goes_on() -> None:
    work = Work()
    work.go.set()
    batches = Batches(work, largest=2)
    results = await asyncio.gather(*asked(batches, 1, 13, 3), return_exceptions=True)
    assert [type(result) for result in results] == [ZeroDivisionError, ZeroDivisionError, int]


async def test_who_is_cancelled_keeps_nothing_from_the_others() -> None:
    work = Work()
    batches = Batches(work, largest=100)
    under_way, gone_early = asked(batches, 1, 2)
    await started(under_way)
    gone_late, stays = asked(batches, 3, 4)
    await started(gone_late, stays)
    for gone in (gone_early, gone_late):
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
    work.go.set()
    assert [await under_way, await stays] == [2, 8]
    assert work.done == [[1, 2], [4]]

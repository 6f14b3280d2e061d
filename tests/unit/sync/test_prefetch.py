"""Reading ahead: in order, not too far, and never after whoever reads has left."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from rollcall.core.errors import ContractError
from rollcall.sync.prefetch import prefetch

SOON = 5.0


async def numbers(count: int, read: list[int]) -> AsyncGenerator[int]:
    for number in range(count):
        read.append(number)
        yield number


async def let_it_read() -> None:
    """Give whoever reads ahead all the time it wants."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_all_pieces_come_in_order() -> None:
    assert [each async for each in prefetch(numbers(10, []))] == list(range(10))


async def test_no_more_is_read_than_may_be_read_ahead() -> None:
    read: list[int] = []
    pieces = prefetch(numbers(10, read), ahead=2)
    assert await anext(pieces) == 0
    await let_it_read()
    assert read == [0, 1, 2, 3]
    await pieces.aclose()


async def test_who_leaves_while_the_shelf_is_full_is_not_held() -> None:
    pieces = prefetch(numbers(10, []))
    await anext(pieces)
    await let_it_read()
    async with asyncio.timeout(SOON):
        await pieces.aclose()


async def test_who_leaves_after_all_was_read_is_not_held() -> None:
    pieces = prefetch(numbers(3, []), ahead=2)
    await anext(pieces)
    await let_it_read()
    async with asyncio.timeout(SOON):
        await pieces.aclose()


async def test_what_breaks_the_reading_comes_after_what_was_read() -> None:
    async def broken() -> AsyncGenerator[int]:
        yield 1
        raise ContractError("The answer ends in the middle.")

    pieces = prefetch(broken())
    assert await anext(pieces) == 1
    with pytest.raises(ContractError, match="in the middle"):
        await anext(pieces)

"""Work in pieces."""

from rollcall.core.batches import split_batches


def test_pieces_are_of_a_bounded_size_and_say_how_much_is_done() -> None:
    assert list(split_batches("abcde", 2)) == [(2, "ab"), (4, "cd"), (5, "e")]
    assert list(split_batches([], 2)) == []

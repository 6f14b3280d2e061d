"""The keys that sign id tokens: which one signs, which ones are published. Contract b.7.

As with Entra, all directories share their keys; a directory can be given keys of its own.
"""

from joserfc.jwk import RSAKey

KEY_BITS = 2048


def new_key() -> RSAKey:
    """Make a key."""
    return RSAKey.generate_key(KEY_BITS)


class KeyRing:
    """Keys in the order of their use: the first one signs, all are published."""

    def __init__(self, keys: tuple[RSAKey, ...]) -> None:
        self.keys = keys

    @property
    def signing(self) -> RSAKey:
        """The key that signs."""
        return self.keys[0]

    def rotate(self) -> None:
        """Let a new key sign; those before stay published."""
        self.keys = (new_key(), *self.keys)

    def announce(self) -> None:
        """Publish a key that does not sign yet."""
        self.keys = (*self.keys, new_key())

    def retire(self) -> None:
        """Publish no key any more but the one that signs."""
        self.keys = self.keys[:1]

    def swap(self) -> None:
        """Put another key into the place of all."""
        self.keys = (new_key(),)

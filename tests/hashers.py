"""Argon2 as passwords are kept, but quick: for tests that are about something else."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import override_settings


class QuickArgon2(Argon2PasswordHasher):
    """The same, with little work."""

    time_cost = 1
    memory_cost = 64
    parallelism = 1


@contextmanager
def quick_passwords() -> Iterator[None]:
    """Keep passwords with little work."""
    with override_settings(PASSWORD_HASHERS=[f"{__name__}.{QuickArgon2.__name__}"]):
        yield


@contextmanager
def real_passwords() -> Iterator[None]:
    """Keep them as the program does."""
    kept = [f"{Argon2PasswordHasher.__module__}.{Argon2PasswordHasher.__name__}"]
    with override_settings(PASSWORD_HASHERS=kept):
        yield

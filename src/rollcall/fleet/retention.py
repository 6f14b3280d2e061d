"""Forget the processes that died without a word."""

from datetime import timedelta

from django.db.models.functions import Now

from rollcall.fleet.models import Process

REMEMBERED = timedelta(days=1)


def forget_dead_processes() -> int:
    """Delete the rows of processes that have not beaten for a day; return how many."""
    count, _ = Process.objects.all_tenants().filter(beat_at__lt=Now() - REMEMBERED).delete()
    return count

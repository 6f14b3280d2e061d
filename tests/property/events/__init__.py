"""What can happen to a tenant: in the directory, in its feed, to settings, by hand, and runs."""

from tests.property.events import by_hand, feed, people, runs, settings, wishes
from tests.property.events.registry import EVENTS

__all__ = ["EVENTS", "by_hand", "feed", "people", "runs", "settings", "wishes"]

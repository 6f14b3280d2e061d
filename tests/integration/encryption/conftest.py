"""An office whose keys are exchanged; tests in this process have a machine of their own instead."""

from tests.integration.commands.conftest import office, open_office

__all__ = ["office", "open_office"]

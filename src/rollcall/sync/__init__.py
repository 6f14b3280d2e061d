"""The order of things: read, plan, guard, apply, report. Decides nothing, knows no provider."""

"""The service: schedule, queue, workers, supervisor."""

"""What runs for long: the supervisor, the workers, the scheduler, the web server."""

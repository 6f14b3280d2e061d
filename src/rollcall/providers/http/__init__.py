"""One HTTP client for all providers: timeouts, retries, request ids, redaction."""

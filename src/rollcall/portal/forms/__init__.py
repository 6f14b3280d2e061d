"""Forms: what is typed, checked by the rules of the app that keeps it."""

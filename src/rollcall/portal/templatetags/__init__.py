"""What templates of the portal may use beyond Django's own."""

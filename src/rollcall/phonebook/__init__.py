"""What a phone searches: company contacts and personal contacts."""

"""The API, asked as programs ask it: with a token, through Django's own client."""

"""Coming in and going out: sign-in, second factor, links that work once, forgotten passwords."""

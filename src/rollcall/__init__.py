"""Rollcall: a phone system whose people come from the company's own directory."""

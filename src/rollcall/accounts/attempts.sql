-- name: paused
-- Until when the last of some counters refuses, if any does.
SELECT max(refused_until) FROM accounts_attempt
WHERE key = ANY(%(keys)s) AND refused_until > %(now)s

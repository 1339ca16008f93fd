"""REST v1: each view reads the clock, calls one action or query, and translates."""

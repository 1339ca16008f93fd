"""The demo clinic's logins: refused off loopback and when sending is armed."""

PASSWORD = "coursekeeper-demo"  # noqa: S105 - printed on purpose, for made-up patients on one machine

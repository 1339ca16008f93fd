"""Log lines without what opens a door: the token of a patient's link never reaches a file."""

import logging
import re

# The addresses that are as good as a key: a patient's page, calendar and driver, the way out of e-mails, an invitation,
# a new password.
_TOKENS = re.compile(r"/([vcdu]|accounts/join|accounts/password/reset/key)/[^/\s?\"']+")


class Scrubbed(logging.Formatter):
    """Formats a record, tracebacks included, and takes the tokens out."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line as it may be kept."""
        return _TOKENS.sub(r"/\1/…", super().format(record))

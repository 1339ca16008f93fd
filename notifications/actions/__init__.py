"""The only writers of messages."""

"""The only writers of schedules: one short transaction each, one history row each."""

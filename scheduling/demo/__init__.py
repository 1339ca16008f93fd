"""The demo clinic: made-up people whose courses are booked and lived through by the same actions the desk uses."""

"""Nothing leaves the house: what would be said is shown in the outbox (a trial, or sending not armed)."""

from notifications.channels.base import CannotLookUp, Outgoing, Receipt, Sought


class Log:
    """The channel of an installation without a provider."""

    provider = "log"
    reaches_people = False
    can_look_up = False

    @classmethod
    def is_configured(cls) -> bool:
        """Tell that it needs nothing."""
        return True

    def send(self, outgoing: Outgoing) -> Receipt:
        """Take a message and give it to nobody; the outbox page says it again from its facts."""
        return Receipt(sid=f"log-{outgoing.message_id}")

    def find(self, sought: Sought) -> Receipt | None:
        """Refuse: nothing was ever given to anybody.

        :raises CannotLookUp: always.
        """
        raise CannotLookUp("Messages that are only shown can't be looked up.")

    def close(self) -> None:
        """Nothing is held."""

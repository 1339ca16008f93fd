"""Scenes about what people say: a cry for help, a no, a text nobody understands, CANCEL, running late, in a form."""

import datetime as dt
import itertools
from collections.abc import Callable
from typing import Any

from attention import actions
from notifications.actions.inbound import handle_inbound, store_inbound
from notifications.actions.settling import finish_inbound
from notifications.models import InboundMessage
from patients.models import ContactPoint, Patient
from scheduling.actions import attendance
from tests.attention.desk import DAY, HOUR, Desk, step
from tests.attention.scene import Scene
from tests.factories import NOW
from tests.patients.filled import answer, begin

MINUTE = dt.timedelta(minutes=1)
_sids = itertools.count(1)


def phone_of(patient: Patient) -> str:
    return ContactPoint.objects.get(patient=patient, kind="phone").value


def write(sender: str, body: str, now: dt.datetime, *, is_worked: bool = True) -> InboundMessage:
    """Let somebody write at an instant, and the worker see to it."""
    fields = {"MessageSid": f"SMdesk{next(_sids)}", "From": sender, "To": "+15550109999", "Body": body}
    store_inbound(provider="twilio", fields=fields, now=now)
    if is_worked:
        handle_inbound(now=now)
    return InboundMessage.objects.latest("pk")


def write_again(text: InboundMessage, times: int) -> None:
    """Let somebody write the same so many times more, a minute apart, and the worker see to each as it did."""
    values = InboundMessage.objects.filter(pk=text.pk).values().get()
    InboundMessage.objects.bulk_create(
        InboundMessage(
            **values
            | {"id": None, "provider_sid": f"SMagain{number}", "received_at": text.received_at + number * MINUTE}
        )
        for number in range(1, times + 1)
    )


class Reply(Scene):
    """A visit the day after next, and its patient who writes the day before it."""

    body = "hello?"

    def begin(self) -> dt.datetime:
        self.visit = self.desk.visit()
        self.phone = phone_of(Patient.objects.get(pk=self.visit.patient_id))
        self.now = self.visit.starts_at - DAY
        self.text = write(self.phone, self.body, self.now)
        return self.now + MINUTE

    def solve(self) -> dt.datetime | None:
        finish_inbound(
            request=self.desk.request,
            inbound_id=self.text.pk,
            site_ids=[self.desk.site.pk],
            what="Called",
            now=self.now + HOUR,
        )
        return None

    def again(self) -> dt.datetime:
        self.text = write(self.phone, self.body, self.now + HOUR)
        return self.now + HOUR + MINUTE


class Crisis(Reply):
    body = "I want to die"


class CantCome(Reply):
    body = "2"

    def solve(self) -> dt.datetime | None:
        self.desk.cancel(self.visit, now=self.now + HOUR)
        return None


class MeantVisit(CantCome):
    body = "CANCEL"

    def again(self) -> dt.datetime:
        write(self.phone, "START", self.now + HOUR)
        return super().again()


class RunningLate(Reply):
    body = "3 20 min"

    def begin(self) -> dt.datetime:
        self.visit = self.desk.visit()
        self.phone = phone_of(Patient.objects.get(pk=self.visit.patient_id))
        self.now = self.visit.starts_at - 2 * HOUR
        self.text = write(self.phone, self.body, self.now)
        return self.now + MINUTE

    def solve(self) -> dt.datetime | None:
        step(attendance.arrive, self.visit, self.visit.starts_at)
        return self.visit.starts_at + MINUTE


class ItemNine(Scene):
    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.patient = desk.visit().patient

    def begin(self) -> dt.datetime:
        self.now = NOW + HOUR
        begin(self.patient, now=self.now)
        answer(self.patient, 9, 1, now=self.now)
        return self.now

    def solve(self) -> None:
        [key] = self.desk.keys(self.now, "item_nine")
        actions.finish_item(request=self.desk.request, key=key, now=self.now)

    def again(self) -> dt.datetime:
        answer(self.patient, 9, 3, now=self.now + HOUR)
        return self.now + HOUR


REPLY_SCENES: dict[str, Callable[[Desk], Any]] = {
    "crisis": Crisis,
    "cant_come": CantCome,
    "reply": Reply,
    "meant_visit": MeantVisit,
    "running_late": RunningLate,
    "item_nine": ItemNine,
}

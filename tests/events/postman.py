"""A transport whose messages the test holds in its hands: it delivers, loses, repeats and reorders them."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from events import relay
from events.dead_letters import bury
from events.delivery import deliver
from events.event import Event, LoggedEvent
from events.failure import Failure
from events.log import emit
from events.retry import record_attempt
from events.transports import Message


class Postman:
    """Stands for broker and worker."""

    in_process = False

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.oldest_waits_since: datetime | None = None

    def publish(self, messages: Sequence[Message]) -> None:
        """Keep them."""
        self.messages += messages

    def waiting_since(self, queue: str) -> datetime | None:
        """What the test says."""
        return self.oldest_waits_since

    def emit(self, *events: Event) -> list[LoggedEvent]:
        """Each in a transaction of its own, and none of them is published."""
        logged = []
        for event in events:
            with transaction.atomic():
                logged.append(emit(event))
        return logged

    def collect(self) -> list[Message]:
        """What the relay has to send, taken away from the transport."""
        while relay.publish_due():
            pass
        messages, self.messages = self.messages, []
        return messages

    def deliver(self, *messages: Message) -> None:
        """Run each as a worker would; what fails is retried when somebody sends it again."""
        for message in messages:
            event = self.event_of(message)
            try:
                deliver(message.subscriber, event, message.key.run, message.retries + 1, "postman")
            except Exception as error:
                if message.retries >= message.subscriber.max_retries or isinstance(
                    error, message.subscriber.never_retried()
                ):
                    bury(message.key, event.position, Failure.of(error), "postman")
                else:
                    next_try_at = timezone.now() + timedelta(seconds=1)
                    record_attempt(message.key, event.position, Failure.of(error), "postman", next_try_at)

    def event_of(self, message: Message) -> LoggedEvent:
        """What a worker reads of the message."""
        return LoggedEvent.from_message(json.loads(message.event_json))

    def deliver_all(self) -> int:
        """Collect and deliver until nothing is left; how many messages."""
        count = 0
        while messages := self.collect():
            self.deliver(*messages)
            count += len(messages)
        return count

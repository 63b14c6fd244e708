"""Signs whatever leaves this project by way of Celery: retries, beat's tasks, chains, and commands to the workers.

The producer is the last to see a message before it goes to the broker: its body is bytes by then, and what receivers of
`before_task_publish` put into its headers is there.
"""

from time import time
from typing import Any
from uuid import uuid4

from celery.app.amqp import AMQP
from kombu import Producer
from kombu.pools import ProducerPool, connections

from events import signing


class SigningProducer(Producer):
    """A producer whose messages are signed."""

    def _publish(
        self,
        body: Any,
        priority: int,
        content_type: str,
        content_encoding: str,
        headers: dict[str, Any],
        properties: dict[str, Any],
        routing_key: str,
        mandatory: bool,
        immediate: bool,
        exchange: str,
        *more: Any,
        **options: Any,
    ) -> Any:
        signed = _signed(headers, body.encode() if isinstance(body, str) else body, exchange)
        return super()._publish(
            body, priority, content_type, content_encoding, signed, properties, routing_key, mandatory, immediate,
            exchange, *more, **options,
        )  # fmt: skip


class SigningAMQP(AMQP):
    """Celery's `app.amqp`, with producers that sign."""

    Producer = SigningProducer
    _producer_pool: ProducerPool | None = None

    @property
    def producer_pool(self) -> ProducerPool:
        """Where all publishing gets its producer from."""
        if self._producer_pool is None:
            pool = connections[self.app.connection_for_write()]
            self._producer_pool = ProducerPool(pool, limit=self.app.pool.limit, Producer=SigningProducer)
        return self._producer_pool

    publisher_pool = producer_pool


def _signed(headers: dict[str, Any], body: bytes, exchange: str) -> dict[str, Any]:
    """A retry inherits the headers of the message before it: its signature, time and redelivery are not its own."""
    own = {name: value for name, value in headers.items() if name not in signing.UNSIGNED} | {"sent_at": time()}
    purpose = signing.TASK
    if "task" not in own:
        purpose = exchange
        own["nonce"] = uuid4().hex
    return own | {signing.SIGNATURE: signing.sign(purpose, signing.canonical(own), signing.digest(body))}

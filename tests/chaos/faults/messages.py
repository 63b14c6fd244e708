"""What happens to messages while they wait in Redis."""

import json
import random
import signal

from tests.chaos.books import SINGLE
from tests.chaos.faults import Steps, fault
from tests.chaos.poison import QUEUE
from tests.chaos.world import World

# An event of a version that this code does not know, and a delivery to a subscriber that it does not have.
_FUTURE = """
SELECT logged_position FROM events_append(gen_random_uuid(), 'article-0-' || gen_random_uuid(), 'sale.made', 99, '{}',
                                          gen_random_uuid(), NULL, '', '')
"""
_GONE = "INSERT INTO events_outbox (position, subscriber) VALUES (%s, 'stall.gone')"
_DEAD = "SELECT count(*) FROM events_delivery WHERE position = %s AND outcome = 'dead'"
_FAILED = "SELECT count(*) FROM django_celery_results_taskresult WHERE status = 'FAILURE' AND task_id = ANY(%s)"
_REFUSED = "SELECT count(*) FROM django_celery_results_taskresult WHERE task_id LIKE 'refused-%%'"


@fault("Messages doubled and shuffled", in_storms=False)
def doubled_and_shuffled(world: World) -> Steps:
    """While the worker stands still, every message that waits gets a twin, and they are mixed."""
    for turn in range(int(world.seconds(full=5, quick=2))):
        world.worker.send_to_all(signal.SIGSTOP)
        yield lambda: world.broker.llen(QUEUE) > 50
        with world.broker.pipeline(transaction=True) as pipeline:
            messages = pipeline.lrange(QUEUE, 0, -1).delete(QUEUE).execute()[0]
        twins = messages * 2
        random.Random(turn).shuffle(twins)
        world.broker.rpush(QUEUE, *twins)
        world.worker.send_to_all(signal.SIGCONT)
        yield 1.0


@fault("Every poisonous message", in_storms=False)
def poison(world: World) -> Steps:
    """Each is found afterwards: what cannot be believed set aside, what cannot be run as a dead letter."""
    refused = world.sql(_REFUSED)[0][0]
    task_ids = json.loads(world.run("-m", "tests.chaos.poison"))
    if not world.is_backroom:
        yield 3.0
        return
    ((position,),) = world.sql(_FUTURE)
    world.sql(_GONE, position)
    yield lambda: world.sql(_FAILED, task_ids)[0][0] == len(task_ids)
    yield lambda: world.sql(_DEAD, position)[0][0] == len([*SINGLE, "stall.send_home", "stall.gone"])
    yield lambda: world.sql(_REFUSED)[0][0] > refused

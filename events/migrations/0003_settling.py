"""How deliveries are settled, once each, and how lanes keep their order."""

from django.db import migrations

# No message can settle this any more: its event lies at or below what is settled, was pruned, or, in a replay, its
# item is not out. This is what makes a duplicate a duplicate after its delivery row was pruned.
IS_CLOSED = """
CREATE FUNCTION events_is_closed(key_position bigint, key_subscriber text, key_run int)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF key_run > 0 THEN
        RETURN NOT EXISTS (SELECT FROM events_replayitem item
                           WHERE item.position = key_position AND item.subscriber = key_subscriber
                             AND item.run = key_run AND item.state = 'sent');
    END IF;
    RETURN NOT EXISTS (SELECT FROM events_event event WHERE event.position = key_position AND NOT EXISTS (
        SELECT FROM events_subscription subscription
        WHERE subscription.subscriber = key_subscriber
          AND (event.xid, event.position) <= (subscription.settled_xid, subscription.settled_position)));
END $$;
"""

LANE_LOCK = """
CREATE FUNCTION events_lock_lane(key_subscriber text, lane_stream text) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended(key_subscriber || ' ' || lane_stream, 0))
$$;
"""

# The next delivery of the lane goes into the outbox. `lane` names the events that the subscriber wants, {*} for all.
WAKE_LANE = """
CREATE FUNCTION events_wake_lane(key_position bigint, key_subscriber text, lane text[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    settled events_event%ROWTYPE;
    item events_replayitem%ROWTYPE;
    next_position bigint;
BEGIN
    SELECT * INTO settled FROM events_event WHERE position = key_position;
    SELECT * INTO item FROM events_replayitem replayed
    WHERE replayed.subscriber = key_subscriber AND replayed.stream = settled.stream
      AND replayed.stream_version > settled.stream_version AND replayed.state = 'sent'
      AND NOT EXISTS (SELECT FROM events_delivery delivery
                      WHERE delivery.position = replayed.position AND delivery.subscriber = key_subscriber
                        AND delivery.run = replayed.run)
    ORDER BY replayed.stream_version LIMIT 1;
    SELECT event.position INTO next_position FROM events_event event
    WHERE event.stream = settled.stream AND event.stream_version > settled.stream_version
      AND event.stream_version < coalesce(item.stream_version, 2147483647)  -- what is beyond waits for the item
      AND (event.name = ANY (lane) OR lane = '{*}')
      AND NOT EXISTS (SELECT FROM events_delivery delivery
                      WHERE delivery.position = event.position AND delivery.subscriber = key_subscriber)
      AND NOT events_is_closed(event.position, key_subscriber, 0)
    ORDER BY event.stream_version LIMIT 1;
    IF next_position IS NOT NULL THEN
        INSERT INTO events_outbox (position, subscriber, run) VALUES (next_position, key_subscriber, 0);
    ELSIF item.id IS NOT NULL THEN
        INSERT INTO events_outbox (position, subscriber, run) VALUES (item.position, key_subscriber, item.run);
    END IF;
END $$;
"""

# The row first, and then the question whether it may stand: a row that was pruned a moment ago leaves the subscription's
# settled position behind, which the second statement sees.
SETTLE = """
CREATE FUNCTION events_settle(
    key_position bigint, key_subscriber text, key_run int, its_outcome text, its_attempts int, its_start timestamptz,
    its_worker text, its_fingerprint text DEFAULT '', is_transient boolean DEFAULT false, lane text[] DEFAULT NULL
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF lane IS NOT NULL THEN
        PERFORM events_lock_lane(key_subscriber, event.stream) FROM events_event event WHERE position = key_position;
    END IF;
    INSERT INTO events_delivery (position, subscriber, run, outcome, attempts, started_at, finished_at, worker,
                                 fingerprint, transient)
    VALUES (key_position, key_subscriber, key_run, its_outcome, its_attempts, its_start, clock_timestamp(), its_worker,
            its_fingerprint, is_transient);
    IF key_run > 0 THEN
        PERFORM FROM events_replayitem item  -- who cancels it waits until this is over
        WHERE item.position = key_position AND item.subscriber = key_subscriber AND item.run = key_run FOR SHARE;
    END IF;
    IF events_is_closed(key_position, key_subscriber, key_run) THEN
        RAISE unique_violation USING CONSTRAINT = 'events_delivery_once',
            MESSAGE = format('%s of event %s was settled before, in run %s', key_subscriber, key_position, key_run);
    END IF;
    IF lane IS NOT NULL AND its_outcome <> 'dead' THEN
        PERFORM events_wake_lane(key_position, key_subscriber, lane);
    END IF;
END $$;
"""

# A delivery is behind while something before it in its lane is not settled, or is dead: the last event that the
# subscriber wants of the stream, or anything that is being replayed.
IS_BEHIND = """
CREATE FUNCTION events_is_behind(key_position bigint, key_subscriber text, lane text[])
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
    own events_event%ROWTYPE;
    before events_event%ROWTYPE;
    last_outcome text;
    until_version int;
BEGIN
    SELECT * INTO own FROM events_event WHERE position = key_position;
    IF EXISTS (SELECT FROM events_replayitem item
               WHERE item.subscriber = key_subscriber AND item.stream = own.stream
                 AND item.stream_version < own.stream_version AND item.state IN ('waiting', 'sent')
                 AND NOT EXISTS (SELECT FROM events_delivery delivery
                                 WHERE delivery.position = item.position AND delivery.subscriber = key_subscriber
                                   AND delivery.run = item.run AND delivery.outcome <> 'dead'))
    THEN
        RETURN true;
    END IF;
    until_version := own.stream_version;
    LOOP
        SELECT * INTO before FROM events_event event
        WHERE event.stream = own.stream AND event.stream_version < until_version
          AND (event.name = ANY (lane) OR lane = '{*}')
        ORDER BY event.stream_version DESC LIMIT 1;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
        SELECT delivery.outcome INTO last_outcome FROM events_delivery delivery
        WHERE delivery.position = before.position AND delivery.subscriber = key_subscriber
        ORDER BY delivery.run DESC LIMIT 1;
        IF NOT FOUND THEN
            RETURN NOT events_is_closed(before.position, key_subscriber, 0);
        END IF;
        IF last_outcome <> 'discarded' THEN
            RETURN last_outcome = 'dead';
        END IF;
        -- What is done had its turn; what was discarded may have died before it, so look further back.
        until_version := before.stream_version;
    END LOOP;
END $$;
"""

# That it is not its turn yet is said only under the lock of its lane: whoever settles what it waits for comes after,
# finds it, and wakes it.
TURN = """
CREATE FUNCTION events_turn(key_position bigint, key_subscriber text, key_run int, lane text[])
RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM events_delivery
               WHERE position = key_position AND subscriber = key_subscriber AND run = key_run)
    THEN
        RETURN 'settled';
    END IF;
    IF NOT events_is_behind(key_position, key_subscriber, lane) THEN
        RETURN 'now';
    END IF;
    PERFORM events_lock_lane(key_subscriber, event.stream) FROM events_event event WHERE position = key_position;
    RETURN CASE WHEN events_is_behind(key_position, key_subscriber, lane) THEN 'later' ELSE 'now' END;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0002_append_only")]

    operations = [
        migrations.RunSQL(IS_CLOSED, "DROP FUNCTION events_is_closed"),
        migrations.RunSQL(LANE_LOCK, "DROP FUNCTION events_lock_lane"),
        migrations.RunSQL(WAKE_LANE, "DROP FUNCTION events_wake_lane"),
        migrations.RunSQL(SETTLE, "DROP FUNCTION events_settle"),
        migrations.RunSQL(IS_BEHIND, "DROP FUNCTION events_is_behind"),
        migrations.RunSQL(TURN, "DROP FUNCTION events_turn"),
    ]

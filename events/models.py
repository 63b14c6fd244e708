"""The tables, some from files of their own. Only appends happen on the hot path; the rows of the outbox come and go."""

from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from events.flow_models import DeliveryMinute, EventMinute, FlowCount  # noqa: F401
from events.personal_models import PersonalKey  # noqa: F401
from events.rebuild_models import Rebuild  # noqa: F401
from events.saga_models import Saga, SagaArrival, SagaNote, SagaStep  # noqa: F401
from events.snapshots import Snapshot  # noqa: F401


class Event(models.Model):
    """The log: one row a fact. A trigger refuses UPDATE and DELETE."""

    position = models.BigAutoField(_("position"), primary_key=True)
    id = models.UUIDField(_("id"), unique=True)
    stream = models.TextField(_("stream"))
    stream_version = models.PositiveIntegerField(_("stream version"))
    name = models.TextField(_("name"))
    version = models.PositiveSmallIntegerField(_("schema version"))
    payload = models.JSONField(_("payload"))
    correlation_id = models.UUIDField(_("correlation"))
    causation_id = models.UUIDField(_("causation"), null=True)
    actor = models.TextField(_("actor"), blank=True)
    traceparent = models.TextField(_("trace parent"), blank=True)
    #: The writing transaction. The order of the log is (xid, position), complete below the oldest running transaction.
    xid = models.BigIntegerField(_("transaction"), db_default=Func(function="events_current_xid"))
    occurred_at = models.DateTimeField(_("occurred at"), db_default=Now())

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [models.UniqueConstraint(fields=["stream", "stream_version"], name="events_event_stream_version")]
        indexes = [
            models.Index(fields=["correlation_id"], name="events_event_correlation"),
            models.Index(fields=["xid", "position"], name="events_event_order"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.stream} v{self.stream_version}"


class OutboxEntry(models.Model):
    """What waits to be published; the relay deletes it. Without a subscriber it stands for all of them."""

    event = models.ForeignKey(Event, models.DO_NOTHING, db_column="position", db_constraint=False, db_index=False)
    subscriber = models.TextField(_("subscriber"), null=True)  # noqa: DJ001 (null is for all of them)
    run = models.PositiveSmallIntegerField(_("run"), db_default=0)
    available_at = models.DateTimeField(_("available at"), db_default=Now())

    class Meta:
        db_table = "events_outbox"
        verbose_name = _("outbox entry")
        verbose_name_plural = _("outbox")
        indexes = [models.Index(fields=["available_at", "id"], name="events_outbox_due")]


class Outcome(models.TextChoices):
    """How a delivery was settled."""

    DONE = "done", _("done")
    DEAD = "dead", _("dead")
    DISCARDED = "discarded", _("discarded")


class Delivery(models.Model):
    """The settled outcome of one event for one subscriber in one run; written once, in the subscriber's transaction."""

    event = models.ForeignKey(Event, models.DO_NOTHING, db_column="position", db_constraint=False, db_index=False)
    subscriber = models.TextField(_("subscriber"))
    run = models.PositiveSmallIntegerField(_("run"))
    outcome = models.TextField(_("outcome"), choices=Outcome)
    attempts = models.PositiveSmallIntegerField(_("attempts"))
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"))
    worker = models.TextField(_("worker"), blank=True)
    fingerprint = models.TextField(_("error fingerprint"), blank=True)
    #: Dead of an error that is expected to go away by itself.
    transient = models.BooleanField(_("transient"), db_default=False)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [models.UniqueConstraint(fields=["event", "subscriber", "run"], name="events_delivery_once")]
        indexes = [
            models.Index(fields=["id"], condition=Q(outcome="dead"), name="events_delivery_dead"),
            models.Index(fields=["finished_at"], condition=Q(outcome="dead"), name="events_delivery_died"),
            models.Index(fields=["fingerprint"], condition=Q(outcome="dead"), name="events_delivery_alike"),
        ]
        permissions = [
            ("replay_delivery", "Can replay dead deliveries"),
            ("discard_delivery", "Can discard dead deliveries"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.subscriber} run {self.run}: {self.outcome}"


class DeadLetter(Delivery):
    """A delivery that ran out of attempts or was rejected, as a list of its own in the admin."""

    class Meta:
        proxy = True
        default_permissions = ("view",)
        verbose_name = _("dead letter")
        verbose_name_plural = _("dead letters")


class Attempt(models.Model):
    """One failed try; or, unspent, one message of which nothing more was heard."""

    event = models.ForeignKey(Event, models.DO_NOTHING, db_column="position", db_constraint=False, db_index=False)
    subscriber = models.TextField(_("subscriber"))
    run = models.PositiveSmallIntegerField(_("run"))
    number = models.PositiveSmallIntegerField(_("number"))
    error_class = models.TextField(_("error class"))
    message = models.TextField(_("message"))
    traceback = models.TextField(_("traceback"))
    worker = models.TextField(_("worker"), blank=True)
    failed_at = models.DateTimeField(_("failed at"))
    next_try_at = models.DateTimeField(_("next try at"), null=True)
    #: Whether it counts against the subscriber's retries.
    spent = models.BooleanField(_("spent"), db_default=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            models.UniqueConstraint(fields=["event", "subscriber", "run", "number"], name="events_attempt_number"),
        ]
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(next_try_at__isnull=False), name="events_attempt_next_try")
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.subscriber} run {self.run} attempt {self.number}"


class Subscription(models.Model):
    """How far a subscriber is in the log. Each pair (xid, position) stands for all wanted events at or below it."""

    subscriber = models.TextField(_("subscriber"), primary_key=True)
    #: Events at or below were there before the subscriber.
    since_xid = models.BigIntegerField(_("since transaction"))
    since_position = models.BigIntegerField(_("since"))
    #: Events at or below are settled; a message of theirs is a duplicate, however old.
    settled_xid = models.BigIntegerField(_("settled transaction"))
    settled_position = models.BigIntegerField(_("settled"))
    #: Events above the first pair, up to the second, were never published: they are caught up with. Else null.
    catch_up_xid = models.BigIntegerField(_("caught up transaction"), null=True)
    catch_up_position = models.BigIntegerField(_("caught up"), null=True)
    catch_up_to_xid = models.BigIntegerField(_("catch up to"), null=True)
    #: When the catching up last sent something.
    caught_up_at = models.DateTimeField(_("caught up at"), null=True)
    paused_at = models.DateTimeField(_("paused at"), null=True)
    paused_by = models.TextField(_("paused by"), blank=True)
    pause_reason = models.TextField(_("pause reason"), blank=True)
    #: When settled deliveries were first pruned: from then on their rows are no proof any more.
    pruned_at = models.DateTimeField(_("pruned at"), null=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        permissions = [("pause_subscription", "Can pause and resume subscribers")]

    def __str__(self) -> str:
        return self.subscriber


class Replay(models.Model):
    """Deliveries that are run again, or discarded, on purpose: who, why, which, how fast, how far."""

    class Action(models.TextChoices):
        """What is done with each delivery of the set."""

        REPLAY = "replay", _("replay")
        DISCARD = "discard", _("discard")

    class State(models.TextChoices):
        """Running until every item has its result; stopped by a new error, paused by a person."""

        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        STOPPED = "stopped", _("stopped")
        CANCELLED = "cancelled", _("cancelled")
        FINISHED = "finished", _("finished")

    action = models.TextField(_("action"), choices=Action)
    name = models.TextField(_("name"))
    reason = models.TextField(_("reason"))
    owner = models.TextField(_("owner"))
    #: Made by the platform itself, as second-level retry.
    automatic = models.BooleanField(_("automatic"), db_default=False)
    #: What the set was chosen by, for people to read.
    criteria = models.JSONField(_("criteria"))
    #: How many deliveries the set has.
    item_count = models.PositiveIntegerField(_("deliveries"), db_default=0)
    #: How many that were meant are not in it, by reason.
    left_out = models.JSONField(_("left out"), default=dict)
    rate_per_second = models.FloatField(_("rate per second"), null=True)
    #: Sizes of the first steps, such as [1, 10, 100]; what is left is the last one.
    steps = models.JSONField(_("steps"), default=list)
    #: Errors that the set had when it was frozen: any other one stops the replay.
    known_fingerprints = models.JSONField(_("known errors"), default=list)
    state = models.TextField(_("state"), choices=State)
    state_reason = models.TextField(_("reason of the state"), blank=True)
    created_at = models.DateTimeField(_("created at"))
    #: When items were last sent, for the rate.
    advanced_at = models.DateTimeField(_("advanced at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("replay")
        verbose_name_plural = _("replays")
        indexes = [
            models.Index(
                fields=["id"], condition=Q(state__in=["running", "paused", "stopped"]), name="events_replay_open"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ReplayItem(models.Model):
    """One delivery of a replay's frozen set. A message of run 1, 2 … is admitted only if its item was sent."""

    class State(models.TextChoices):
        """Waiting, sent, and then the outcome of the run."""

        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        DONE = "done", _("done")
        DEAD = "dead", _("dead")
        DISCARDED = "discarded", _("discarded")
        CANCELLED = "cancelled", _("cancelled")

    replay = models.ForeignKey(Replay, models.CASCADE, related_name="items", db_index=False)
    event = models.ForeignKey(Event, models.DO_NOTHING, db_column="position", db_constraint=False, db_index=False)
    subscriber = models.TextField(_("subscriber"))
    run = models.PositiveSmallIntegerField(_("run"))
    stream = models.TextField(_("stream"))
    stream_version = models.PositiveIntegerField(_("stream version"))
    state = models.TextField(_("state"), choices=State, db_default="waiting")
    fingerprint = models.TextField(_("error fingerprint"), blank=True, db_default="")
    sent_at = models.DateTimeField(_("sent at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("replay item")
        verbose_name_plural = _("replay items")
        constraints = [models.UniqueConstraint(fields=["event", "subscriber", "run"], name="events_replayitem_once")]
        indexes = [
            models.Index(fields=["replay", "state", "id"], name="events_replayitem_state"),
            models.Index(
                fields=["subscriber", "stream", "stream_version"],
                condition=Q(state__in=["waiting", "sent"]),
                name="events_replayitem_lane",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.subscriber} run {self.run}: {self.state}"


class ErrorGroup(models.Model):
    """Dead letters that are alike, for telling people once."""

    fingerprint = models.TextField(_("error fingerprint"), primary_key=True)
    first_seen_at = models.DateTimeField(_("first seen at"))
    last_seen_at = models.DateTimeField(_("last seen at"))
    #: When it was found to need people, and when those were told; null again when none of its letters is open any more.
    found_at = models.DateTimeField(_("found at"), null=True)
    alerted_at = models.DateTimeField(_("alerted at"), null=True)

    class Meta:
        verbose_name = _("error group")
        verbose_name_plural = _("error groups")

    def __str__(self) -> str:
        return self.fingerprint


class FinishedTask(models.Model):
    """A task that is no delivery and has ended: its message, should it turn up again, is a repetition."""

    task_id = models.TextField(_("task id"), primary_key=True)
    finished_at = models.DateTimeField(_("finished at"), db_default=Now())

    class Meta:
        verbose_name = _("finished task")
        verbose_name_plural = _("finished tasks")
        indexes = [models.Index(fields=["finished_at"], name="events_finishedtask_age")]

    def __str__(self) -> str:
        return self.task_id

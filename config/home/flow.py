"""The figures in words and signs, for people."""

from dataclasses import dataclass

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.figures import Count, Figures

#: From here on the relay is said to be behind.
LATE_SECONDS = 5


@dataclass(frozen=True)
class Flow:
    """What the home page says about the figures."""

    figures: Figures

    @property
    def state(self) -> str:
        """quiet, busy, late, or dead, the worst first."""
        if self.figures.lag_seconds >= LATE_SECONDS:
            return "late"
        if self.figures.dead_open.value:
            return "dead"
        if self.figures.waiting.value or self.figures.retrying.value or self.figures.per_minute.value:
            return "busy"
        return "quiet"

    @property
    def sentence(self) -> str:
        """The state, as one would say it."""
        match self.state:
            case "late":
                return _("The relay is {time} behind: is it running?").format(time=self.lag)
            case "dead":
                count = self.figures.dead_open.value
                words = ngettext(
                    "{count} dead letter waits for a decision.", "{count} dead letters wait for a decision.", count
                )
                return words.format(count=intcomma(count))
            case "busy":
                return _("The back room is at work, and nothing is stuck.")
        return _("All quiet: everything that happened has been dealt with.")

    @property
    def lag(self) -> str:
        """How far the relay is behind."""
        seconds = self.figures.lag_seconds
        if seconds < 1:
            return _("{count} ms").format(count=number_format(round(seconds * 1000)))
        if seconds < 120:
            return _("{count} s").format(count=number_format(round(seconds, 1), decimal_pos=1))
        return _("{count} min").format(count=intcomma(round(seconds / 60)))

    @property
    def numbers(self) -> dict[str, str]:
        """Every count as text, marked when it is not exact."""
        names = ("events", "done", "retrying", "dead_open", "waiting", "per_minute")
        return {name: shown(getattr(self.figures, name)) for name in names}


def shown(count: Count) -> str:
    """`12,345`, `≈ 1,200,000`, or `10,000+`."""
    number = intcomma(count.value)
    match count.exactness:
        case "about":
            return f"≈ {number}"
        case "at least":
            return f"{number}+"
    return str(number)

"""What `/timing` shows, as its address has it."""

import math
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode

from tunescope.analysis.timing_spending import BY, Rates
from tunescope.store.selection import TrialFilter

# What a person may pay with; a symbol only, nothing is converted.
CURRENCIES = ("€", "$", "£", "¥")
RATES = ("hour", "kilowatt_hour", "watts")


@dataclass(frozen=True)
class TimingView:
    """What the page shows.

    Attributes:
        chosen: the trials.
        rates: what to pay.
        currency: sign before amounts of money.
        by: what costs are added up by, a key of ``BY``.
    """

    chosen: TrialFilter = field(default_factory=TrialFilter)
    rates: Rates = field(default_factory=Rates)
    currency: str = CURRENCIES[0]
    by: str = next(iter(BY))

    @classmethod
    def from_query(cls, search: str) -> "TimingView":
        """Read a query string; what it holds beyond a view is passed over."""
        query = parse_qs(search.lstrip("?"))
        given = {name: query.get(name, [""])[0] for name in (*RATES, "currency", "by")}
        return cls(
            chosen=TrialFilter.from_query(search),
            rates=Rates(**{name: rate(given[name]) for name in RATES}),
            currency=given["currency"] if given["currency"] in CURRENCIES else CURRENCIES[0],
            by=given["by"] if given["by"] in BY else next(iter(BY)),
        )

    def to_query(self) -> str:
        """The query string with its question mark; empty when everything is as it is by itself."""
        how = {name: format(value, ".12g") for name in RATES if (value := getattr(self.rates, name))}
        how |= {"currency": self.currency} if self.currency != CURRENCIES[0] else {}
        how |= {"by": self.by} if self.by != next(iter(BY)) else {}
        parts = [self.chosen.to_query().lstrip("?"), urlencode(how)]
        return "?" + "&".join(filter(None, parts)) if any(parts) else ""


def rate(given: object) -> float:
    """A rate as it was typed: 0 for what is no finite number from 0 on."""
    try:
        value = float(str(given))
    except ValueError:
        return 0.0
    return value if math.isfinite(value) and value >= 0 else 0.0

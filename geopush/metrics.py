"""The counters and histograms, all declared here with a sentence each."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)


class Metrics:
    """What operators count; no ids in any label."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.pings = Counter(
            "geopush_pings",
            "Pings by what became of them.",
            ["fate"],
            registry=self._registry,
        )
        self.over_quota = Counter(
            "geopush_over_quota",
            "Requests of phones that were over the quota of their device.",
            ["what"],
            registry=self._registry,
        )
        self.flush_seconds = Histogram(
            "geopush_flush_seconds",
            "How long a flush of pings took, from the first read to the commit.",
            registry=self._registry,
        )
        self.lost_races = Counter(
            "geopush_lost_races",
            "Customers whose row changed under a flush, so that it was decided again.",
            registry=self._registry,
        )
        self.waiting = Gauge(
            "geopush_uploads_waiting",
            "Uploads that wait for a flush.",
            registry=self._registry,
        )
        self.decisions = Counter(
            "geopush_decisions",
            "Decisions by verdict and reason.",
            ["verdict", "reason"],
            registry=self._registry,
        )
        self.messages = Counter(
            "geopush_messages",
            "Messages by the state they came to.",
            ["state"],
            registry=self._registry,
        )
        self.answers = Counter(
            "geopush_gateway_answers",
            "What gateways said to messages, by kind of answer.",
            ["app", "platform", "answer"],
            registry=self._registry,
        )
        self.lane_in_flight = Gauge(
            "geopush_lane_in_flight",
            "Messages on their way to a gateway.",
            ["app", "platform"],
            registry=self._registry,
        )
        self.lane_limit = Gauge(
            "geopush_lane_limit",
            "How many messages may be on their way to a gateway at a time.",
            ["app", "platform"],
            registry=self._registry,
        )
        self.lane_in_trouble = Gauge(
            "geopush_lane_in_trouble",
            "1 while a gateway is left alone, does not know us or refuses addresses.",
            ["app", "platform"],
            registry=self._registry,
        )
        self.webhooks = Counter(
            "geopush_webhook_tries",
            "Tries to send an event to a webhook, by whether it was taken.",
            ["fate"],
            registry=self._registry,
        )
        self.revision = Gauge(
            "geopush_catalog_revision",
            "The revision of the catalog that this process decides with.",
            registry=self._registry,
        )

        self.kernel_ready = Gauge(
            "geopush_kernel_ready",
            "1 once pings are matched by compiled loops, 0 while by slower ones.",
            registry=self._registry,
        )

    def count_pings(self, **fates: int) -> None:
        """Count pings by what became of them."""
        for fate, count in fates.items():
            self.pings.labels(fate).inc(count)

    def render(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)

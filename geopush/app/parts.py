"""The pieces of the house that the routes use, put together."""

from collections.abc import Callable

from geopush.api.parts import Check, Parts
from geopush.app.database import Database, database_check
from geopush.app.door import open_door
from geopush.app.ground import Ground
from geopush.app.knobs import knobs_of, rules_of
from geopush.clock import mint_id
from geopush.core.catalog import Catalog
from geopush.flows.arrivals import Arrivals
from geopush.flows.contacts import Contacts
from geopush.flows.deciding import Deciding
from geopush.flows.deliver import Deliver
from geopush.flows.ingest import Ingest
from geopush.flows.letters import Letters
from geopush.flows.profile import Profiles
from geopush.flows.publish import Publish
from geopush.flows.receipts import Receipts
from geopush.flows.register import Register
from geopush.flows.suppress import Suppress
from geopush.metrics import Metrics


def parts_of(
    ground: Ground,
    database: Database,
    *,
    deliver: Deliver,
    deciding: Deciding,
    ingest: Ingest,
) -> Parts:
    """Return what the routes need to answer."""
    pool, clock, suppressions = ground.pool, ground.clock, ground.suppressions
    settings, refresh = ground.settings, ground.refresh
    rules = rules_of(settings, ground.identities)
    door, quotas = open_door(
        settings, ground.tokens, refresh, ingest, ground.metrics, clock
    )

    def catalog() -> Catalog:
        return refresh.catalog

    return Parts(
        clock=clock,
        pool=pool,
        refresh=refresh,
        world=ground.world,
        publish=Publish(pool, refresh, clock),
        register=Register(pool, suppressions, ground.tokens, rules, clock, mint_id),
        profiles=Profiles(pool, suppressions, clock),
        suppress=Suppress(pool, suppressions, clock),
        contacts=Contacts(pool, clock),
        arrivals=Arrivals(pool, suppressions, clock),
        letters=Letters(pool, ground.world, clock),
        receipts=Receipts(pool, catalog, deciding, clock),
        pings=door,
        quotas=quotas,
        tokens=ground.tokens,
        knobs=knobs_of(settings),
        checks=_checks(ground, database, ingest),
        metrics=_measured(deliver, ground.metrics),
        troubles=deliver.troubles,
    )


def _checks(ground: Ground, database: Database, ingest: Ingest) -> dict[str, Check]:
    return {
        "database": database_check(database),
        "catalog": ground.refresh.trouble,
        "ingest": ingest.trouble,
    }


def _measured(deliver: Deliver, metrics: Metrics) -> Callable[[], bytes]:
    def render() -> bytes:
        deliver.measure()
        return metrics.render()

    return render

"""All mapped tables of all packages: importing this module completes `Base.metadata`."""

from alerts import model as alerts
from alerts.authority import model as authority
from alerts.calls import model as calls
from alerts.exchange import model as exchange
from alerts.fast_track import model as fast_track
from alerts.feeds import model as feeds
from alerts.gateways import model as gateways
from alerts.inbox import model as inbox
from alerts.ledger_faults import model as ledger_faults
from alerts.numbers import model as numbers
from alerts.resends import model as resends
from alerts.safety import model as safety
from alerts.silence import model as silence
from alerts.templates import model as templates
from alerts.webhooks import model as webhooks
from alerts.webpush import model as webpush
from command.directory import model as directory
from command.duty import model as duty
from command.evacuation import model as evacuation
from command.incidents import model as incidents
from command.kernel import timeline
from command.kernel.db import Base
from command.resources import model as resources
from command.tasks import model as tasks
from media.meetings import model as meetings
from media.nodes import model as nodes

METADATA = Base.metadata
_ALERTS = (
    alerts,
    webhooks,
    webpush,
    authority,
    fast_track,
    resends,
    exchange,
    feeds,
    gateways,
    inbox,
    ledger_faults,
    calls,
    safety,
    silence,
    numbers,
    templates,
)
MODULES = (timeline, directory, incidents, tasks, resources, meetings, nodes, *_ALERTS, evacuation, duty)

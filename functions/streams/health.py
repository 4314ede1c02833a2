"""GET /api/streams/{streamId}/heartbeat: whether the host is there."""

from limelight.http import Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.streams import service
from limelight.streams.models import HostHealth

router = Endpoint(
    Pattern.SQL,
    Who.PUBLIC,
    tag="Streams",
    why="the database's clock against the host's last sign, whoever asks",
)


@router.get("/api/streams/{streamId}/heartbeat")
def health(stream_id: StreamIdPath) -> HostHealth:
    return service.health(stream_id)


handler = lambda_handler(router)

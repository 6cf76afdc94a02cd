"""JSON lines on standard error: one event name a line, and never a place with an id."""

import logging
import sys
from datetime import UTC, datetime

import msgspec

Field = str | int | float | bool | None
_encoder = msgspec.json.Encoder()


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Render the event, its fields and, if there is one, the error."""
        at = datetime.fromtimestamp(record.created, UTC)
        fields = record.__dict__.get("fields", {})
        line = {
            "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **fields,
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return _encoder.encode(line).decode()


def start(level: str) -> None:
    """Send all logging to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for chatty in ("uvicorn", "aiohttp", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def info(event: str, **fields: Field) -> None:
    """Say that something happened."""
    logging.getLogger("geopush").info(event, extra={"fields": fields})


def warning(event: str, error: BaseException | None = None, **fields: Field) -> None:
    """Say that something is not as it should be, and that we go on."""
    extra = {"fields": fields | ({} if error is None else {"why": repr(error)})}
    logging.getLogger("geopush").warning(event, extra=extra)


def failed(event: str, error: BaseException, **fields: Field) -> None:
    """Say that something unexpected happened, with where it happened."""
    extra = {"fields": fields}
    logging.getLogger("geopush").error(event, exc_info=error, extra=extra)

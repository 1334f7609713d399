"""The reference: the same intake as it is usually built. Litestar decodes a request into msgspec structs, checks every event, and
publishes the accepted ones as one message; 202 after JetStream's acknowledgement. One process, one message per request.

    python app.py PORT NATS_URL STREAM
"""

import re
import sys
import zlib
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any, Literal

import msgspec
import nats
import uvicorn
from litestar import Litestar, Request, Response, post

PORT, NATS_URL, STREAM = int(sys.argv[1]), sys.argv[2], sys.argv[3]
KEYS = {"pk_dev": "dev"}
MAX_BODY = 4 * 1_048_576
MAX_EVENTS = 2_500
UUID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class Event(msgspec.Struct):
    event_id: Annotated[str, msgspec.Meta(pattern=UUID.pattern)]
    type: Literal["track", "identify", "page", "screen", "group", "alias"]
    event: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    name: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    timestamp: datetime | None = None
    user_id: Id | None = None
    anonymous_id: Id | None = None
    previous_id: Id | None = None
    group_id: Id | None = None
    session_id: Annotated[str, msgspec.Meta(max_length=128)] | None = None
    seq: Annotated[int, msgspec.Meta(ge=0)] | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: dict[str, Any] | None = None


class Batch(msgspec.Struct):
    events: list[msgspec.Raw]
    sent_at: datetime | None = None


event_decoder = msgspec.json.Decoder(Event)
batch_decoder = msgspec.json.Decoder(Batch)
list_decoder = msgspec.json.Decoder(list[msgspec.Raw])
encoder = msgspec.json.Encoder()


class Rejected(msgspec.Struct):
    index: int
    code: str


class Stored(msgspec.Struct):
    project_id: str
    received_at: datetime
    events: list[msgspec.Raw]


def problem(status: int, code: str) -> Response:
    return Response({"code": code, "status": status}, status_code=status)


def wrong(event: Event, earliest: datetime, latest: datetime) -> str | None:
    if event.user_id is None and event.anonymous_id is None:
        return "identity_missing"
    if event.type == "track" and event.event is None:
        return "event_missing"
    if event.timestamp is not None:
        if event.timestamp.tzinfo is None:
            return "timestamp_invalid"
        if not earliest <= event.timestamp <= latest:
            return "timestamp_out_of_window"
    return None


@post("/events", status_code=202)
async def events(request: Request) -> Response:
    project = KEYS.get(request.headers.get("authorization", "")[7:])
    if project is None:
        return problem(401, "key_unknown")
    body = await request.body()
    if request.headers.get("content-encoding") == "gzip":
        inflate = zlib.decompressobj(31)
        body = inflate.decompress(body, MAX_BODY)
        if inflate.unconsumed_tail:
            return problem(413, "body_too_large")
    try:
        if body[:1] == b"[":
            raw = list_decoder.decode(body)
        elif b'"events"' in body:
            raw = batch_decoder.decode(body).events
        else:
            raw = [msgspec.Raw(body)]
    except (msgspec.DecodeError, msgspec.ValidationError):
        return problem(400, "body_invalid")
    if len(raw) > MAX_EVENTS:
        return problem(413, "too_many_events")
    now = datetime.now(timezone.utc)
    earliest, latest = now - timedelta(days=30), now + timedelta(hours=1)
    accepted: list[msgspec.Raw] = []
    rejected: list[Rejected] = []
    for index, text in enumerate(raw):
        try:
            code = wrong(event_decoder.decode(text), earliest, latest)
        except (msgspec.DecodeError, msgspec.ValidationError):
            code = "event_invalid"
        if code is None:
            accepted.append(text)
        else:
            rejected.append(Rejected(index, code))
    if accepted:
        await request.app.state.jetstream.publish(
            f"{STREAM}.events", encoder.encode(Stored(project, now, accepted)), timeout=10
        )
    return Response(
        encoder.encode({"accepted": len(accepted), "rejected": rejected}), media_type="application/json", status_code=202
    )


async def connect(app: Litestar) -> None:
    app.state.nats = await nats.connect(NATS_URL)
    app.state.jetstream = app.state.nats.jetstream(publish_async_max_pending=4_096)


async def close(app: Litestar) -> None:
    await app.state.nats.close()


app = Litestar([events], on_startup=[connect], on_shutdown=[close], request_max_body_size=MAX_BODY, openapi_config=None)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=PORT, loop="uvloop", http="httptools", access_log=False, log_level="warning")

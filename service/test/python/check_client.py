"""Drives the Python client against a running service; prints what it saw as one line of JSON.

python check_client.py FOLDER_OF_CLIENT SOCKET PORT TOKEN FOLDER
"""

import hashlib
import io
import json
import os
import sys
import threading
import uuid

sys.path.insert(0, sys.argv[1])
from perifocal_client import CaptureClient, CaptureError  # noqa: E402

socket_path, port, token, folder = sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5]
local = CaptureClient(socket_path=socket_path)
shaky = CaptureClient(port=port, token=token)
seen = {"version": list(sys.version_info[:2])}


def code_of(call):
    try:
        call()
    except CaptureError as error:
        return [error.code, error.status]
    return None


# The other side stores each capture of the camera `front` as soon as it is asked for.
id = str(uuid.uuid4())
first = shaky.request({"camera": "front", "priority": 5, "output": {"format": "jpeg"}}, id)
seen["same"] = shaky.request({"camera": "front", "priority": 5, "output": {"format": "jpeg"}}, id)["id"] == first["id"]
capture = shaky.wait_for(id, timeout=30)
seen["state"] = capture["state"]
path = os.path.join(folder, "python.png")
file = shaky.download(id, "product", path)
with open(path, "rb") as stored:
    seen["digest"] = hashlib.sha256(stored.read()).hexdigest() == file["sha256"]
seen["parts"] = [name for name in os.listdir(folder) if name.endswith(".part")]
seen["linked"] = os.path.exists(shaky.link(id, "product", os.path.join(folder, "links")))
seen["acked"] = shaky.ack(id)["acked"]
seen["held"] = shaky.hold(id, 60)["retention"]
seen["ended"] = shaky.end(id)["retention"]

ids = [shaky.request({"camera": "rear"})["id"] for _ in range(105)]
seen["listed"] = [capture["id"] for capture in shaky.list(state="requested", camera="rear")] == ids
seen["newest"] = next(shaky.list(newest=True))["id"] == ids[-1]

# Events over connections that break, while more are made.
cursor = shaky.last_seq()
maker = threading.Thread(target=lambda: [shaky.end(id) for id in ids])
maker.start()
cancelled = []
for event in CaptureClient(port=port, token=token).events(after=cursor):
    if event["type"] == "cancelled":
        cancelled.append(event["captureId"])
        if len(cancelled) == len(ids):
            break
maker.join()
seen["events"] = cancelled == ids

frame = os.urandom(300_000)
wanted = str(uuid.uuid4())
seen["pushed"] = local.push_frame("front", frame, "image/jpeg", wanted) == wanted
seen["pushed_file"] = local.push_frame("front", io.BytesIO(frame), "image/jpeg", wanted) == wanted
seen["cameras"] = [camera["id"] for camera in local.cameras()]
seen["errors"] = [
    code_of(lambda: local.get(str(uuid.uuid4()))),
    code_of(lambda: local.get("../cameras")),
    code_of(lambda: local.request({"camera": "side"})),
    code_of(lambda: shaky.request({"camera": "front"}, id)),
    code_of(lambda: CaptureClient(port=port, token="nobody").cameras()),
    code_of(lambda: CaptureClient(socket_path="/none", retry_seconds=0.2).cameras()),
]
print(json.dumps(seen))

# SPDX-License-Identifier: Apache-2.0
"""What multivisor's web server does with its listener: asks, and takes in events, line by line."""

import sys

from multivisor.zerorpc import Client

address = sys.argv[1]
client = Client()
client.connect(address)
print("pid", client.getPID(), flush=True)
print("processes", sorted(info["name"] for info in client.getAllProcessInfo()), flush=True)
for event in client.event_stream():
    if isinstance(event, dict):
        payload = event["payload"]
        process = payload.get("process", {})
        print(event["eventname"], process.get("name"), process.get("statename"), flush=True)
    else:
        print("streaming", flush=True)

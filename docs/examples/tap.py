#!/usr/bin/python3
"""Prints what the tap at an endpoint publishes, e.g. tcp://127.0.0.1:11690. Debian: python3-zmq."""
import sys
import zmq

tap = zmq.Context().socket(zmq.SUB)
tap.connect(sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:11690")
tap.subscribe("apply/")
tap.subscribe("link/")
while True:
    topic, meta, *content = (frame.decode(errors="backslashreplace") for frame in tap.recv_multipart())
    print(topic, meta, *content, sep=" | ", flush=True)

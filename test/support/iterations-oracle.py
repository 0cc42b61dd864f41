"""Predictions of the trainer's networks: reads a JSON request from standard input, prints the result as JSON."""

import json
import sys

from train.stars.networks import predict

request = json.load(sys.stdin)
print(json.dumps([predict(request["model"], query) for query in request["queries"]]))

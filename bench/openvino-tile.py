"""Times one tile of an ONNX network in OpenVINO; prints the seconds as JSON.

openvino-tile.py NETWORK.onnx SIDE THREADS COUNT
"""

import json
import sys
import time

import numpy
import openvino

path, side, threads, count = sys.argv[1], *map(int, sys.argv[2:])
core = openvino.Core()
compiled = core.compile_model(path, "CPU", {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"})
request = compiled.create_infer_request()
tile = numpy.random.default_rng(1).integers(0, 256, (1, 3, side, side), numpy.uint8)
request.infer([tile])
seconds = []
for _ in range(count):
    begin = time.perf_counter()
    request.infer([tile])
    seconds.append(time.perf_counter() - begin)
print(json.dumps({"version": openvino.__version__, "seconds": seconds}))

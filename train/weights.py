"""Model files on disk: integer models and half-precision float weights, both safetensors.

Integer files follow docs/model-format.md: tensor data on a 64-byte boundary, sha256 in the metadata.
"""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save

from .model import MIMOUNet

DATA_ALIGNMENT = 64
DTYPE_NAMES = {"int8": "I8", "int16": "I16", "int32": "I32", "float32": "F32"}


def write_tensors(path, tensors, metadata):
    """Write name -> numpy array and a string map; wide types first, so that every tensor is aligned."""
    names = sorted(tensors, key=lambda name: (-tensors[name].itemsize, name))
    blocks = [np.ascontiguousarray(tensors[name]).tobytes() for name in names]
    digest = hashlib.sha256(b"".join(blocks)).hexdigest()
    header, offset = {"__metadata__": {**metadata, "sha256": digest}}, 0
    for name, block in zip(names, blocks):
        header[name] = {
            "dtype": DTYPE_NAMES[tensors[name].dtype.name],
            "shape": list(tensors[name].shape),
            "data_offsets": [offset, offset + len(block)],
        }
        offset += len(block)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % DATA_ALIGNMENT)
    replace_file(path, len(text).to_bytes(8, "little") + text + b"".join(blocks))


def replace_file(path, content):
    """Write beside `path`, then rename."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def read_tensors(path):
    """(name -> numpy array, metadata) of a safetensors file."""
    with safe_open(str(path), framework="np") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()


def save_half(path, model, metadata):
    """Float weights in half precision, official keys, so that a fresh clone can continue from them."""
    state = {name: tensor.detach().half().contiguous() for name, tensor in model.state_dict().items()}
    largest = max(tensor.abs().max().item() for tensor in state.values())
    if not np.isfinite(largest):
        raise ValueError(f"a weight does not fit half precision while writing {path}: keep the checkpoint instead")
    shape = {"num_res": str(model.num_res), "base": str(model.base)}
    replace_file(path, save(state, metadata={**shape, **metadata}))


def load_float(path):
    """(model, metadata) from a file of `save_half`; the model is float32."""
    with safe_open(str(path), framework="pt") as file:
        metadata = file.metadata() or {}
    if not {"num_res", "base"} <= metadata.keys():
        raise ValueError(f"{path} does not state num_res and base: expected float weights written by train.export")
    model = MIMOUNet(int(metadata["num_res"]), int(metadata["base"]))
    model.load_state_dict({name: tensor.float() for name, tensor in load_file(str(path)).items()})
    return model.eval(), metadata

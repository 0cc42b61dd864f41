"""Model files on disk, all safetensors: integer models, float weights.

Integer files follow docs/model-format.md: tensor data on a 64-byte boundary, sha256 in the metadata.
"""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save

from .mimo_unet import MIMOUNet

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
    replace_file(path, lambda file: file.write(len(text).to_bytes(8, "little") + text + b"".join(blocks)))


def replace_file(path, write):
    """Call write(file) beside `path`, then rename: a full disk or a kill leaves the file that was there."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    try:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OSError(f"cannot write {path} ({error}): what was there before is kept; free some space") from error


def read_tensors(path):
    """(name -> numpy array, metadata) of a safetensors file."""
    with safe_open(str(path), framework="np") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}


def save_float(path, model, metadata, half=True):
    """Float weights under the official keys; in half precision, so that a fresh clone can continue from them."""
    kept = lambda tensor: (tensor.half() if half else tensor.float()).contiguous()
    state = {name: kept(tensor.detach().cpu()) for name, tensor in model.state_dict().items()}
    largest = max(tensor.abs().max().item() for tensor in state.values())
    if not np.isfinite(largest):
        raise ValueError(f"a weight does not fit half precision while writing {path}: keep the checkpoint instead")
    shape = {"num_res": str(model.num_res), "base": str(model.base)}
    replace_file(path, lambda file: file.write(save(state, metadata={**shape, **metadata})))


def load_float(path):
    """(model, metadata) from a file of `save_float`; the model is float32."""
    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = file.metadata() or {}
    except SafetensorError as error:
        raise ValueError(f"{path} is no safetensors file ({error})") from error
    if not {"num_res", "base"} <= metadata.keys():
        raise ValueError(f"{path} does not state num_res and base: expected float weights written by train.export")
    model = MIMOUNet(int(metadata["num_res"]), int(metadata["base"]))
    model.load_state_dict({name: tensor.float() for name, tensor in load_file(str(path)).items()})
    return model.eval(), metadata


def mixed(first, second, share):
    """State dict of (1 - share) * first + share * second, e.g. between a PSNR and a GAN checkpoint."""
    if not 0 <= share <= 1:
        raise ValueError(f"the share of the second weights is {share}: expected 0 to 1")
    return {name: tensor.lerp(second[name], share) for name, tensor in first.items()}

"""Where bfloat16 helps: GPUs with tensor cores and processors with bfloat16 instructions."""

from pathlib import Path

import torch

BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}


def use_bfloat16(choice, device):
    """choice: "auto", "float32" or "bfloat16"."""
    if choice != "auto":
        return choice == "bfloat16"
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return bool(BFLOAT16_FLAGS & _processor_flags())


def _processor_flags():
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return next((set(line.split()) for line in lines if line.startswith(("flags", "Features"))), set())

"""Prints the camera-shake kernels of Levin et al. 2009 (a MATLAB 7.3 file) as JSON: [[row, ...], ...] each."""

import json
import sys

import h5py

with h5py.File(sys.argv[1]) as file:
    # MATLAB stores columns first.
    print(json.dumps([file[reference][()].T.tolist() for reference in file["kernels"][:, 0]]))

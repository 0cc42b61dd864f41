"""Writes trained parameters of image-quality metrics in the form that the package reads (docs/metrics.md).

    python -m train.metric_models niqe PARAMETERS.mat -o models/metrics/niqe.json
    python -m train.metric_models brisque MODEL RANGES -o models/metrics/brisque.json

niqe: a MATLAB file of mu_prisparam (1 x 36) and cov_prisparam (36 x 36), as in the authors' release
(modelparameters.mat; needs scipy), or an .npz file of mu_pris_param and cov_pris_param.
brisque: the model file of LIBSVM in the authors' release (`allmodel`), and its file of ranges of the features
(`allrange`: lines of number, minimum and maximum).
"""

import argparse
import json
import os

import numpy as np

FEATURES = 36


def read_niqe(path):
    if path.endswith('.npz'):
        file = np.load(path)
        return file['mu_pris_param'].ravel(), file['cov_pris_param']
    import scipy.io

    file = scipy.io.loadmat(path)
    return file['mu_prisparam'].ravel(), file['cov_prisparam']


def niqe_model(path, name):
    mean, covariance = read_niqe(path)
    if mean.shape != (FEATURES,) or covariance.shape != (FEATURES, FEATURES):
        raise SystemExit(
            f'{path}: {mean.shape} and {covariance.shape} instead of {FEATURES} and {FEATURES} x {FEATURES} numbers'
        )
    return {'kind': 'niqe', 'name': name, 'mean': mean.tolist(), 'covariance': covariance.tolist()}


def read_ranges(path):
    """Lines of three numbers; `allrange` begins with an x and the range scaled to."""
    rows = [line.split() for line in open(path)]
    rows = {int(row[0]): [float(row[1]), float(row[2])] for row in rows if len(row) == 3}
    return [rows[index + 1] for index in range(FEATURES)]


def brisque_model(path, ranges, name):
    head, _, body = open(path).read().partition('SV\n')
    settings = dict(line.split(maxsplit=1) for line in head.splitlines() if line.strip())
    if settings['svm_type'] != 'epsilon_svr' or settings['kernel_type'] != 'rbf':
        raise SystemExit(
            f'{path}: {settings["svm_type"]} with a {settings["kernel_type"]} kernel instead of epsilon_svr with rbf'
        )
    coefficients, vectors = [], []
    for line in body.splitlines():
        coefficient, *entries = line.split()
        vector = [0.0] * FEATURES
        for entry in entries:
            index, value = entry.split(':')
            vector[int(index) - 1] = float(value)
        coefficients.append(float(coefficient))
        vectors.append(vector)
    return {
        'kind': 'brisque',
        'name': name,
        'gamma': float(settings['gamma']),
        'rho': float(settings['rho']),
        'ranges': read_ranges(ranges),
        'coefficients': coefficients,
        'vectors': vectors,
    }


def write(model, path):
    """One row of numbers a line; under a temporary name first."""

    def line(value):
        if isinstance(value, list) and isinstance(value[0], list):
            return '[\n' + ',\n'.join(json.dumps(row, separators=(',', ':')) for row in value) + ']'
        return json.dumps(value, separators=(',', ':'))

    text = '{\n' + ',\n'.join(f'"{key}":{line(value)}' for key, value in model.items()) + '}\n'
    with open(path + '.part', 'w') as file:
        file.write(text.replace('.0,', ',').replace('.0]', ']'))
    os.replace(path + '.part', path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = parser.add_subparsers(dest='kind', required=True)
    niqe = kinds.add_parser('niqe')
    niqe.add_argument('parameters')
    brisque = kinds.add_parser('brisque')
    brisque.add_argument('model')
    brisque.add_argument('ranges')
    for kind in (niqe, brisque):
        kind.add_argument('-o', '--output', required=True)
        kind.add_argument('--name', default=kind.prog.split()[-1])
    options = parser.parse_args()
    if options.kind == 'niqe':
        write(niqe_model(options.parameters, options.name), options.output)
    else:
        write(brisque_model(options.model, options.ranges, options.name), options.output)


if __name__ == '__main__':
    main()

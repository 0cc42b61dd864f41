"""Parameters of metrics in the form that the package reads."""

import json
import subprocess
import sys

import numpy as np

ALLMODEL = (
    'svm_type epsilon_svr\nkernel_type rbf\ngamma 0.05\nnr_class 2\ntotal_sv 2\nrho -1.5\n'
    'SV\n-1024 1:-0.5 36:0.25 \n3.5 2:1 \n'
)


def convert(*arguments):
    subprocess.run([sys.executable, '-m', 'train.metric_models', *map(str, arguments)], check=True)


def test_niqe_parameters_keep_every_bit(tmp_path):
    random = np.random.default_rng(1)
    mean, covariance = random.random((1, 36)), np.cov(random.random((36, 99)))
    np.savez(tmp_path / 'parameters.npz', mu_pris_param=mean, cov_pris_param=covariance)
    convert('niqe', tmp_path / 'parameters.npz', '-o', tmp_path / 'niqe.json')
    model = json.loads((tmp_path / 'niqe.json').read_text())
    assert (model['kind'], model['name']) == ('niqe', 'niqe')
    assert np.array_equal(model['mean'], mean[0]) and np.array_equal(model['covariance'], covariance)


def test_brisque_regression_is_made_dense(tmp_path):
    (tmp_path / 'allmodel').write_text(ALLMODEL)
    (tmp_path / 'allrange').write_text('x\n-1 1\n' + ''.join(f'{i} {-i} {i}\n' for i in range(1, 37)))
    convert('brisque', tmp_path / 'allmodel', tmp_path / 'allrange', '-o', tmp_path / 'brisque.json')
    model = json.loads((tmp_path / 'brisque.json').read_text())
    assert (model['gamma'], model['rho'], model['coefficients']) == (0.05, -1.5, [-1024, 3.5])
    assert model['ranges'][35] == [-36, 36]
    assert model['vectors'] == [[-0.5, *[0] * 34, 0.25], [0, 1, *[0] * 34]]

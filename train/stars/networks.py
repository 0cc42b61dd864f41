"""Three bagged 1-10-1 networks with just-in-time similarity (star-sensor A.5), in numpy alone: also the oracle of
lib/stars/iterations.ts."""

import numpy as np

HIDDEN = 10
NETWORKS = 3
STEPS = 150
DIGITS = 5  # significant ones of what is written, so that what is measured is what is shipped
RIDGE = 0.1  # keeps the local output layer near the trained one


def sigmoid(t):
    return 1 / (1 + np.exp(-np.clip(t, -500, 500)))


def activations(hidden, x):
    """Hidden units and a constant 1, (n, 11). hidden: (10, inputs + 1), x: (n, inputs)."""
    return np.column_stack([sigmoid(x @ hidden[:, :-1].T + hidden[:, -1]), np.ones(len(x))])


def train_network(x, y, random):
    """One network by Levenberg and Marquardt's method: (hidden (10, inputs + 1), output (11))."""
    inputs = x.shape[1]
    hidden = random.normal(0, 3, (HIDDEN, inputs + 1))
    hidden[:, -1] -= hidden[:, :-1] @ np.full(inputs, 0.5)  # so that units bend within the range of the inputs
    output = random.normal(0, 0.3, HIDDEN + 1)
    damping = 1e-2
    for _ in range(STEPS):
        units = activations(hidden, x)
        residual = y - units @ output
        cost = residual @ residual
        slope = output[:-1] * units[:, :-1] * (1 - units[:, :-1])
        extended = np.column_stack([x, np.ones(len(x))])
        jacobian = np.column_stack([(slope[:, :, None] * extended[:, None]).reshape(len(x), -1), units])
        normal, right = jacobian.T @ jacobian, jacobian.T @ residual
        while damping < 1e8:
            damped = normal + damping * (np.diag(np.diag(normal)) + 1e-9 * np.eye(len(normal)))
            change = np.linalg.solve(damped, right)
            moved = hidden + change[: hidden.size].reshape(hidden.shape), output + change[hidden.size :]
            found = y - activations(moved[0], x) @ moved[1]
            if found @ found < cost:
                (hidden, output), damping = moved, damping / 5
                break
            damping *= 5
    return hidden, output


def round_all(values):
    return [round_all(value) for value in values] if np.ndim(values) else float(f"{values:.{DIGITS}g}")


def train_ensemble(x, y, pairs, neighbours, random):
    """Bagging: every network learns a bootstrap set; weights are 1 / e, e the mean error on it.

    x: (n, inputs) and y: (n,), of any range; pairs: indices of those that the similarity chooses from; neighbours: how
    many it keeps, 0: the networks as they are."""
    low, high = x.min(axis=0), x.max(axis=0)
    model = {"low": round_all(low), "high": round_all(high), "neighbours": neighbours, "networks": [], "weights": []}
    scaled = scale(model, x)
    errors = []
    for _ in range(NETWORKS):
        chosen = random.integers(0, len(x), len(x))
        hidden, output = train_network(scaled[chosen], y[chosen], random)
        model["networks"].append({"hidden": round_all(hidden), "output": round_all(output)})
        errors.append(np.abs(activations(hidden, scaled[chosen]) @ output - y[chosen]).mean())
    model["weights"] = round_all(1 / np.array(errors) / np.sum(1 / np.array(errors)))
    model["pairs"] = [[float(f"{v:.4f}") for v in (*scaled[i], y[i])] for i in pairs]
    return model


def scale(model, x):
    low, high = np.array(model["low"]), np.array(model["high"])
    return np.clip((x - low) / (high - low), 0, 1)


def predict(model, x):
    """y of one query x: (inputs,), as it is before scaling."""
    query = scale(model, np.asarray(x, float))
    near, target, similarity = most_similar(model, query)
    total = 0.0
    for network, weight in zip(model["networks"], model["weights"]):
        hidden, output = np.array(network["hidden"]), np.array(network["output"])
        if len(near):
            units = activations(hidden, near)
            normal = (units * similarity[:, None]).T @ units + RIDGE * np.eye(len(output))
            output = output + np.linalg.solve(normal, (units * similarity[:, None]).T @ (target - units @ output))
        total += weight * (activations(hidden, query[None]) @ output)[0]
    return total


def most_similar(model, query):
    """Equations 27 to 29 for lambda = 1: the pairs nearest to the query, and exp(-d^2 / 2)."""
    pairs = np.array(model["pairs"]).reshape(-1, len(query) + 1)
    distance = np.linalg.norm(pairs[:, :-1] - query, axis=1)
    order = np.argsort(distance, kind="stable")[: model["neighbours"]]
    return pairs[order, :-1], pairs[order, -1], np.sqrt(np.exp(-(distance[order] ** 2)))

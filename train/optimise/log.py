"""What a run tells: a progress bar with the time left, log.csv, TensorBoard where installed."""

import csv
from pathlib import Path

from tqdm import tqdm

COLUMNS = ["iteration", "loss", "norm", "lr", "minutes", "discriminator", "psnr"]


class Log:
    """`path`/log.csv grows by one line per `write`; resumed runs append."""

    def __init__(self, path, iteration, iterations):
        self.path = Path(path, "log.csv")
        if not self.path.exists():
            self._append(COLUMNS)
        self.bar = tqdm(initial=iteration, total=iterations, unit="it", smoothing=0.05, dynamic_ncols=True)
        self.board = _tensorboard(path)

    def step(self, loss):
        self.bar.set_postfix(loss=f"{loss:.4f}", refresh=False)
        self.bar.update()

    def write(self, iteration, **values):
        """Values among COLUMNS; the others stay empty."""
        row = {"iteration": iteration, **{name: value for name, value in values.items() if value is not None}}
        self._append([f"{row[name]:.6g}" if name in row else "" for name in COLUMNS])
        if self.board:
            for name, value in row.items():
                self.board.add_scalar(name, value, iteration)

    def _append(self, row):
        with open(self.path, "a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow(row)

    def close(self):
        self.bar.close()
        if self.board:
            self.board.close()


def _tensorboard(path):
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(path))

"""The opponent of the generator in the GAN phase."""

import torch

from ..network.discriminator import MultiScaleDiscriminator, pyramid
from .losses import discriminator_loss, generator_loss

DISCRIMINATOR_LR = 4e-4  # two time scales (arXiv 1706.08500)
BETAS = (0.0, 0.9)


class Adversary:
    """Discriminators and their optimiser, in single precision throughout."""

    def __init__(self, device, width, seed):
        with torch.random.fork_rng():  # the same start, whatever was drawn before
            torch.manual_seed(seed)
            self.network = MultiScaleDiscriminator(width).to(device)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=DISCRIMINATOR_LR, betas=BETAS)

    def learn(self, outputs, sharp, degraded):
        """One step of the discriminators; returns their loss."""
        self.network.requires_grad_(True)
        restored = [out.detach().float() for out in outputs]
        loss = discriminator_loss(self.network(pyramid(sharp), degraded), self.network(restored, degraded))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        return loss.item()

    def judge(self, outputs, degraded):
        """The adversarial loss of the generator."""
        self.network.requires_grad_(False)
        return generator_loss(self.network([out.float() for out in outputs], degraded))

    def state(self):
        return {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict()}

    def restore(self, state):
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])

"""The inputs, labels and Jacobian column at which a claim looks at its networks."""

from __future__ import annotations

import math

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.datasets.inputs import batch, input_of_any_size, inputs, scaled
from mfcheck.ensembles.samples import Probe
from mfcheck.findings.cell import Cell
from mfcheck.settings import Settings
from mfcheck.spec import ModuleSpec, NetworkSpec


def image(settings: Settings, cell: Cell) -> Probe:
    """One input of the cell's data set, looked at along its brightest pixel; any input where the engine sees none."""
    input_dim = cell.spec.input_dim
    if cell.engine == "wishart":
        return Probe(np.ones((1, input_dim)), 0)
    dataset = str(cell.details.get("dataset", settings.dataset))
    x = _one(settings, dataset, cell.spec)
    return Probe(x, int(np.abs(x[0]).argmax()))


def _one(settings: Settings, dataset: str, spec: NetworkSpec) -> Floats:
    """One input `[1, d]` of a data set, interpolated for a network of one's own that takes a size of its own."""
    if isinstance(spec, ModuleSpec):
        return input_of_any_size(dataset, spec.input_dim, settings.seed, settings.data_dir)
    return inputs(dataset, spec.input_dim, 1, settings.seed, settings.data_dir)


def image_scaled_and_noise(settings: Settings, cell: Cell) -> Probe:
    """Three inputs: one of the data set, the same one at a tenth of its length, and noise."""
    input_dim = cell.spec.input_dim
    real = _one(settings, settings.dataset, cell.spec)
    noise = inputs("noise", input_dim, 1, settings.seed + 1)
    tenth = scaled(real, math.sqrt(input_dim) / 10)
    return Probe(np.concatenate([real, tenth, noise]), int(np.abs(real[0]).argmax()))


def images(settings: Settings, cell: Cell) -> Probe:
    """As many inputs with their labels as the cell's `images` says, of which it trains on `trained`, if it says so.

    Labels are taken modulo the outputs there are. Inputs are scaled to ‖x‖ = √d, and left as pixels in [0, 1] where
    `pixels` says "raw".
    """
    dataset = str(cell.details.get("dataset", settings.dataset))
    count, taught = int(cell.details.get("images", 1)), cell.details.get("trained")
    raw = cell.details.get("pixels") == "raw"
    found = batch(dataset, cell.spec.input_dim, count, settings.seed, settings.data_dir, raw=raw)
    labels = None if found.labels is None else found.labels % cell.spec.output_dim
    return Probe(found.x, 0, labels, None if taught is None else int(taught))

# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy==2.3.5"]
# ///
"""Writes generators.json: what Python's and numpy's own generators draw.

    uv run crates/workload/tests/golden/make_generators.py

Numbers with a fraction are written as the integer of their 64 bits, since a
decimal number may be read with an error in its last digit.
"""

import json
import pathlib
import random
import struct

import numpy as np

SEEDS = [0, 1, 42, 4294967295]
LARGE_SEEDS = SEEDS + [4294967296, 12345678901234, 18446744073709551615]
# Low and high, both included: a power of two and its neighbours, one number
# alone, the widest range, and those of prompts and vocabularies.
RANGES = [(0, 6), (0, 7), (0, 8), (5, 5), (1, 4096), (512, 1536), (0, 128255), (7, 4294967295), (0, 4294967295)]
COUNT = 20
SHAPES = [0.05, 0.3, 0.5, 1.0, 1.7, 2.0, 5.0, 50.0]


def bits(numbers):
    return [struct.unpack("<Q", struct.pack("<d", number))[0] for number in numbers]


def ints(numbers):
    return [int(number) for number in numbers]


def legacy_numpy(seed):
    np.random.seed(seed)
    return {
        "seed": seed,
        "ranges": [[low, high, ints(np.random.randint(low, high + 1, size=COUNT))] for low, high in RANGES],
        "units": bits(np.random.random_sample(COUNT)),
        "exponentials": bits(np.random.exponential(0.25) for _ in range(200)),
        "gammas": [[bits([shape])[0], bits(np.random.gamma(shape, 0.1) for _ in range(50))] for shape in SHAPES],
    }


def python(seed):
    random.seed(seed)
    shuffled = list(range(1000))
    random.shuffle(shuffled)
    return {
        "seed": seed,
        "shuffled": shuffled,
        "units": bits(random.random() for _ in range(COUNT)),
        "below": [[bound, [random.randrange(bound) for _ in range(COUNT)]] for bound in (1, 2, 3, 10, 1024, 128255, 2**31)],
        "between": [[low, high, [random.randint(low, high) for _ in range(COUNT)]] for low, high in RANGES[:-1]],
        "choices": random.choices(range(128000), k=COUNT),
        "choice": [random.choice(range(1001)) for _ in range(COUNT)],
    }


def numpy_generator(seed):
    generator = np.random.default_rng(seed)
    harmonic = 1.0 / np.arange(1, 8, dtype=np.float64)
    probabilities = [float(weight) for weight in harmonic / harmonic.sum()]
    return {
        "seed": seed,
        # An odd count leaves half a word behind, which the next range goes on with.
        "ranges": [[low, high, ints(generator.integers(low, high + 1, size=COUNT + 1))] for low, high in RANGES],
        "units": bits(generator.random(COUNT)),
        "probabilities": bits(probabilities),
        "choices": ints(generator.choice(len(probabilities), size=200, p=probabilities)),
        "after": ints(generator.integers(0, 1000, size=3)),
    }


golden = {
    "legacy_numpy": [legacy_numpy(seed) for seed in SEEDS],
    "python": [python(seed) for seed in LARGE_SEEDS],
    "numpy_generator": [numpy_generator(seed) for seed in LARGE_SEEDS],
}
path = pathlib.Path(__file__).with_name("generators.json")
path.write_text(json.dumps(golden, separators=(",", ":")).replace('{"seed"', '\n{"seed"') + "\n")

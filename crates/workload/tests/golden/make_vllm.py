# /// script
# requires-python = ">=3.10"
# dependencies = [
#     "aiohttp==3.13.3", "jinja2==3.1.6", "numpy==2.3.5", "pandas==2.3.3",
#     "tokenizers==0.23.2", "transformers==5.19.0",
# ]
# ///
"""Writes vllm.json: what vLLM's own benchmarks send, and when.

    cargo run -p tokenometer-workload --example builtin_data -- DIR
    uv run crates/workload/tests/golden/make_vllm.py DIR

The benchmarks of vLLM 0.8.4 and 0.33.0 are taken out of their source archives
on PyPI and run with the command lines below, from parsing the arguments up to
the point at which they would send the first request. What they import but
don't need for that (vLLM itself, PIL …) is hollow. The requests of 0.33.0 are
those that it makes while no server answers its question for tokens.
"""

import asyncio
import collections
import functools
import hashlib
import json
import math
import pathlib
import runpy
import sys
import tempfile
import time

import pandas  # noqa: F401 (of 0.33's custom dataset)
import transformers

HERE = pathlib.Path(__file__).parent
sys.path.append(str(HERE.parents[3] / "scripts"))
from published_source import Missing, take_source  # noqa: E402

POEM, PROMPTS = "vllm_poem.txt", "vllm_prompts.jsonl"
# A file of this name holds so many of the built-in conversations.
FEW, SOME = "conversations:40", "conversations:300"
OLD, NEW = "vllm-0.8.4", "vllm-0.33"


def cases():
    """Whose rules, and the flags beside those that every case has."""
    gamma = [(4, 1), (10, 0.5), (7.5, 2), (100, 0.1), (0.3, 30)]
    sharegpt = {"dataset-name": "sharegpt", "dataset-path": SOME, "num-prompts": 50}
    random = {"dataset-name": "random", "num-prompts": 40, "random-input-len": 100, "random-output-len": 50}
    sonnet = {"dataset-name": "sonnet", "dataset-path": POEM, "num-prompts": 25}
    custom = {"dataset-name": "custom", "dataset-path": PROMPTS, "num-prompts": 9}
    repetition = {"dataset-name": "prefix_repetition", "num-prompts": 33}

    for rules in (OLD, NEW):
        for seed, (rate, burstiness) in zip((0, 1, 42, 7, 4294967295), gamma):
            yield rules, sharegpt | {"seed": seed, "request-rate": rate, "burstiness": burstiness}
        yield rules, sharegpt | {"seed": 3, "request-rate": 20, "sharegpt-output-len": 2}
        yield rules, sharegpt | {"seed": 5, "request-rate": 2, "sharegpt-output-len": 1800}
        yield rules, sharegpt | {"seed": 0, "request-rate": 9, "dataset-path": FEW, "num-prompts": 101}
        for seed, ratio, prefix, rate in [(0, 0.0, 0, 5), (1, 0.3, 0, 8), (2, 0.9, 17, 50), (6, 0.07, 130, 1)]:
            shape = {"random-range-ratio": ratio, "random-prefix-len": prefix}
            yield rules, random | shape | {"seed": seed, "request-rate": rate}
        yield rules, random | {"seed": 9, "random-range-ratio": 0.5, "random-input-len": 3, "random-output-len": 1}
        yield rules, random | {"seed": 8, "request-rate": 3, "burstiness": 0.7, "random-range-ratio": 0.97}
    for backend in ("vllm", "openai-chat"):
        yield OLD, sonnet | {"seed": 0, "request-rate": 4, "backend": backend}
    yield OLD, sonnet | {"seed": 4, "request-rate": 2, "sonnet-input-len": 300, "sonnet-prefix-len": 60}
    yield OLD, sonnet | {"seed": 11, "sonnet-input-len": 150, "sonnet-prefix-len": 0, "sonnet-output-len": 33}
    yield OLD, sonnet | {"seed": 12, "sonnet-input-len": 200, "sonnet-prefix-len": 190}

    few = {"dataset-path": FEW, "num-prompts": 60, "request-rate": 6}
    yield NEW, sharegpt | few | {"seed": 1, "no-oversample": True}
    yield NEW, sharegpt | few | {"seed": 2, "disable-shuffle": True}
    for seed, both in [(0, (0.2, 0.6)), (5, (0.0, 0.999)), (13, (0.45, 0.0))]:
        ratio = json.dumps(dict(zip(("input", "output"), both)))
        yield NEW, random | {"seed": seed, "random-range-ratio": ratio, "random-prefix-len": 5, "request-rate": 12}
    for seed, prefix, suffix, prefixes in [(0, 30, 40, 10), (1, 64, 1, 5), (2, 7, 100, 33), (3, 50, 0, 2)]:
        shape = {"prefix-len": prefix, "suffix-len": suffix, "num-prefixes": prefixes, "output-len": 10 + seed}
        shape = {f"prefix-repetition-{name}": value for name, value in shape.items()}
        yield NEW, repetition | shape | {"seed": seed, "request-rate": 11}
    yield NEW, custom | {"seed": 0, "request-rate": 3}
    yield NEW, custom | {"seed": 1, "request-rate": 3, "custom-output-len": -1}
    yield NEW, custom | {"seed": 2, "skip-chat-template": True, "custom-output-len": 99, "num-prompts": 30}
    yield NEW, custom | {"seed": 3, "custom-output-len": 1, "num-prompts": 10}
    yield NEW, random | {"seed": 0, "request-rate": 16, "burstiness": math.inf}
    ramps = [("linear", 1, 20, 1.0), ("linear", 3, 3, 0.4), ("exponential", 2, 50, 1.0), ("exponential", 1, 9, math.inf)]
    for seed, (shape, start, end, burstiness) in enumerate(ramps):
        ramp = {"ramp-up-strategy": shape, "ramp-up-start-rps": start, "ramp-up-end-rps": end}
        yield NEW, sharegpt | ramp | {"seed": seed, "burstiness": burstiness, "num-prompts": 20}


class Sent(Exception):
    """How far the tools are let: to the first request that they would send."""

    def __init__(self, requests, due):
        self.requests, self.due = requests, due


async def schedule(requests, generator):
    """When `get_request` hands out each request, by a clock that only sleeping
    moves on."""
    now = 0.0

    async def sleep(seconds):
        nonlocal now
        now += seconds

    real = asyncio.sleep, time.time
    asyncio.sleep, time.time = sleep, lambda: now
    try:
        due = [now async for _ in generator]
    finally:
        asyncio.sleep, time.time = real
    raise Sent(requests, due)


def run_old(folder, argv, run=asyncio.run):
    """`benchmark_serving.py`, until it runs its coroutine `benchmark`."""

    def instead(benchmark):
        given, tool = benchmark.cr_frame.f_locals, benchmark.cr_frame.f_globals
        benchmark.close()
        names = ("input_requests", "request_rate", "burstiness")
        run(schedule(given["input_requests"], tool["get_request"](*(given[name] for name in names))))

    script = str(folder / "benchmarks" / "benchmark_serving.py")
    sys.argv, asyncio.run = [script] + argv, instead
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        asyncio.run = run


def run_new(argv):
    """`vllm bench serve`, until it calls `benchmark`."""
    import argparse

    from vllm.benchmarks import serve

    async def benchmark(**given):
        names = ("input_requests", "request_rate", "burstiness", "ramp_up_strategy", "ramp_up_start_rps", "ramp_up_end_rps")
        await schedule(given["input_requests"], serve.get_request(*(given[name] for name in names)))

    serve.benchmark = benchmark
    parser = argparse.ArgumentParser()
    serve.add_cli_args(parser)
    serve.main(parser.parse_args(argv))


def arguments(flags, files):
    """The command line of a case. Nobody listens on port 1."""
    words = ["--port", "1", "--model", "builtin", "--tokenizer", str(files)]
    for name, value in flags.items():
        if name == "dataset-path":
            value = material(value, files)
        words += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    return words


def material(name, files):
    kind, _, count = name.partition(":")
    if kind != "conversations":
        return HERE / name
    path = files / f"{count}.json"
    path.write_text(json.dumps(json.loads((files / "sharegpt.json").read_text())[: int(count)]))
    return path


def golden(rules, flags, sent):
    prompts = hashlib.sha256()
    for request in sent.requests:
        prompt = request.prompt.encode()
        prompts.update(len(prompt).to_bytes(8, "little") + prompt)
    return {
        "rules": rules,
        "flags": {name: str(value) if value == math.inf else value for name, value in flags.items()},
        "requests": len(sent.requests),
        "prompts_sha256": prompts.hexdigest(),
        "input_tokens": [request.prompt_len for request in sent.requests],
        "output_tokens": [request.expected_output_len for request in sent.requests],
        "arrivals_ns": [math.floor(seconds * 1e9 + 0.5) for seconds in sent.due],
    }


def main(files):
    import argparse

    @functools.cache
    def get_tokenizer(path, **kwargs):
        return transformers.AutoTokenizer.from_pretrained(path)

    get_tokenizer(str(files))
    given = {
        "get_tokenizer": get_tokenizer,
        "FlexibleArgumentParser": argparse.ArgumentParser,
        "join_host_port": lambda host, port: f"{host}:{port}",
    }
    sys.meta_path.append(Missing({"vllm", "PIL", "pybase64", "datasets", "soundfile", "torch"}, given))
    made = []
    with tempfile.TemporaryDirectory() as directory:
        old, new = pathlib.Path(directory, "old"), pathlib.Path(directory, "new")
        take_source("vllm", "0.8.4", ["benchmarks/"], old)
        take_source("vllm", "0.33.0", ["vllm/benchmarks/"], new)
        sys.path[:0] = [str(old / "benchmarks"), str(new)]
        for rules, flags in cases():
            argv = arguments(flags, files)
            try:
                run_old(old, argv) if rules == OLD else run_new(argv)
            except Sent as sent:
                made.append(golden(rules, flags, sent))
    print(collections.Counter((case["rules"], case["flags"]["dataset-name"]) for case in made))
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in made)
    (HERE / "vllm.json").write_text(f"[\n{lines}\n]\n")


main(pathlib.Path(sys.argv[1]))

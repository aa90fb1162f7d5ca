# /// script
# requires-python = ">=3.10"
# dependencies = ["jinja2==3.1.6", "numpy==2.3.5", "requests==2.32.5", "tokenizers==0.23.2", "tqdm==4.67.1", "transformers==5.19.0"]
# ///
"""Writes sglang.json: what SGLang's `bench_serving` sends, and when, and what
vLLM's `benchmark_throughput.py` gives to its engine.

    cargo run -p tokenometer-workload --example builtin_data -- DIR 300
    uv run crates/workload/tests/golden/make_sglang.py DIR

The tools are taken out of their archives on PyPI and run with the command lines
below, from parsing the arguments up to the point at which they would send the
first request. What they import but don't need for that is hollow.

Two things are not left to the tools. The vocabulary is handed to them in the
order of its ids, since before 0.5 they draw from it in an order that no rule
states. And `benchmark_throughput.py` is that of vLLM 0.7.3: dstack's fork of it,
which is on no registry, makes its prompts alike, line by line.
"""

import asyncio
import contextlib
import hashlib
import io
import json
import math
import os
import pathlib
import runpy
import sys
import tempfile
import types
import unittest.mock

import transformers

HERE = pathlib.Path(__file__).parent
sys.path.append(str(HERE.parents[3] / "scripts"))
from published_source import Missing, bare_package, take_source, take_wheel  # noqa: E402

# Each rule with the releases that draw by it.
OLD, MIDDLE, NEW = "sglang-0.2.14", "sglang-0.4.5", "sglang-0.5.23"
RELEASES = {OLD: ["0.2.14", "0.3.0"], MIDDLE: ["0.4.3.post2", "0.4.5.post3"], NEW: ["0.5.23"]}
THROUGHPUT = "vllm-throughput-0.7-dstack"


def cases():
    """Whose rules, and the flags beside those that every case has."""
    sharegpt = {"dataset-name": "sharegpt", "dataset-path": "sharegpt.json", "num-prompts": 60}
    random = {"dataset-name": "random", "dataset-path": "sharegpt.json", "num-prompts": 40}
    ids = {"dataset-name": "random-ids", "num-prompts": 30}
    gsp = {"dataset-name": "generated-shared-prefix"}
    custom = {"dataset-name": "custom", "dataset-path": "sglang_custom.jsonl", "num-prompts": 20}
    openai = {"dataset-name": "openai", "dataset-path": "sglang_openai.jsonl", "num-prompts": 20, "backend": "sglang-oai-chat"}
    lengths = [(100, 50, 0.0), (100, 50, 1.0), (64, 3, 0.07), (700, 20, 0.5), (1, 1, 0.0)]

    def shape(input_len, output_len, ratio):
        return {"random-input-len": input_len, "random-output-len": output_len, "random-range-ratio": ratio}

    for rules in (OLD, MIDDLE, NEW):
        for seed, rate in [(0, 4), (1, 10), (42, 0.3), (4294967295, 200)]:
            yield rules, sharegpt | {"seed": seed, "request-rate": rate}
        yield rules, sharegpt | {"seed": 3, "request-rate": 7, "sharegpt-output-len": 4}
        yield rules, sharegpt | {"seed": 5, "request-rate": 2, "sharegpt-output-len": 1800}
        yield rules, sharegpt | {"seed": 6, "request-rate": 9, "num-prompts": 1000}
        for seed, three in enumerate(lengths):
            yield rules, random | shape(*three) | {"seed": seed, "request-rate": 5 + seed}
    for rules in (MIDDLE, NEW):
        yield rules, sharegpt | {"seed": 1, "request-rate": 3, "sharegpt-context-len": 250}
        yield rules, sharegpt | {"seed": 2, "request-rate": 3, "apply-chat-template": True}
        both = {"apply-chat-template": True, "sharegpt-context-len": 400, "sharegpt-output-len": 30}
        yield rules, sharegpt | both | {"seed": 42, "request-rate": 6}
        for seed, five in [(0, (4, 5, 40, 12, 9)), (1, (1, 7, 100, 1, 1)), (42, (6, 2, 3, 60, 33))]:
            yield rules, gsp | shared_prefix(*five) | {"seed": seed, "request-rate": 8}
    newer = [(MIDDLE, "0.4.5.post3"), (NEW, "0.5.23")]
    for rules, release in newer:
        suffix = {"prompt-suffix": " Be brief.", "release": release}
        yield rules, sharegpt | suffix | {"seed": 4, "request-rate": 3}
        yield rules, sharegpt | suffix | {"seed": 9, "request-rate": 3, "apply-chat-template": True}
        for seed, three in enumerate(lengths):
            yield rules, ids | shape(*three) | {"seed": seed, "request-rate": 12, "release": release}
    yield NEW, random | shape(60, 0, 0.3) | {"seed": 7, "request-rate": 4}
    for seed, ratio in enumerate([0.0, 0.6, 1.0]):
        tokenized = {"tokenize-prompt": True, "backend": "sglang", "seed": seed, "request-rate": 15}
        yield NEW, random | shape(80, 10, ratio) | tokenized
        yield NEW, ids | shape(80, 10, ratio) | tokenized
        yield NEW, gsp | shared_prefix(3, 4, 20, 10, 5) | tokenized | {"gsp-range-ratio": ratio}
    for seed, ratio in enumerate([0.0, 0.4, 1.0]):
        ranged = {"gsp-range-ratio": ratio, "gsp-ordered": seed == 1, "seed": seed, "request-rate": 20}
        yield NEW, gsp | shared_prefix(5, 4, 50, 20, 9) | ranged
        zipf = {"gsp-group-distribution": "zipf", "gsp-zipf-alpha": 0.5 + seed}
        yield NEW, gsp | shared_prefix(12, 5, 30, 9, 7) | ranged | zipf
    yield NEW, custom | {"seed": 0, "request-rate": 3}
    yield NEW, custom | {"seed": 1, "request-rate": 3, "num-prompts": 3, "sharegpt-output-len": 12}
    yield NEW, custom | {"seed": 2, "request-rate": 3, "apply-chat-template": True}
    yield NEW, openai | {"seed": 0, "request-rate": 3}
    yield NEW, openai | {"seed": 1, "request-rate": 3, "num-prompts": 4, "sharegpt-output-len": 2}
    for seed, (input_len, output_len) in enumerate([(20, 30), (150, 7), (1, 1)]):
        yield THROUGHPUT, {"input-len": input_len, "output-len": output_len, "num-prompts": 15, "seed": seed}
    yield THROUGHPUT, {"dataset": "sharegpt.json", "num-prompts": 30, "seed": 0}
    yield THROUGHPUT, {"dataset": "sharegpt.json", "num-prompts": 30, "seed": 42, "output-len": 1500}


def shared_prefix(groups, prompts, system, question, output):
    values = {"num-groups": groups, "prompts-per-group": prompts, "system-prompt-len": system, "question-len": question}
    return {f"gsp-{name}": value for name, value in (values | {"output-len": output}).items()}


def unpack_sglang(release, into):
    take_wheel("sglang", release, ["sglang/"], into / release)
    benchmark = into / release / "sglang" / "benchmark" / "serving.py"
    return benchmark if benchmark.exists() else into / release / "sglang" / "bench_serving.py"


def unpack_throughput(into):
    name = "benchmarks/benchmark_throughput.py"
    take_source("vllm", "0.7.3", [name], into)
    return into / name


async def schedule(requests, generator):
    """When `get_request` hands out each request, by a clock that only sleeping
    moves on."""
    now = 0.0

    async def sleep(seconds):
        nonlocal now
        now += seconds

    with unittest.mock.patch("asyncio.sleep", sleep):
        return list(requests), [now async for _ in generator]


def run(script, argv):
    """Runs a tool until it runs its coroutine, and takes out of that what it
    would send."""
    sent, real = [], asyncio.run

    def instead(coroutine):
        given, tool = coroutine.cr_frame.f_locals, coroutine.cr_frame.f_globals
        coroutine.close()
        if "get_request" in tool:
            requests = given["input_requests"]
            sent.append(real(schedule(requests, tool["get_request"](requests, given["request_rate"]))))
        else:
            sent.append((given["requests"], [0.0] * len(given["requests"])))
        return 1.0

    missing.given["run"] = instead
    with unittest.mock.patch("sys.argv", [str(script)] + argv), unittest.mock.patch("asyncio.run", instead):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            runpy.run_path(str(script), run_name="__main__")
    return sent[0]


def engine_flags(parser):
    """The flags of vLLM's engine that its benchmarks read."""
    for flag in ("--model", "--tokenizer", "--max-model-len"):
        parser.add_argument(flag)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--trust-remote-code", action="store_true")
    parser.add_argument("--enable-lora", action="store_true")
    return parser


def arguments(flags, files):
    """The command line of a case. Nobody listens on port 1."""
    words = ["--model", str(files), "--tokenizer", str(files)]
    for name, value in flags.items():
        if name in ("dataset-path", "dataset"):
            value = next(folder / value for folder in (HERE, files) if (folder / value).exists())
        if value is True:
            words.append(f"--{name}")
        elif value is not False and name != "release":
            words += [f"--{name}", str(value)]
    return words


def golden(rules, releases, flags, sent):
    requests, due = sent
    prompts = hashlib.sha256()
    fields = []
    for request in requests:
        # The oldest have tuples, the throughput tool a word of its own.
        if isinstance(request, tuple):
            prompt, input_len, output_len, own = *request, {}
        else:
            output_len = getattr(request, "output_len", None)
            output_len = request.expected_output_len if output_len is None else output_len
            prompt, input_len, own = request.prompt, request.prompt_len, getattr(request, "extra_request_body", {})
        for part in parts(prompt):
            prompts.update(len(part).to_bytes(8, "little") + part)
        fields.append((input_len, output_len, own))
    case = {
        "rules": rules,
        "releases": releases,
        "flags": {name: value for name, value in flags.items() if name != "release"},
        "requests": len(requests),
        "prompts_sha256": prompts.hexdigest(),
        "input_tokens": [int(input_len) for input_len, _, _ in fields],
        "output_tokens": [int(output_len) for _, output_len, _ in fields],
        "arrivals_ns": [math.floor(seconds * 1e9 + 0.5) for seconds in due],
    }
    own = [own for _, _, own in fields]
    return case | {"fields": own} if any(own) else case


def parts(prompt):
    """The bytes of a prompt: a text, the roles and texts of a conversation in
    turn, or ids of four bytes each, lowest first."""
    if isinstance(prompt, str):
        return [prompt.encode()]
    if isinstance(prompt[0], dict):
        return [message[key].encode() for message in prompt for key in ("role", "content")]
    return [b"".join(int(token).to_bytes(4, "little") for token in prompt)]


def run_sglang(script, argv):
    # Only the folder of the benchmarks is taken for a part of SGLang.
    for name in [name for name in sys.modules if name.split(".")[0] == "sglang"]:
        del sys.modules[name]
    sys.modules["sglang"] = bare_package("sglang")
    if script.parent.name == "benchmark":
        sys.modules["sglang.benchmark"] = bare_package("sglang.benchmark", script.parent)
        argv = argv + ["--ready-check-timeout-sec", "0"]
    return run(script, argv)


# What else they import but don't need.
NAMES = {"aiohttp", "benchmark_utils", "datasets", "msgspec", "orjson", "PIL", "pybase64", "sglang", "torch", "uvloop", "vllm"}
missing = Missing(NAMES, {})


def main(files):
    import argparse

    missing.given |= {
        "FlexibleArgumentParser": argparse.ArgumentParser,
        "AsyncEngineArgs": types.SimpleNamespace(add_cli_args=engine_flags, from_cli_args=lambda args: args),
    }
    sys.meta_path.append(missing)
    fast = transformers.PreTrainedTokenizerFast
    vocabulary = fast.get_vocab
    fast.get_vocab = lambda self: dict(sorted(vocabulary(self).items(), key=lambda item: item[1]))
    made = []
    with tempfile.TemporaryDirectory() as directory:
        into = pathlib.Path(directory)
        scripts = {release: unpack_sglang(release, into) for releases in RELEASES.values() for release in releases}
        throughput = unpack_throughput(into)
        for number, (rules, flags) in enumerate(cases()):
            # The tools keep what they made at home, and would load it again.
            os.environ["HOME"] = str(into / f"home-{number}")
            argv = arguments(flags, files)
            if rules == THROUGHPUT:
                made.append(golden(rules, ["0.7.3"], flags, run(throughput, argv + ["--async-engine"])))
                continue
            releases = [flags["release"]] if "release" in flags else RELEASES[rules]
            case, *others = [golden(rules, releases, flags, run_sglang(scripts[release], argv)) for release in releases]
            assert all(other == case for other in others), f"{releases} don't draw alike: {flags}"
            made.append(case)
    path = HERE / "sglang.json"
    path.write_text("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in made) + "\n]\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

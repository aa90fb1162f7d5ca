# /// script
# requires-python = ">=3.10"
# dependencies = [
#     "aiohttp==3.13.3", "jinja2==3.1.6", "msgspec==0.20.0", "numpy==2.3.5", "orjson==3.11.5",
#     "pandas==2.3.3", "requests==2.32.5", "tokenizers==0.22.2", "tqdm==4.67.1",
#     "transformers==5.0.0",
# ]
# ///
"""Writes layouts.json: what other tools print and write of requests that are
made up here.

    uv run crates/report/tests/golden/make_layouts.py

The released clients run from their first request to their last line. Only the
requests are not sent: what a client would have noted of each is put in its
place, and the clock stands still until all are done.
"""

import argparse
import asyncio
import contextlib
import datetime
import io
import json
import math
import os
import pathlib
import random
import sys
import tempfile
import types

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parents[3] / "scripts"))
import real_client  # noqa: E402

BEGAN = 0.0
NOW = datetime.datetime(2026, 8, 12, 10, 31, 7, 250000)
SERVER_INFO = {
    "model_path": "tiny", "tp_size": 1, "context_length": None, "mem": 0.875, "name": "Größe",
    "avg_spec_accept_length": 2.5, "internal_states": [{"avg_spec_accept_length": 1.75}],
}


def outputs(seed, count, failures=(), empty=(), single=(), longest=40):
    """What is noted of so many requests; times are in seconds."""
    draw = random.Random(seed)
    made = []
    for index in range(count):
        start = 0.0 if seed == 0 else round(draw.uniform(0, 3), 6)
        events = 1 if index in single else draw.randint(2, longest)
        gaps = [round(draw.expovariate(100), 6) for _ in range(events - 1)]
        ttft = round(draw.lognormvariate(-3, 0.5), 6)
        one = {
            "success": True, "start": start, "ttft": ttft, "itl": gaps,
            "tokens": [draw.randint(1, 3) for _ in gaps],
            "latency": round(ttft + sum(gaps) + draw.uniform(0, 0.002), 6),
            "prompt_len": draw.randint(1, 900), "server_prompt_len": draw.randint(1, 900),
            "output_len": events + draw.randint(0, 2) if events > 1 else 1,
            "text": " ".join(f"wörd{n}" for n in range(draw.randint(1, 50))), "error": "",
        }
        if index in empty:
            one |= {"ttft": 0.0, "itl": [], "tokens": [], "text": "", "output_len": one["output_len"]}
        if index in failures:
            one |= {"success": False, "latency": 0.0, "text": "", "error": "Not \"Found\"\n"}
            one |= {"output_len": 0}
        made.append(one)
    return made


# What is noted, by a name.
NOTED = {
    "few": outputs(0, 7),
    "some": outputs(1, 30, failures=(3, 17), single=(5,)),
    "none": outputs(2, 3, failures=(0, 1, 2)),
    "empty": outputs(3, 20, empty=(2, 8), single=(0,)),
    "long": outputs(4, 150, longest=12),
}


def cases():
    """Which tool, what it notes, how long it takes, and what it is asked for."""
    few, some, none, empty, long = NOTED
    closed = {"request_rate": math.inf, "max_concurrency": 4}
    open_ = {"request_rate": 7.5, "max_concurrency": None}
    both = {"request_rate": 10.0, "max_concurrency": 16}
    goodput = {"goodput": {"tpot": 12.5, "ttft": 60.0}}
    for tool in ("sglang-0.2.14", "sglang-0.4.5", "sglang-0.5.23"):
        lists = {"dataset_name": "sharegpt", "sharegpt_output_len": 64}
        yield tool, few, 1.25, {"request_rate": math.inf} | {"backend": "vllm"}
        yield tool, empty, 3.5, open_ | lists | {"backend": "vllm"}
        if tool != "sglang-0.2.14":
            yield tool, some, 4.0, both | {"backend": "sglang-oai"}
            yield tool, some, 4.0, closed | lists | {"backend": "sglang"}
    yield "sglang-0.2.14", none, 2.0, {"request_rate": 3.0, "backend": "sglang"}
    new = "sglang-0.5.23"
    yield new, some, 4.0, closed | goodput | {"backend": "vllm-chat", "tag": "try"}
    yield new, some, 4.0, both | {"backend": "vllm", "details": True}
    for tool in ("vllm-0.8.4", "vllm-0.33"):
        shown = {"percentile_metrics": ["ttft", "tpot", "itl", "e2el"]}
        yield tool, few, 1.25, closed | {"backend": "openai-chat"}
        yield tool, some, 4.0, open_ | shown | {"percentiles": [25.0, 99.0, 99.9]}
        yield tool, some, 4.0, both | goodput | {"burstiness": 0.5, "percentile_metrics": ["e2el"]}
        yield tool, none, 2.0, closed | {"metadata": [["gpu", "H200"], ["backend", "other"]]}
        yield tool, long, 9.0, closed | {"model": "some/tiny", "details": True}
    queued = ["ttft", "client_queue_time", "e2el_including_client_queue"]
    yield "vllm-0.33", some, 4.0, both | {"percentile_metrics": queued, "label": "mine", "details": True}
    yield "vllm-0.33", some, 4.0, closed | {"percentile_metrics": queued, "append": True}
    ramp = {"ramp_up": {"strategy": "linear", "start_rps": 1, "end_rps": 4}}
    yield "vllm-0.33", few, 1.25, {"request_rate": math.inf, "max_concurrency": None} | ramp


class Clock:
    """`time`, which stands still until all requests are done."""

    def __init__(self, duration):
        self.now, self.end = BEGAN, BEGAN + duration

    def perf_counter(self):
        return self.now

    def time(self):
        return self.now

    def sleep(self, seconds):
        pass


class Date(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


class Words:
    """A tokenizer, to which every word is a token."""

    def encode(self, text, add_special_tokens=False):
        return text.split()

    def __call__(self, text, add_special_tokens=False):
        return types.SimpleNamespace(input_ids=text.split())


def noted(module, one):
    """What the client notes of a request, in its own shape."""
    output = module.RequestFuncOutput()
    shape = {
        "success": one["success"], "start_time": BEGAN + one["start"], "ttft": one["ttft"],
        "itl": list(one["itl"]), "latency": one["latency"], "prompt_len": one["prompt_len"],
        "output_len": one["output_len"], "output_tokens": one["output_len"],
        "generated_text": one["text"], "error": one["error"],
        "text_chunks": [" ".join(["word"] * tokens) for tokens in one["tokens"]],
    }
    for name, value in shape.items():
        if hasattr(output, name):
            setattr(output, name, value)
    return output


def instead_of_sending(tool, module, made, clock):
    """A request function that sends nothing. The old tools call it once before
    they begin, to see whether it works."""
    done = set()
    tries = 1 if tool in ("sglang-0.2.14", "vllm-0.8.4") else 0

    async def request(request_func_input, session=None, pbar=None):
        nonlocal tries
        await asyncio.sleep(0)
        if tries > 0:
            tries -= 1
            return module.RequestFuncOutput(success=True)
        index = int(request_func_input.prompt)
        done.add(index)
        if len(done) == len(made):
            clock.now = clock.end
        return noted(module, made[index])

    return request


async def no_sleep(seconds, real=asyncio.sleep):
    await real(0)


def rows(shape, made):
    return [shape(str(index), one["prompt_len"], one["output_len"]) for index, one in enumerate(made)]


def arguments(asked):
    """What every client is told, as it has it after parsing."""
    return argparse.Namespace(
        backend="openai", base_url=None, host="127.0.0.1", port=1, endpoint="/v1/completions",
        dataset_name="random", dataset_path=None, model="tiny", served_model_name=None,
        tokenizer=None, tokenizer_mode="auto", num_prompts=0, sharegpt_output_len=None,
        random_input_len=100, random_output_len=50, random_range_ratio=0.5, burstiness=1.0,
        max_concurrency=None, seed=0, disable_tqdm=True, output_file=None, output_details=False,
        save_result=True, append_result=False, save_detailed=False, result_dir=None,
        result_filename=None, metadata=None, goodput=None, tag=None, label=None, profile=False,
        percentile_metrics="ttft,tpot,itl", metric_percentiles="99", ignore_eos=False,
        logprobs=None, lora_modules=None, lora_assignment="random", trust_remote_code=False,
        top_p=None, top_k=None, min_p=None, temperature=0.0, frequency_penalty=None,
        presence_penalty=None, repetition_penalty=None, ramp_up_strategy=None,
        ramp_up_start_rps=None, ramp_up_end_rps=None, plot_timeline=False,
        plot_dataset_stats=False, header=None, insecure=False, skip_tokenizer_init=False,
        input_len=None, output_len=None, self_timed=None, extra_body=None, num_warmups=0,
        ready_check_timeout_sec=0, probe_request_rate=0.0, warmup_requests=0, cache_report=False,
        plot_throughput=False, flush_cache=False,
    )


def told(asked):
    """The arguments with what this case asks for."""
    args = arguments(asked)
    plain = {"backend", "dataset_name", "model", "request_rate", "burstiness", "max_concurrency"}
    for name in plain | {"sharegpt_output_len", "tag", "label"}:
        if name in asked:
            setattr(args, name, asked[name])
    args.output_details = args.save_detailed = asked.get("details", False)
    args.append_result = asked.get("append", False)
    if "percentile_metrics" in asked:
        args.percentile_metrics = ",".join(asked["percentile_metrics"])
    if "percentiles" in asked:
        args.metric_percentiles = ",".join(str(p) for p in asked["percentiles"])
    if "metadata" in asked:
        args.metadata = [f"{key}={value}" for key, value in asked["metadata"]]
    if ramp := asked.get("ramp_up"):
        args.ramp_up_strategy = ramp["strategy"]
        args.ramp_up_start_rps, args.ramp_up_end_rps = ramp["start_rps"], ramp["end_rps"]
    return args


def run_sglang(tool, module, made, args, asked):
    """`benchmark`, which prints and writes."""
    args.dataset_name = asked.get("dataset_name", "random")
    args.goodput = sorted(asked["goodput"].items()) if "goodput" in asked else None
    module.args = args
    got = types.SimpleNamespace(status_code=200, json=lambda: SERVER_INFO)
    module.requests = types.SimpleNamespace(get=lambda *_, **__: got, post=lambda *_, **__: got)
    given = {
        "backend": args.backend, "api_url": "x", "model_id": args.model, "tokenizer": Words(),
        "request_rate": args.request_rate, "disable_tqdm": True, "extra_request_body": {},
    }
    if tool == "sglang-0.2.14":
        shape = lambda *row: row  # noqa: E731
    else:
        given |= {"base_url": "x", "max_concurrency": args.max_concurrency, "profile": False}
        given |= {"lora_names": None}
        shape = lambda *row: row  # noqa: E731
    if tool == "sglang-0.5.23":
        given |= {"lora_request_distribution": None, "lora_zipf_alpha": None, "warmup_requests": 0}

        def shape(prompt, prompt_len, output_len):
            return types.SimpleNamespace(
                prompt=prompt, prompt_len=prompt_len, output_len=output_len, image_data=None,
                text_prompt_len=prompt_len, vision_prompt_len=0, extra_request_body={},
                timestamp=None, routing_key=None,
            )

    given["input_requests"] = rows(shape, made)
    asyncio.run(module.benchmark(**given))


def run_vllm(tool, module, made, args, asked):
    """`main`, of which only the dataset is replaced."""
    args.dataset_name = "sharegpt"
    if "goodput" in asked:
        args.goodput = [f"{name}:{limit}" for name, limit in asked["goodput"].items()]

    def shape(prompt, prompt_len, output_len):
        return types.SimpleNamespace(
            prompt=prompt, prompt_len=prompt_len, expected_output_len=output_len, request_id=None,
            multi_modal_data=None, request_overrides=None, chat_messages=None,
        )

    requests = rows(shape, made)
    # Of 0.8.4 this fails once everything is written, unless all metrics are asked for.
    module.save_to_pytorch_benchmark_format = lambda *_: None
    module.get_tokenizer = lambda *_, **__: Words()
    if tool == "vllm-0.8.4":
        dataset = types.SimpleNamespace(sample=lambda **_: requests)
        module.ShareGPTDataset = lambda **_: dataset
    else:
        module.get_samples = lambda *_: requests

        async def nothing(*_):
            return None

        module.fetch_spec_decode_metrics = module.fetch_diffusion_metrics = nothing
        module.redact_sensitive_namespace = lambda args, fields: args
    module.main(args)


def run(tool, module, made, duration, asked):
    """What the tool prints, and the file that it writes."""
    clock = Clock(duration)
    args = told(asked)
    args.num_prompts = len(made)
    module.time, module.datetime = clock, Date
    module.ASYNC_REQUEST_FUNCS[args.backend] = instead_of_sending(tool, module, made, clock)
    runner = run_vllm if tool.startswith("vllm") else run_sglang
    printed = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        with contextlib.redirect_stdout(printed):
            runner(tool, module, made, args, asked)
        (name,) = os.listdir(folder)
        written = pathlib.Path(name).read_text()
    return printed.getvalue(), name, written


def only_report(tool, printed):
    """From the report's first line on, without what is said on the way."""
    lines = printed.splitlines()
    if tool.startswith("sglang"):
        begin = next(i for i, line in enumerate(lines) if "Serving Benchmark Result" in line) - 1
    else:
        begin = next(i for i, line in enumerate(lines) if line.startswith("Traffic "))
    lines = [line for line in lines[begin:] if not line.startswith("tip: install")]
    return "\n".join(lines) + "\n"


def main():
    random.seed(0)
    asyncio.sleep = no_sleep
    made = []
    for tool in real_client.TOOLS:
        mine = [case for case in cases() if case[0] == tool]
        child, pipe = os.pipe()
        # Each tool in a process of its own, since their modules share names.
        if os.fork() == 0:
            module = real_client.load(tool)
            module.set_ulimit = lambda: None
            results = []
            for _, noted_, duration, asked in mine:
                printed, name, written = run(tool, module, NOTED[noted_], duration, asked)
                results.append((only_report(tool, printed), name, written))
            with os.fdopen(pipe, "w") as out:
                json.dump(results, out)
            os._exit(0)
        os.close(pipe)
        with os.fdopen(child) as results:
            results = json.load(results)
        for (_, noted_, duration, asked), (console, name, written) in zip(mine, results, strict=True):
            asked = {k: "inf" if v == math.inf else v for k, v in asked.items()}
            made.append({
                "view": tool, "duration": duration, "asked": asked, "outputs": noted_,
                "console": console, "file_name": name, "file": written,
            })
    print(len(made), "cases")
    lines = [json.dumps(case, separators=(",", ":")) for case in made]
    noted_ = [f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in NOTED.items()]
    (HERE / "layouts.json").write_text(
        f'{{"server_info":{json.dumps(SERVER_INFO)},\n'
        + '"outputs":{\n' + ",\n".join(noted_) + '\n},\n"cases":[\n' + ",\n".join(lines) + "\n]}\n"
    )


main()

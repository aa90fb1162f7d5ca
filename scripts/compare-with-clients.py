#!/usr/bin/env python3
"""Holds our views against the clients that they are of.

    scripts/compare-with-clients.py [--program FILE] [--only WORD] [--all]

The embedded engine keeps to a script. Each released client sends it a load,
`tokenometer bench` sends it the same by that client's rules, and what the client
wrote is compared, key by key, with what our view says it would have written:
what is counted or asked for exactly, times within their jitter. Of what differs
a table is printed, with --all of everything, and the exit code is 1.

It needs python3 with pip and venv, cargo where no --program is given, and the
Python package index. The clients live in a virtual environment below the
system's temporary folder, which is kept for the next time.
"""

import argparse
import contextlib
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import venv

SCRIPTS = pathlib.Path(__file__).resolve().parent
ROOT = SCRIPTS.parent
CLIENT = SCRIPTS / "real_client.py"

# How long the engine takes, so that what a client adds to it weighs little.
SCRIPT = ["--ttft", "200ms", "--gap", "20ms"]
REQUESTS, TOKENS = 24, 24

# The engine's chance falls by prompt; with this seed it spares the question that
# we ask before a load.
SEED = "20"

# What may differ: instants, and what is of the machine or of the tool's own run.
OWN_AFFAIRS = {"date", "start_times", "generated_texts", "errors", "server_info", "request_id"}
# What a client that gives up at a comment says of the whole run: it sends its next
# request at once, where we read the answer to its end.
OF_THE_RUN = {"duration", "concurrency", "max_output_tokens_per_s", "max_concurrent_requests"}
# How far times may lie apart: a share of the larger, or so many milliseconds.
# Clients written in Python connect anew for each request and wake up late, which
# the first token, tails and spreads show most.
MIDDLE, START, TAIL = (0.05, 3.0), (0.05, 10.0), (0.25, 25.0)
# How often a case is tried where only times differ: the machine may have been
# busy. What is counted has no second chance.
TRIES = 3


def cases():
    """A name, the tool, the flags of both, and what the engine does beside."""
    closed = {"max-concurrency": 4}
    open_ = {"request-rate": 12, "seed": 3}
    for tool, backend in [
        ("vllm-0.8.4", "vllm"),
        ("vllm-0.8.4", "openai-chat"),
        ("vllm-0.33", "openai"),
        ("vllm-0.33", "openai-chat"),
        ("sglang-0.4.5", "sglang-oai"),
        ("sglang-0.4.5", "sglang"),
        ("sglang-0.5.23", "sglang-oai"),
        ("sglang-0.5.23", "sglang-oai-chat"),
        ("sglang-0.5.23", "sglang"),
    ]:
        yield f"{tool} {backend}", tool, {"backend": backend} | closed, []
    yield "sglang-0.2.14 vllm", "sglang-0.2.14", {"backend": "vllm"} | open_, []
    yield "vllm-0.33 at a rate", "vllm-0.33", {"backend": "openai"} | open_, []
    yield "sglang-0.5.23 at a rate", "sglang-0.5.23", {"backend": "vllm"} | open_, []
    goodput = {"goodput": ["ttft:230", "tpot:30"]} | closed
    yield "vllm-0.33 with goodput", "vllm-0.33", {"backend": "openai"} | goodput, []
    # Several tokens in a chunk, and several chunks at once.
    bundles = ["--tokens-per-chunk", "4", "--gap", "80ms"]
    for tool, backend in [("vllm-0.33", "openai"), ("sglang-0.4.5", "sglang"), ("sglang-0.5.23", "vllm")]:
        yield f"{tool} in bundles", tool, {"backend": backend} | closed, bundles
    # Answers that end badly, every other one, one at a time so that both sides
    # get the same ones.
    one = {"max-concurrency": 1, "num-prompts": 10}
    quick = ["--ttft", "60ms", "--gap", "10ms", "--seed", SEED]
    for fault in ["status:503", "cut-after:10", "error-after:10", "no-done", "no-usage", "comments", "stop-at:9", "finish-apart"]:
        for tool, backend in [
            ("vllm-0.33", "openai"),
            ("vllm-0.33", "openai-chat"),
            ("sglang-0.5.23", "sglang-oai"),
            ("sglang-0.5.23", "sglang-oai-chat"),
        ]:
            yield f"{tool} {backend} {fault}", tool, {"backend": backend} | one, [*quick, "--fault", f"{fault}=0.5"]


def environment(folder):
    """The Python that the clients run in, with what their script asks for."""
    python = folder / "bin" / "python"
    wanted = re.search(r"dependencies = \[(.*?)\]", CLIENT.read_text(), re.DOTALL)[1]
    packages = re.findall(r'"([^"]+)"', wanted)
    done = folder / "installed.json"
    if not done.exists() or json.loads(done.read_text()) != packages:
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        done.write_text(json.dumps(packages))
    return python


def built():
    """Our own program."""
    subprocess.run(["cargo", "build", "--quiet", "--package", "tokenometer-cli"], cwd=ROOT, check=True)
    told = ["cargo", "metadata", "--format-version", "1", "--no-deps"]
    target = json.loads(subprocess.check_output(told, cwd=ROOT))["target_directory"]
    return pathlib.Path(target) / "debug" / "tokenometer"


def data(folder):
    """The conversations and the tokenizer that come with the project."""
    if not (folder / "sharegpt.json").exists():
        example = ["--package", "tokenometer-workload", "--example", "builtin_data"]
        subprocess.run(["cargo", "run", "--quiet", *example, "--", folder, "300"], cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)
    return folder


@contextlib.contextmanager
def engine(program, model, extra):
    """The embedded engine, on a port of its own."""
    script = dict(zip(SCRIPT[::2], SCRIPT[1::2]))
    given = [(extra[i], extra[i + 1]) for i in range(0, len(extra), 2)]
    script |= {flag: value for flag, value in given if flag in script}
    words = [word for pair in [*script.items(), *(p for p in given if p[0] not in script)] for word in pair]
    command = [program, "sim", "--listen", "127.0.0.1:0", "--model", model, *words]
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, **piped) as running:
        try:
            address = json.loads(running.stdout.readline())["listening"]
            yield address if address.startswith("http") else f"http://{address}"
        finally:
            running.terminate()


def words(flags):
    for name, value in flags.items():
        yield f"--{name}"
        yield from (value if isinstance(value, list) else [str(value)])


def common(tool, flags, files):
    """What both sides are told."""
    common = {
        "model": files, "tokenizer": files, "dataset-name": "sharegpt",
        "dataset-path": files / "sharegpt.json", "num-prompts": REQUESTS, "sharegpt-output-len": TOKENS,
    }
    if tool.startswith("vllm"):
        # vLLM's rules ask for exact lengths only when told to.
        common |= {"percentile-metrics": "ttft,tpot,itl,e2el", "metric-percentiles": "50,90,99"}
    elif tool != "sglang-0.2.14" and flags.get("max-concurrency") == 1:
        common |= {"warmup-requests": 0}
    flags = common | flags
    if flags["backend"].endswith("chat") and tool.startswith("vllm"):
        flags["endpoint"] = "/v1/chat/completions"
    bare = ["--disable-tqdm"] + (["--ignore-eos"] if tool.startswith("vllm") else [])
    return [*words(flags), *bare]


def ask_client(python, tool, told, base_url, folder):
    """What the client writes."""
    if tool.startswith("vllm"):
        out = ["--save-result", "--save-detailed", "--result-dir", folder, "--result-filename", "theirs.json"]
    else:
        out = ["--output-file", folder / "theirs.json"]
        out += ["--output-details"] if tool == "sglang-0.5.23" else []
    if tool == "vllm-0.33":
        told = [*told, "--ready-check-timeout-sec", "0"]
    # All that the clients look for are a model and a tokenizer, which lie here.
    quiet = os.environ | {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    command = [python, CLIENT, tool, *told, "--base-url", base_url, *out]
    ran = subprocess.run(command, env=quiet, cwd=folder, capture_output=True, text=True)
    written = folder / "theirs.json"
    if not written.exists():
        # What fails once all requests have is a result too.
        if "out of bounds for axis 0" in ran.stderr:
            return None
        sys.exit(f"{' '.join(map(str, command))}\n{ran.stdout}{ran.stderr}")
    return json.loads(written.read_text())


def ask_us(program, tool, told, base_url, folder):
    """What we say that the client would have written."""
    run = folder / "run"
    command = [program, "bench", "--rules", tool, *told, "--base-url", base_url, "--out", run]
    benched = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    command = [program, "report", run, "--view", tool, "--format", "json", "--save-detailed"]
    seen = subprocess.run(command, capture_output=True, text=True)
    if seen.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{benched.stdout}{benched.stderr}{seen.stderr}")
    return json.loads(seen.stdout)


def is_timed(key):
    return key.endswith(("_ms", "throughput", "goodput")) or key in ("duration", "concurrency")


def near(key, theirs, ours):
    """Whether two figures agree, and by what measure."""
    if theirs is None or ours is None or isinstance(theirs, (str, bool, dict)):
        return theirs == ours, "exact"
    if isinstance(theirs, list):
        if len(theirs) != len(ours):
            return False, "length"
        if key in ("input_lens", "output_lens"):
            return theirs == ours, "exact"
        return True, "number of values"
    if key in ("max_output_tokens_per_s", "max_concurrent_requests"):
        # What falls into which second hangs on a hair.
        return abs(theirs - ours) <= 0.25 * max(theirs, ours), "25 %"
    if not is_timed(key) or theirs == ours or not (math.isfinite(theirs) and math.isfinite(ours)):
        return theirs == ours or (theirs != theirs and ours != ours), "exact"
    share, least = START if "ttft" in key or "e2e" in key else MIDDLE
    if key.startswith(("p9", "std", "max")):
        share, least = TAIL
    least = least if key.endswith("_ms") else 0.0
    apart = abs(theirs - ours)
    return apart <= max(least, share * max(abs(theirs), abs(ours))), f"{share:.0%} or {least:g} ms"


def compared(theirs, ours, gives_up):
    """A row for each key: theirs, ours, the measure, whether they agree."""
    if theirs is None:
        yield "completed", "crashed: none succeeded", ours["completed"], "exact", ours["completed"] == 0
        return
    keys = list(theirs)
    yield "keys", len(keys), len(ours), "in order", keys == list(ours)
    for key in keys:
        if key in OWN_AFFAIRS or key not in ours:
            continue
        if gives_up and (key in OF_THE_RUN or key.endswith("throughput")):
            continue
        agree, measure = near(key, theirs[key], ours[key])
        yield key, theirs[key], ours[key], measure, agree


def tried(program, python, files, case):
    """The rows of a case, of the first try in which no time differs."""
    _, tool, flags, extra = case
    told = common(tool, flags, files)
    for _ in range(TRIES):
        sides = []
        for ask, first in ((ask_client, python), (ask_us, program)):
            # An engine of its own for each, so that its faults begin anew.
            with tempfile.TemporaryDirectory() as folder, engine(program, files, extra) as base_url:
                sides.append(ask(first, tool, told, base_url, pathlib.Path(folder)))
        gives_up = tool.startswith("sglang") and any("comments" in word for word in extra)
        rows = list(compared(*sides, gives_up))
        if not any(is_timed(key) for key, *_, agree in rows if not agree):
            break
    return rows


def short(value):
    if isinstance(value, list):
        return f"[{len(value)} values]"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, help="a built tokenometer [default: cargo builds one]")
    parser.add_argument("--only", default="", help="only the cases whose names hold this")
    parser.add_argument("--all", action="store_true", help="show every key, not only those that differ")
    asked = parser.parse_args()
    kept = pathlib.Path(tempfile.gettempdir()) / "tokenometer-clients"
    kept.mkdir(exist_ok=True)
    python = environment(kept / "venv")
    program = asked.program.resolve() if asked.program else built()
    files = data(kept / "data")
    differ = 0
    for case in cases():
        name = case[0]
        if asked.only not in name:
            continue
        rows = tried(program, python, files, case)
        wrong = [row for row in rows if not row[-1]]
        differ += len(wrong)
        print(f"{name}: {len(rows) - len(wrong)} of {len(rows)} keys agree", flush=True)
        for key, theirs, ours, measure, agree in rows if asked.all else wrong:
            print(f"  {key:<32} {short(theirs):>24} {short(ours):>24}  {measure:<18} {'' if agree else 'DIFFERS'}")
    sys.exit(1 if differ else 0)


main()

# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "aiohttp==3.13.3", "msgspec==0.22.0", "numpy==2.3.5", "orjson==3.11.4", "regex==2025.11.3", "requests==2.32.5", "tqdm==4.67.1",
# ]
# ///
"""Writes bodies.json: what other tools send for one prompt, byte for byte.

    uv run crates/load/tests/golden/make_bodies.py LLM_INFRA_BENCH

SGLang's `bench_serving` and vLLM's benchmark of a server are taken out of their
archives on PyPI and run with the command lines below against a server that
writes down the first request. LLM_INFRA_BENCH is a checkout of
github.com/staru09/llm_infra_bench, which is on no registry. What the
tools import but don't need to send a request is hollow, and their tokenizer
counts words.

The headers that came along are printed, not kept.
"""

import argparse
import contextlib
import http.server
import io
import itertools
import json
import os
import pathlib
import runpy
import sys
import tempfile
import threading
import types
import unittest.mock

HERE = pathlib.Path(__file__).parent
sys.path.append(str(HERE.parents[3] / "scripts"))
from published_source import Missing, bare_package, take_source, take_wheel  # noqa: E402

PROMPT = "He said: \"The quick\" \\ brown/fox\n\tjumps é — 中文 😀 \x01\x7f over\r\n it </s>"
# Fewer than the 32 to which some cut their warm-up.
OUTPUT_LEN = 24
EXTRA = '{"seed": 7, "ignore_eos": true, "temperature": 1e-7, "é": [1, 2.50, 1e16, null, {"b": false, "a": "\\u20ac"}]}'

SGLANG = {
    "sglang-0.2.14": (["0.2.14", "0.3.0"], ["sglang", "vllm", "lmdeploy", "trt"]),
    "sglang-0.4.5": (["0.4.3.post2", "0.4.5.post3"], ["sglang", "sglang-native", "sglang-oai", "vllm", "lmdeploy", "trt"]),
    "sglang-0.5.23": (
        ["0.5.23"],
        ["sglang", "sglang-native", "sglang-oai", "vllm", "lmdeploy", "sglang-oai-chat", "vllm-chat", "lmdeploy-chat", "trt"],
    ),
}
CHAT, TRITON = "/v1/chat/completions", "/v2/models/ensemble/generate_stream"
VLLM = {
    "vllm-0.8.4": {
        "vllm": None, "openai": None, "lmdeploy": None, "scalellm": None, "sglang": None,
        "openai-chat": CHAT, "tgi": "/generate_stream", "tensorrt-llm": TRITON,
    },
    "vllm-0.33": {"openai": None, "vllm": None, "openai-chat": CHAT},
}
SAMPLING = {"top-p": 0.9, "top-k": 40, "min-p": 0.05, "temperature": 0.7}
PENALTIES = {"frequency-penalty": 0.25, "presence-penalty": -0.5, "repetition-penalty": 1.1}


def cases():
    """Whose rules, the releases that send alike, the backend, and the flags."""
    for rules, (releases, backends) in SGLANG.items():
        for backend in backends:
            for exact, stream in itertools.product((True, False), repeat=2):
                flags = {} if exact else {"disable-ignore-eos": True}
                yield rules, releases, backend, flags if stream else flags | {"disable-stream": True}
            yield rules, releases, backend, {"extra-request-body": EXTRA}
            if backend in ("sglang", "sglang-native") and rules != "sglang-0.2.14":
                yield rules, releases, backend, {"return-logprob": True}
    yield "sglang-0.5.23", ["0.5.23"], "sglang", {"temperature": 0.7, "top-p": 0.95}
    for rules, backends in VLLM.items():
        releases = [{"vllm-0.8.4": "0.8.4", "vllm-0.33": "0.33.0"}[rules]]
        for backend, endpoint in backends.items():
            flags = {"endpoint": endpoint} if endpoint else {}
            yield rules, releases, backend, flags
            yield rules, releases, backend, flags | {"ignore-eos": True}
            if backend in ("openai", "openai-chat"):
                yield rules, releases, backend, flags | SAMPLING | {"ignore-eos": True}
            if backend == "openai":
                yield rules, releases, backend, flags | {"logprobs": 3}
            if backend in ("openai", "openai-chat") and rules == "vllm-0.33":
                yield rules, releases, backend, flags | SAMPLING | PENALTIES | {"extra-body": EXTRA}
    yield "llm-infra-bench", [], "vllm", {}
    yield "llm-infra-bench", [], "vllm", {"ignore-eos": True}


class Server(http.server.ThreadingHTTPServer):
    """Writes down the first request for generation, and refuses it."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.sent = None
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200, b'{"data": [{"id": "tiny"}]}')

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        if "tokenize" not in self.path and self.server.sent is None:
            self.server.sent = self.path, list(self.headers.items()), body
        self.answer(500, b"{}")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


class Words:
    """A tokenizer whose tokens are words."""

    chat_template = None

    @classmethod
    def from_pretrained(cls, *names, **settings):
        return cls()

    def encode(self, text, **settings):
        return list(range(len(text.split())))

    def __call__(self, text, **settings):
        return types.SimpleNamespace(input_ids=self.encode(text))


# What the tools import but don't need, and the few things that they do.
NAMES = {
    "benchmark_dataset", "benchmark_utils", "datasets", "huggingface_hub", "pandas", "PIL", "pybase64",
    "pynvml", "sglang", "soundfile", "torch", "transformers", "uvloop", "vllm",
}
GIVEN = {
    "AutoTokenizer": Words,
    "FlexibleArgumentParser": argparse.ArgumentParser,
    "get_tokenizer": Words.from_pretrained,
    "join_host_port": lambda host, port: f"{host}:{port}",
    "resolve_base_url": lambda base_url, host, port: base_url,
}


def unpack(rules, release, into):
    """Unpacks what is needed of a release, and gives the script to run."""
    into = into / release
    if rules.startswith("sglang"):
        take_wheel("sglang", release, ["sglang/"], into)
        newer = into / "sglang" / "benchmark" / "serving.py"
        return newer if newer.exists() else into / "sglang" / "bench_serving.py"
    take_source("vllm", release, ["benchmarks/", "vllm/benchmarks/"], into)
    older = into / "benchmarks" / "benchmark_serving.py"
    return older if release == "0.8.4" else into / "vllm" / "benchmarks" / "serve.py"


def packages(script):
    """Lets only the benchmarks be parts of their packages."""
    for name in [name for name in sys.modules if name.split(".")[0] in ("sglang", "vllm", "backend_request_func")]:
        del sys.modules[name]
    folder = script.parent
    if folder.name in ("benchmark", "benchmarks") and folder.parent.name in ("sglang", "vllm"):
        for name, path in ((folder.parent.name, []), (f"{folder.parent.name}.{folder.name}", [folder])):
            sys.modules[name] = bare_package(name, *path)


def arguments(flags):
    for name, value in flags.items():
        yield f"--{name}"
        if value is not True:
            yield str(value)


def run_tool(script, rules, backend, flags, server, files):
    packages(script)
    words = {
        "backend": backend, "base-url": f"http://127.0.0.1:{server.server_port}", "model": "tiny", "tokenizer": "words",
        "dataset-name": "sharegpt", "dataset-path": files / "conversations.json", "num-prompts": 1,
        "sharegpt-output-len": OUTPUT_LEN,
    }
    if rules in ("sglang-0.5.23", "vllm-0.33"):
        words["ready-check-timeout-sec"] = 0
    argv = list(arguments(words | flags))
    if script.name == "serve.py":
        from vllm.benchmarks import serve

        parser = argparse.ArgumentParser()
        serve.add_cli_args(parser)
        serve.main(parser.parse_args(argv))
    else:
        # vLLM's script has neighbours that it imports.
        path = [str(script.parent)] + sys.path if script.name == "benchmark_serving.py" else sys.path
        with unittest.mock.patch("sys.argv", [str(script)] + argv), unittest.mock.patch("sys.path", path):
            runpy.run_path(str(script), run_name="__main__")


def run_infra(checkout, flags, server, files):
    item = {"id": 0, "prompt": PROMPT, "max_output_tokens": OUTPUT_LEN}
    dataset = files / "infra.json"
    dataset.write_text(json.dumps([item | {"ignore_eos": True} if "ignore-eos" in flags else item]))
    argv = ["--url", f"http://127.0.0.1:{server.server_port}", "--dataset", str(dataset), "--model", "tiny"]
    script = checkout / "main.py"
    with unittest.mock.patch("sys.argv", [str(script)] + argv), unittest.mock.patch("sys.path", [str(checkout)] + sys.path):
        runpy.run_path(str(script), run_name="__main__")


def sent(run):
    """What a tool sends first, however it goes on after that was refused."""
    server = Server()
    noise = io.StringIO()
    try:
        with contextlib.redirect_stdout(noise), contextlib.redirect_stderr(noise):
            run(server)
    except (Exception, SystemExit) as why:
        noise.write(repr(why))
    server.shutdown()
    assert server.sent, f"nothing was sent: {noise.getvalue()}"
    return server.sent


def main(checkout):
    sys.meta_path.append(Missing(NAMES, GIVEN))
    made, heads = [], set()
    with tempfile.TemporaryDirectory() as directory:
        files = pathlib.Path(directory)
        os.chdir(files)
        turns = [{"from": "human", "value": PROMPT}, {"from": "gpt", "value": "It is so, I think"}]
        (files / "conversations.json").write_text(json.dumps([{"conversations": turns}] * 3))
        scripts = {}
        for rules, releases, backend, flags in cases():
            answers = []
            for release in releases:
                script = scripts.get(release) or scripts.setdefault(release, unpack(rules, release, files))
                answers.append(sent(lambda server: run_tool(script, rules, backend, flags, server, files)))
            if not releases:
                answers.append(sent(lambda server: run_infra(checkout, flags, server, files)))
            (path, headers, body), *others = answers
            assert all((other[0], other[2]) == (path, body) for other in others), f"{releases} don't send alike"
            for release, answer in zip(releases or [rules], answers):
                drawn = ("host", "content-length", "x-request-id")
                head = [name if name.lower() in drawn else f"{name}: {value}" for name, value in answer[1]]
                heads.add(f"{release} {backend}: {', '.join(head)}")
            flags = {name: value for name, value in flags.items() if name != "endpoint"}
            case = {"rules": rules, "releases": releases, "backend": backend, "flags": flags, "path": path}
            made.append(case | {"body": body.decode("ascii")})
    print(*sorted(heads), sep="\n")
    lines = ",\n".join(json.dumps(case) for case in made)
    asked = json.dumps({"prompt": PROMPT, "prompt_len": len(PROMPT.split()), "output_len": OUTPUT_LEN, "model": "tiny"})
    (HERE / "bodies.json").write_text(f'{{"asked": {asked},\n"cases": [\n{lines}\n]}}\n')


main(pathlib.Path(sys.argv[1]).resolve())

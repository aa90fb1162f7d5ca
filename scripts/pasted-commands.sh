#!/usr/bin/env bash
# The client's command lines of published comparisons, pasted with the program's
# name changed, against the embedded engine: each must send what it says, and
# every request must end well.
#
#   scripts/pasted-commands.sh [PROGRAM]      a shortened run (a minute or two)
#   FULL=1 scripts/pasted-commands.sh         every request of every command
#                                             (half an hour: their rates are kept)
#
# It needs the ports 8000, 10086 and 30000 of this machine.
set -euo pipefail
program=$(realpath "${1:-target/debug/tokenometer}")
folder=$(mktemp -d)
cd "$folder"
servers=()
cleanup() {
    kill "${servers[@]}" 2>/dev/null || true
    rm -rf "$folder"
}
trap cleanup EXIT

for port in 8000 10086 30000; do
    "$program" sim --listen "0.0.0.0:$port" --any-model --max-model-len 100000 \
        --ttft 1ms --gap 0ms >"sim-$port" 2>&1 &
    servers+=($!)
done
for port in 8000 10086 30000; do
    for _ in $(seq 100); do
        grep -q listening "sim-$port" && break
        sleep 0.1
    done
    grep -q listening "sim-$port" || { echo "port $port: $(cat "sim-$port")" >&2; exit 1; }
done

# The file that these tools download; here the conversations that the project
# writes stand in for it.
"$program" dataset make builtin --format sharegpt \
    --out ShareGPT_V3_unfiltered_cleaned_split.json >/dev/null
# The file that llm_infra_bench comes with.
"$program" dataset sample builtin --format llm-infra-bench --num-prompts 100 \
    --out sharegpt_data.json >/dev/null

# What is appended to make a command shorter; the last word of a flag holds.
short="--num-prompts 24"
if [ -n "${FULL:-}" ]; then short=""; fi

failed=0
# [refused=COUNT] pasted RULES WANTED COMMAND…: runs a command and counts its
# requests. All must end well but those that ask for no tokens at all, which the
# old draws make and which the engine refuses, as vLLM does.
pasted() {
    local rules=$1 wanted=$2 code=0
    shift 2
    "$program" bench --rules "$rules" "$@" --json >line.json 2>error.txt || code=$?
    if ! python3 - "$code" "$wanted" "${refused:-0}" "$rules: $*" <<'PY'
import json, sys
code, wanted, refused, command = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
# 3 and 4 say that a gate failed: whether one does depends on this machine, and
# on the embedded engine having words for tokens.
if code not in (0, 3, 4):
    sys.exit(f"exit {code}: {command}\n{open('error.txt').read()}")
trial = json.load(open("line.json"))
outcomes = {name: count for name, count in trial["outcomes"].items() if count}
as_it_should = {"ok": wanted - refused} | ({"http_error": refused} if refused else {})
why = {failure["error"] for failure in trial["failures"]}
if outcomes != as_it_should or why - {"HTTP 400: max_tokens must be at least 1"}:
    sys.exit(f"{command}\n{wanted} requests were wanted: {outcomes} {why or ''}")
print(f"{wanted:5} requests, {wanted - refused:5} ok   {command}")
PY
    then
        failed=1
    fi
}

# count FULL [SHORT]: how many requests a command sends.
count() { if [ -n "${FULL:-}" ]; then echo "$1"; else echo "${2:-24}"; fi; }

# SGLang 0.3.0 against vLLM 0.6.0
for backend in sglang vllm; do
    pasted sglang-0.2.14 "$(count 1200)" --backend $backend --dataset-name sharegpt --num-prompts 1200 --request-rate 4 $short
    pasted sglang-0.2.14 "$(count 2400)" --backend $backend --dataset-name sharegpt --num-prompts 2400 --request-rate 8 $short
    pasted sglang-0.2.14 "$(count 5000)" --backend $backend --dataset-name sharegpt --num-prompts 5000 $short
done

# Llama 3 70B in FP8 on eight H100. Three of the thousand ask for no tokens.
zero=$(count 3 0)
refused=$zero pasted sglang-0.2.14 "$(count 1000)" --backend sglang --dataset-name random --num-prompts 1000 --random-input 4096 --random-output 2048 --output-file offline.jsonl --port 10086 $short
refused=$zero pasted sglang-0.2.14 "$(count 1000)" --backend vllm --dataset-name random --num-prompts 1000 --random-input 4096 --random-output 2048 --output-file offline_vllm.jsonl $short
[ "$(wc -l <offline.jsonl)" = 1 ] && [ "$(wc -l <offline_vllm.jsonl)" = 1 ]

# DeepSeek-R1 on eight H200 and eight MI300X
for backend in sglang vllm trt-torch-flow; do
    pasted sglang-0.4.5 "$(count 500)" --backend $backend \
        --dataset-name random \
        --num-prompts 500 \
        --random-input 3200 \
        --random-output 800 \
        --random-range-ratio 1 \
        --max-concurrency 128 $short
done
for backend in sglang vllm; do
    groups=""
    if [ -z "${FULL:-}" ]; then groups="--gsp-prompts-per-group 3"; fi
    pasted sglang-0.4.5 "$(count 500 30)" --backend $backend \
        --dataset-name generated-shared-prefix \
        --gsp-num-groups 10 \
        --gsp-prompts-per-group 50 \
        --gsp-system-prompt-len 2000 \
        --gsp-question-len 1200 \
        --gsp-output-len 800 \
        --num-prompts 500 \
        --max-concurrency 128 $groups
done

# The same study's offline runs: what sets up the engine is the engine's. (The
# tokenizer and the name of that model aren't here.)
for backend in sglang vllm; do
    pasted vllm-throughput-0.7-dstack "$(count 1024)" \
        --backend $backend \
        --model deepseek-ai/DeepSeek-R1 \
        --input-len=3200 \
        --output-len=800 \
        --num-prompts=1024 --tokenizer builtin --served-model-name sim $short
done

# llm_infra_bench
pasted llm-infra-bench 100 --backend vllm
pasted llm-infra-bench 100 --backend vllm --model Qwen/Qwen3-8B --served-model-name sim
pasted llm-infra-bench 100 --backend vllm --concurrency 50

exit $failed

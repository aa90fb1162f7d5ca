# /// script
# requires-python = ">=3.10"
# dependencies = ["jinja2==3.1.6", "tokenizers==0.22.2", "transformers==5.0.0"]
# ///
"""Writes chat_templates.json: how transformers renders the templates beside it.

    uv run crates/workload/tests/golden/make_chat_templates.py

The templates in chat_templates/ are written for this project, in the manner of
those that well-known models come with.
"""

import json
from datetime import datetime
from pathlib import Path

import jinja2
import transformers
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

HERE = Path(__file__).parent

SPECIAL = {"bos_token": "<s>", "eos_token": "</s>"}

USER = {"role": "user", "content": "  Why does the river\n\nfreeze? "}
SYSTEM = {"role": "system", "content": " Be brief, and say \"no\" <often>. "}
ANSWER = {"role": "assistant", "content": "<think>\nCold — 漢字?\n</think>\n\n Because it is cold. 🦀"}
MORE = {"role": "user", "content": "don't  tell {{ me }} {% more %}"}

CONVERSATIONS = [
    [USER],
    [SYSTEM, USER],
    [USER, ANSWER, MORE],
    [SYSTEM, USER, ANSWER, MORE, ANSWER],
    [USER, MORE],
    [ANSWER],
    [USER, {"role": "tool", "content": "42"}, ANSWER],
    [SYSTEM, USER, ANSWER, MORE, ANSWER, MORE, ANSWER],
    [{"role": "user", "content": ""}],
]

DATES = ["%d %b %Y", "%-d %B %y", "%A, %Y-%m-%d", "%a %e %H:%M:%S %I %j %F 100%%"]


def rendered(tokenizer, template, messages, prompt):
    try:
        return {
            "text": tokenizer.apply_chat_template(
                messages, chat_template=template, tokenize=False, add_generation_prompt=prompt
            )
        }
    except jinja2.exceptions.TemplateError as refusal:
        return {"refused": str(refusal)}


def main():
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), **SPECIAL)
    templates = {}
    for path in sorted((HERE / "chat_templates").glob("*.jinja")):
        template = path.read_text(encoding="utf-8")
        templates[path.name] = [
            {
                "messages": messages,
                "add_generation_prompt": prompt,
                **rendered(tokenizer, template, messages, prompt),
            }
            for messages in CONVERSATIONS
            for prompt in (False, True)
        ]
    day = datetime(2025, 1, 1)
    recorded = {
        "made_by": f"transformers {transformers.__version__}, jinja2 {jinja2.__version__}",
        "special_tokens": SPECIAL,
        "dates": {format: day.strftime(format) for format in DATES},
        "templates": templates,
    }
    text = json.dumps(recorded, ensure_ascii=False, indent=1)
    (HERE / "chat_templates.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

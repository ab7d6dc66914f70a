"""Keeps what a coder was told first, for people who want to know why it did what it did."""

from __future__ import annotations

import asyncio
import json

from otto_bot.agents.coder_prompt import CodeRequest, code_prompt, code_system
from otto_bot.jobs.context import Context
from otto_bot.store.transcripts import prompt_key

HIDDEN = "…"
MOST = 400_000
"""Characters of each of its two parts; prompts are bounded far below it."""


async def keep_prompt(context: Context, run: int, request: CodeRequest, *, can_run: bool) -> None:
    """As it is sent, without secrets and without the nonce of its fences: who knew that could write words that stand
    outside of them. A session that goes on was told what the first one was: that stays."""
    key = prompt_key(run, request.task.key, request.attempt)

    def keep() -> None:
        if context.archive.turns(key):
            return
        told = {"system": code_system(request, can_run=can_run), "opening": code_prompt(request)}
        clean = {name: context.redactor.text(text.replace(request.nonce, HIDDEN))[:MOST] for name, text in told.items()}
        body = json.dumps(clean).encode()
        context.archive.save_turn(key, 1, body, context.now())

    await asyncio.to_thread(keep)

"""The coder: a conversation with tools until it finishes or a limit ends it; every paid turn is journalled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from pydantic import Field

from otto_bot.agents.coder_prompt import CodeRequest, code_prompt, code_rules
from otto_bot.agents.fence import rule
from otto_bot.agents.stopping import LOOK_SECONDS, unless_stopped
from otto_bot.agents.toolbox import Handoff, Toolbox, read_finish
from otto_bot.agents.turns import LEAST_TOKENS, Signal, request_hash, said, tool_result, why_not_run
from otto_bot.core.values import Frozen, Usage
from otto_bot.model.budgeted import BudgetedModel
from otto_bot.model.calls import Block, ModelCall, ModelReply
from otto_bot.model.errors import BudgetSpent, ProviderError
from otto_bot.model.journal import Journal, Turn
from otto_bot.model.toolset import ToolResult

Ending = Literal["finished", "step_limit", "token_limit", "money_limit", "time_limit", "stopped", "paused", "no_finish"]

NUDGE = "You called no tool. Go on with the task, or end with `finish`."
_NOT_RUN = "not run: the session was interrupted here; call it again if it is still needed"
_CUT = "[stopped: a person ended the work while this command ran]"


class CoderLimits(Frozen):
    """What one attempt may use at most: model calls, output tokens, US dollars, seconds."""

    steps: int = Field(default=80, gt=0)
    output_tokens: int = Field(default=200_000, gt=0)
    usd: float = Field(default=5.0, gt=0)
    seconds: float = Field(default=3600.0, gt=0)


class CodeResult(Frozen):
    """How an attempt's coding ended. `tree` is the work tree as it is now; replayed turns count in `turns`, `usage`."""

    ending: Ending
    handoff: Handoff | None = None
    tree: str
    turns: int
    usage: Usage
    detail: str = ""


async def code(
    model: BudgetedModel,
    tools: Toolbox,
    journal: Journal,
    limits: CoderLimits,
    request: CodeRequest,
    should_stop: Callable[[], Awaitable[Signal]],
    clock: Callable[[], float],
    look_seconds: float = LOOK_SECONDS,
) -> CodeResult:
    """Code one attempt, going on where the journal ends: recorded turns are neither paid nor run again.

    `should_stop` is asked before each model call and between tool calls, and every `look_seconds` while a model call or
    a command runs: a stop cuts those. `clock` counts seconds. Raises ProviderError where the model cannot be reached
    and UnknownPrice: the journal holds what was done, calling again goes on.
    """
    session = _Session(model, tools, journal, limits, request, should_stop, clock, look_seconds)
    return await session.work()


class _Session:
    def __init__(
        self,
        model: BudgetedModel,
        tools: Toolbox,
        journal: Journal,
        limits: CoderLimits,
        request: CodeRequest,
        should_stop: Callable[[], Awaitable[Signal]],
        clock: Callable[[], float],
        look_seconds: float,
    ) -> None:
        self.model, self.tools, self.journal = model, tools, journal
        self.limits, self.request, self.should_stop, self.clock = limits, request, should_stop, clock
        self.look_seconds = look_seconds
        self.rules = code_rules(request, can_run=tools.runner is not None)
        self.messages: list[Block] = [{"role": "user", "content": code_prompt(request)}]
        self.steps = 0
        self.usage = Usage()
        self.seconds = 0.0
        self.silent = 0
        self.tree = ""

    async def work(self) -> CodeResult:
        """Replay, then turn by turn until something ends it."""
        ended = await self._replay()
        while ended is None:
            ended = await self._interruption() or self._limit()
            if ended is None:
                ended = await self._turn()
        return ended

    def _end(self, ending: Ending, detail: str = "", handoff: Handoff | None = None) -> CodeResult:
        return CodeResult(
            ending=ending, handoff=handoff, tree=self.tree, turns=self.steps, usage=self.usage, detail=detail
        )

    async def _replay(self) -> CodeResult | None:
        turns = await self.journal.turns(self.request.journal_key)
        ended = None
        for turn in turns:
            ended = self._take(turn)
        if turns:
            await self.tools.restore(self.tree)
        else:
            self.tree = await self.tools.snapshot()
        return ended

    def _take(self, turn: Turn) -> CodeResult | None:
        """Go one recorded turn forward: pure, so that replay and life are the same."""
        self.steps, self.tree = turn.number, turn.tree
        self.usage = self.usage.plus(turn.usage)
        self.seconds += turn.seconds
        if turn.stop_reason == "refusal":
            return self._end("no_finish", "the model refused to go on")
        if turn.stop_reason == "model_context_window_exceeded":
            return self._end("token_limit", "the conversation no longer fits into the model's context window")
        handoff = _finished(turn)
        if handoff is not None:
            return self._end("finished", handoff=handoff)
        answer: list[Block] = list(turn.tool_results)
        self.silent = 0 if answer else self.silent + 1
        if self.silent > 1:
            return self._end("no_finish", "the model ended without `finish`, and again when asked to go on")
        if not answer:
            answer.append({"type": "text", "text": NUDGE})
        left = self.limits.steps - self.steps
        if left <= 3:
            answer.append({"type": "text", "text": f"{left} steps are left. Bring the work to an end and `finish`."})
        self.messages += [said(turn.reply_content), {"role": "user", "content": answer}]
        return None

    async def _interruption(self) -> CodeResult | None:
        signal = await self.should_stop()
        if signal == "go":
            return None
        return self._end("stopped" if signal == "stop" else "paused")

    def _limit(self) -> CodeResult | None:
        limits = self.limits
        if self.steps >= limits.steps:
            return self._end("step_limit", f"{limits.steps} steps are used up")
        if limits.output_tokens - self.usage.output_tokens < LEAST_TOKENS:
            return self._end("token_limit", f"{limits.output_tokens} output tokens are used up")
        if self.usage.usd >= limits.usd:
            return self._end("money_limit", f"${limits.usd:.2f} for this attempt are used up")
        if self.seconds >= limits.seconds:
            return self._end("time_limit", f"{limits.seconds:g} seconds are used up")
        return None

    async def _turn(self) -> CodeResult | None:
        """One call, its tools, one journal row."""
        started = self.clock()
        call = self._call()
        try:
            reply = await unless_stopped(self.model.ask(call), self.should_stop, self.look_seconds)
        except BudgetSpent as error:
            return self._end("money_limit", str(error))
        except ProviderError as error:
            if error.kind == "too_long":
                return self._end("token_limit", error.message)
            if error.kind == "timeout" and self.seconds + self.clock() - started >= self.limits.seconds:
                return self._end("time_limit", error.message)
            raise
        if reply is None:
            return self._end("stopped")
        results = await self._run_tools(reply, started)
        turn = Turn(
            number=self.steps + 1,
            request_hash=request_hash(call),
            reply_content=reply.content,
            stop_reason=reply.stop_reason,
            usage=reply.usage,
            tool_results=results,
            tree=await self.tools.snapshot(),
            seconds=max(0.0, self.clock() - started),
        )
        await self.journal.save(self.request.journal_key, turn)
        return self._take(turn)

    def _call(self) -> ModelCall:
        request = self.request
        return ModelCall(
            role="coder",
            run=request.run,
            task=request.task.key,
            attempt=request.attempt,
            turn=self.steps + 1,
            model=request.model,
            system=self.rules,
            fences=rule(request.nonce),
            messages=self.messages,
            tools=self.tools.definitions,
            max_tokens=min(request.step_tokens, self.limits.output_tokens - self.usage.output_tokens),
            timeout=min(request.step_timeout, self.limits.seconds - self.seconds),
            cache=True,
        )

    async def _run_tools(self, reply: ModelReply, started: float) -> list[Block]:
        """The results of this reply's tool calls, in order; each call gets one, whether it was run or not."""
        calls = reply.tool_calls
        results: list[Block] = []
        interrupted = False
        for place, block in enumerate(calls):
            why = _NOT_RUN if interrupted else why_not_run(reply.stop_reason, place, len(calls))
            if why is not None:
                result = ToolResult(why, is_error=True)
            else:
                left = self.limits.seconds - self.seconds - (self.clock() - started)
                result = await self._use(str(block.get("name")), block.get("input"), left)
                interrupted = place + 1 < len(calls) and await self.should_stop() != "go"
            results.append(tool_result(block, self.model.redact(result.text), is_error=result.is_error))
        return results

    async def _use(self, name: str, arguments: Any, seconds: float) -> ToolResult:
        """One tool call. Only a command is cut by a stop: the others are short, and never leave half a file."""
        work = self.tools.call(name, arguments, seconds)
        if name != "run":
            return await work
        return await unless_stopped(work, self.should_stop, self.look_seconds) or ToolResult(_CUT, is_error=True)


def _finished(turn: Turn) -> Handoff | None:
    """What `finish` said, where it was called and accepted in this turn."""
    accepted = {result.get("tool_use_id") for result in turn.tool_results if not result.get("is_error")}
    for block in turn.reply_content:
        if block.get("type") == "tool_use" and block.get("name") == "finish" and block.get("id") in accepted:
            return read_finish(block.get("input"))
    return None

"""Attacks on what Otto works on: text that is changed between a maintainer's word and Otto's reading of it."""

from __future__ import annotations

import json
from pathlib import Path

from frozen_scene import (
    EVIL,
    after_a_lost_label,
    edited,
    edited_often,
    got,
    hide_strangers,
    mended,
    renamed_often,
    show,
    written_late,
)
from gate_stage import Stage, a_stage
from security_registry import attack, defence

from otto_bot.bench.simulate.planting import Change

PWN = "https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/"
RACE = "https://github.com/anthropics/claude-code-action/pull/710"
HUNDRED = "own: GraphQL gives a hundred edits at once"

AS_ASKED = defence(
    "text-as-asked-for",
    "Work starts only on a text that nobody without write permission changed after it was asked for",
    Change(
        "otto_bot.intake.frozen", "text_asked_for", "return Changed(by=strangers) if strangers else text", "return text"
    ),
)
SAME_SECOND = defence(
    "same-second",
    "An edit in the same second as the word that asks for the text counts as one after it",
    Change("otto_bot.intake.frozen", "text_asked_for", "edit.at >= since", "edit.at > since"),
)
NOBODYS_EDIT = defence(
    "nobodys-edit",
    "An edit by an account that is gone, or that GitHub does not show, counts as one by a stranger",
    Change(
        "otto_bot.intake.frozen",
        "_may",
        "if user_id is None:\n        return False",
        "if user_id is None:\n        return True",
    ),
)
CUT_HISTORY = defence(
    "cut-history",
    "Of a list of edits that GitHub cuts, those that are not shown count as a stranger's",
    Change("otto_bot.github.issue_history", "_edits", "if cut:", "if False:"),
)
HIDDEN_EDITS = defence(
    "hidden-edits",
    "An edit that GitHub lists and does not show counts as a stranger's",
    Change("otto_bot.github.issue_history", "_edits", "if one is None]", "if False]"),
)
AT_ANY_TIME = defence(
    "hidden-at-any-time",
    "An edit of which GitHub does not say when it was made counts as one made right after the word that asks",
    Change("otto_bot.intake.frozen", "_may_contain", "edit.or_before or ", ""),
)
BOX_MEANS_SHOWN = defence(
    "box-means-what-was-shown",
    "A box in the plan means the issue's text that stood there when the plan was written, and no other",
    Change("otto_bot.intake.desk", "Desk._ticked", "if text.digest != shown_at(run, edit.comment_id):", "if False:"),
)
IMPROVE_FROZEN = defence(
    "improve-keeps-the-text",
    "A run that makes a review's changes works with the issue as the reviewed run knew it",
    Change("otto_bot.intake.reviews", "Reviews._start", "title=run.title, body=run.body,",
           "title=(now := await self._repository(run).issue(run.issue)).title, body=now.body,"),
)  # fmt: skip
FEW_TURNS = defence(
    "few-turns",
    "Whoever edits an issue to and fro makes its plan wait for a person, and Otto write no more than a few times",
    Change("otto_bot.core.edits", "news", "(seen.turns >= MOST_TURNS or seen.edits >= MOST_EDITS)", "False"),
)


@attack("edit-after-a-lost-label", point=3, by=AS_ASKED, source=RACE)
async def edit_after_a_lost_label(place: Path) -> str | None:
    """A maintainer labels, the webhook is lost, the author edits the issue before Otto finds the label by looking."""
    return await after_a_lost_label(place, lambda stage: edited(stage, body=EVIL))


@attack("edit-before-the-delivery-is-written", point=3, by=AS_ASKED, source=PWN, slow=True)
async def edit_before_the_delivery_is_written(place: Path) -> str | None:
    """The author edits right after the label, and GitHub writes the delivery with the text that stands by then."""
    return await written_late(place, "issues", label="otto")


@attack("edit-in-the-same-second", point=3, by=SAME_SECOND, source=RACE, slow=True)
async def edit_in_the_same_second(place: Path) -> str | None:
    """A script of the author's waits for the label and edits at once: GitHub gives both the same second."""
    async with a_stage(place) as stage:
        second = stage.now().replace(microsecond=0)
        stage.world.clock = lambda: second
        await stage.act(label="otto")
        await edited(stage, body=EVIL)
        stage.lose()
        await stage.catch_up()
        return got(stage)


@attack("title-after-a-lost-label", point=3, by=AS_ASKED, source=PWN, slow=True)
async def title_after_a_lost_label(place: Path) -> str | None:
    """Only the title is changed, which is no edit of the text for GitHub."""
    return await after_a_lost_label(place, lambda stage: edited(stage, title=EVIL))


@attack("edit-under-a-maintainers-edit", point=3, by=AS_ASKED, source=RACE, slow=True)
async def edit_under_a_maintainers_edit(place: Path) -> str | None:
    """A maintainer mends a word after the stranger's edit, so that the last edit is the maintainer's."""
    return await after_a_lost_label(place, mended)


@attack(
    "edit-that-is-not-shown",
    point=3,
    by=HIDDEN_EDITS,
    source="https://docs.github.com/en/graphql/reference/objects#usercontenteditconnection nodes may be null",
    slow=True,
)
async def edit_that_is_not_shown(place: Path) -> str | None:
    """A maintainer mends a word after the stranger's edit, which GitHub lists as null, as what may not be seen."""

    async def edit(stage: Stage) -> None:
        await mended(stage)
        hide_strangers(stage)

    return await after_a_lost_label(place, edit)


@attack("edit-by-an-account-that-is-gone", point=3, by=NOBODYS_EDIT, source=RACE, slow=True)
async def edit_by_an_account_that_is_gone(place: Path) -> str | None:
    """The author edits after the label and deletes the account: GitHub names nobody for the edit."""

    async def edit(stage: Stage) -> None:
        await edited(stage, body=EVIL)
        del stage.world.users["mallory"]

    return await after_a_lost_label(place, edit)


@attack("edit-below-a-hundred-others", point=3, by=CUT_HISTORY, source=HUNDRED, slow=True)
async def edit_below_a_hundred_others(place: Path) -> str | None:
    """A stranger renames the issue; a maintainer's tool does so a hundred times more and keeps the words."""

    async def edit(stage: Stage) -> None:
        await edited(stage, title=EVIL)
        await renamed_often(stage)

    return await after_a_lost_label(place, edit)


@attack("edit-below-a-hundred-later-ones", point=3, by=AT_ANY_TIME, source=HUNDRED, slow=True)
async def edit_below_a_hundred_later_ones(place: Path) -> str | None:
    """The delivery of a label holds a stranger's edit; when Otto looks, a hundred later ones hide who made it."""
    return await written_late(place, "issues", edited_often, label="otto")


@attack("edit-after-plan-was-asked-for", point=3, by=AS_ASKED, source=PWN, slow=True)
async def edit_after_plan_was_asked_for(place: Path) -> str | None:
    """`/otto plan` is said, and its delivery is written with the issue as the author left it a second later."""
    return await written_late(place, "issue_comment", comment="/otto plan")


@attack("edit-after-a-lost-replan", point=3, by=AS_ASKED, source=RACE, slow=True)
async def edit_after_a_lost_replan(place: Path) -> str | None:
    """`/otto replan` is said for an edit that was read; its webhook is lost, and the author edits once more."""
    async with a_stage(place) as stage:
        await stage.do(label="otto")
        await stage.planned()
        stage.later(5)
        await stage.act(comment="/otto replan")
        stage.later(5)
        await edited(stage, body=EVIL)
        stage.lose()
        await stage.catch_up()
        return got(stage)


@attack("edit-while-replan-is-said-elsewhere", point=3, by=AS_ASKED, source=RACE, slow=True)
async def edit_while_replan_is_said_elsewhere(place: Path) -> str | None:
    """`/otto replan` is said where the comment's delivery does not carry the run's issue, which is edited meanwhile."""
    async with a_stage(place) as stage:
        await stage.do(label="otto")
        await stage.planned()
        stage.later(5)
        await stage.act(comment="/otto replan")
        (row,) = [row for row in stage.waiting() if row.event == "issue_comment"]
        body = json.loads(row.body)
        stage.lose()
        stage.later(5)
        await edited(stage, body=EVIL)
        stage.lose()
        del body["issue"]["updated_at"]
        body["issue"]["body"] = EVIL
        await stage.tell("issue_comment", "created", body)
        return got(stage)


@attack(
    "edit-between-plan-and-box", point=3, by=BOX_MEANS_SHOWN, slow=True,
    source=RACE,
)  # fmt: skip
async def edit_between_plan_and_box(place: Path) -> str | None:
    """The plan shows that the issue was edited; the author edits again before a maintainer ticks `/otto replan`."""
    async with a_stage(place) as stage:
        await stage.do(label="otto")
        await stage.planned(plan={"approval": "always"})
        await edited(stage, body="Please, and a test.")
        await stage.work()
        await show(stage)
        stage.later(5)
        await edited(stage, body=EVIL)
        await stage.work()
        stage.later(5)
        await stage.do(edit_comment={"author": "bot", "contains": "/otto replan", "tick": "/otto replan"})
        return got(stage)


@attack("edit-before-improve", point=3, by=IMPROVE_FROZEN, source=RACE, slow=True)
async def edit_before_improve(place: Path) -> str | None:
    """After the merge the author edits the old issue; a maintainer says `/otto improve` for a review."""
    async with a_stage(place) as stage:
        await stage.do(label="otto")
        run = await stage.opened()
        await stage.do(merge={"where": f"pull/{run.pull_request}"})
        await edited(stage, body=EVIL)
        line = {"path": "README.md", "line": 1, "body": "Name it better."}
        where = f"pull/{run.pull_request}"
        await stage.do(review={"where": where, "state": "comment", "body": "One thing.", "comments": [line]})
        await stage.do(comment={"where": where, "body": "/otto improve"})
        assert len(stage.ledger.run_ids()) == 2
        return got(stage)


@attack(
    "edits-to-and-fro",
    point=10,
    by=FEW_TURNS,
    source="https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits",
    slow=True,
)
async def edits_to_and_fro(place: Path) -> str | None:
    """The author edits the issue and puts it back, again and again: each time the plan is written anew."""
    async with a_stage(place) as stage:
        await stage.do(label="otto")
        await stage.planned(plan={"approval": "always"})
        for number in range(12):
            stage.later(1)
            await edited(stage, body="Please." if number % 2 else "Please!")
            await stage.work()
        revision = stage.run.plan_revision
        return f"the plan was written anew as r{revision}" if revision > 4 else None

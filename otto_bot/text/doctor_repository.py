"""What the doctor says of a repository: for each check every sentence that it has, how bad it is, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from otto_bot.text.doctor_host import About, Said

REPOSITORY: Mapping[str, About] = {
    "installed": About(
        "whether the App is installed there, may use the repository, and can write to it",
        {
            "there": Said("ok", "The App is installed for {name}; its default branch is {branch}."),
            "not": Said("problem", "The App is not installed for {name}, or there is no such repository.",
                        "Install it there: {page}. Mind the spelling.", "install.md"),
            "suspended": Said("problem", "The owner of {name} has suspended the App.",
                              "An owner lets it in again: {page}.", "troubleshooting.md#suspended-installation"),
            "archived": Said("problem", "{name} is archived: GitHub takes no write there.",
                             "Take it out of the archive: *Settings → Danger Zone*.",
                             "troubleshooting.md#archived-midrun"),
            "disabled": Said("problem", "GitHub has disabled {name}.", "Ask GitHub's support."),
            "renamed": Said("note", "{name} is called {now} today.", "Use that name."),
            "empty": Said("problem", "{name} has no commit on {branch} yet.",
                          "Create a first file (a README will do); Otto begins from a commit."),
        },
    ),
    "issues": About(
        "whether the repository has issues at all",
        {
            "on": Said("ok", "Issues are enabled."),
            "off": Said("problem", "Issues are disabled: there is nothing to label.",
                        "Turn them on: *Settings → General → Features → Issues*."),
        },
    ),
    "permissions": About(
        "what this repository's installation granted",
        {
            "granted": Said("ok", "All permissions that Otto needs are granted."),
            "lacking": Said("problem", "The installation has not granted {missing}.",
                            "An owner accepts it here: {page}. Until then runs rest before anything is paid.",
                            "troubleshooting.md#missing-permission"),
            "less": Said("warning", "The installation has not granted {missing}: runs go on, and people have more to "
                         "do.",
                         "An owner accepts it here: {page}.", "troubleshooting.md#no-actions-write"),
        },
    ),
    "configuration": About(
        "`.github/otto.yml` on the default branch, and whether the price of each model that it names is known",
        {
            "valid": Said("ok", "`.github/otto.yml` can be used. The label is {label}."),
            "none": Said("ok", "There is no `.github/otto.yml`: defaults hold. The label is {label}."),
            "invalid": Said("problem", "`.github/otto.yml` cannot be used: {place}: {why}.",
                            "Correct it on the default branch.", "configure.md#repository-githubottoyml"),
            "no_price": Said("problem", "No price is known for {model} (`models.{role}`).",
                             "Name a model of the price table, or let the host set OTTO_PRICES.",
                             "configure.md#prices"),
        },
    ),
    "actions": About(
        "whether Actions can run: their settings where GitHub shows them, and workflows that somebody disabled",
        {
            "on": Said("ok", "Actions are enabled; actions that may be used: {allowed}."),
            "seen": Said("note", "GitHub does not show the settings of Actions to the App (that takes "
                         "*Administration*, "
                         "which Otto never asks for). {count} of its workflows are active."),
            "off": Said("problem", "Actions are disabled for this repository: nothing can be verified.",
                        "*Settings → Actions → General → Allow*.", "troubleshooting.md#actions-disabled"),
            "pinned": Said("note", "Actions must be pinned to a full commit SHA here.",
                           "A workflow with `@v5` does not start.", "troubleshooting.md#sha-pin-policy"),
            "disabled": Said("problem", "{file} is disabled ({state}), and Otto's branches are verified by it.",
                             "Enable it in the *Actions* tab.", "troubleshooting.md#actions-disabled"),
        },
    ),
    "verification": About(
        "whether workflows start for Otto's branches, which, and why; a push by an App starts them as a person's does",
        {
            "dispatch": Said("ok", "Otto starts {files} by hand on each of its branches. Why: {why}."),
            "push": Said("ok", "A push of Otto's starts {files}. Why: {why}."),
            "pull_request": Said("ok", "A pull request of Otto's starts {files}. Why: {why}.", "",
                                 "troubleshooting.md#pr-only-ci"),
            "none": Said("problem", "Nothing verifies a branch of Otto's: {why}.",
                         "Add a workflow that is started by hand; this page is filled in: {link}",
                         "troubleshooting.md#push-main-only"),
            "unreadable": Said("problem", "{file} cannot be read: {why}.", "Mend it on the default "
                               "branch.", "lanes.md"),
        },
    ),
    "exposure": About(
        "what code on Otto's branches could use in this CI",
        {
            "nothing": Said("ok", "Code on Otto's branches can use no secret and no write permission of this CI."),
            "something": Said("warning", "Code on Otto's branches could use in this CI: {what}.",
                              "Each plan asks for a yes to it. To be asked nothing, add `permissions: {{contents: "
                              "read}}` "
                              "to the workflows, or verify by `otto-verify.yml` alone.", "exposure.md"),
        },
    ),
    "required-checks": About(
        "checks that the default branch requires, and which of them nothing on Otto's branches can ever report",
        {
            "none": Said("ok", "The default branch requires no checks."),
            "reported": Said("ok", "The default branch requires {names}; workflows report all of them on Otto's pull "
                             "requests."),
            "others": Said("note", "{names} come from other Apps: Otto waits a little for them, and leaves them to "
                           "people "
                           "where they stay away.", "", "troubleshooting.md#foreign-checks"),
            "never": Said("warning", "{names} is required, and no workflow that starts for Otto's pull requests has "
                          "a job "
                          "of that name: GitHub will hold the merge for ever.",
                          "Take it off the required checks, or let its workflow start for pull requests without "
                          "filters.",
                          "troubleshooting.md#foreign-checks"),
            "hidden": Said("note", "GitHub does not show all that the default branch requires: {why}."),
        },
    ),
    "approvals": About(
        "whether runs of Otto's wait until a person lets them start, and environments with reviewers in its jobs",
        {
            "none": Said("ok", "No run of Otto's waits for an approval, and no job of the lane names an environment "
                         "with "
                         "reviewers."),
            "runs": Said("problem", "{count} of Otto's wait until a maintainer approves them; the newest: {page}.",
                         "Press *Approve and run*; to spare yourself that, relax *Settings → Actions → General → "
                         "Approval for running workflows*.", "troubleshooting.md#approval-required"),
            "environment": Said("warning", "{file} names the environment {name}, whose reviewers must approve each "
                                "run.",
                                "Take `environment:` out of jobs that only test, or verify by `otto-verify.yml`.",
                                "troubleshooting.md#env-waiting"),
            "hidden": Said("note", "GitHub does not show environments to the App: {why}."),
        },
    ),
    "branch-rules": About(
        "rules for branches that refuse Otto's, or say how they are named and made",
        {
            "free": Said("ok", "Otto's branches begin with {prefix}/; no rule hinders them."),
            "closed": Said("problem", "A rule refuses Otto's branches: "
                           "{why}", "", "troubleshooting.md#restricted-creation"),
            "named": Said("note", "A rule wants other names: Otto's branches begin with {prefix}/.", "",
                          "troubleshooting.md#branch-pattern"),
            "signed": Said("note", "Commits must be signed: GitHub makes Otto's.", "",
                           "troubleshooting.md#required-signatures"),
            "linear": Said("note", "No merge commits are taken: Otto's branches stay on the commit that a run began "
                           "with.",
                           "", "troubleshooting.md#linear-history"),
        },
    ),
    "labels": About(
        "the label that starts a run, and Otto's own",
        {
            "there": Said("ok", "The label {label} is there."),
            "missing": Said("note", "There is no label {label} yet.",
                            "Make it, with exactly this name; Otto makes the others with its first run."),
        },
    ),
    "person": About(
        "with `--as LOGIN`: whether this person may command Otto here",
        {
            "writes": Said("ok", "{login} has write permission ({role}) and may command Otto."),
            "reads": Said("problem", "{login} has no write permission here ({role}): Otto does not listen to them.",
                          "An administrator gives it in *Settings → Collaborators*.", "troubleshooting.md#custom-role"),
        },
    ),
    "files": About(
        "Git LFS and submodules, which Otto leaves to people",
        {
            "plain": Said("ok", "No submodules, and no files in Git LFS that `.gitattributes` at the root names."),
            "lfs": Said("note", "Git LFS keeps files here; Otto does not change those.", "", "troubleshooting.md#lfs"),
            "submodules": Said("note", "There are submodules; Otto does not change them.", "",
                               "troubleshooting.md#submodule"),
        },
    ),
    "offers": About(
        "files that a person could commit so that Otto has it easier, as links to GitHub's own editor",
        {
            "none": Said("ok", "`otto-verify.yml` and `.github/otto.yml` are there."),
            "verify": Said("note", "There is no `otto-verify.yml`: with it Otto starts one workflow by hand, and no "
                           "drafts "
                           "are needed.", "Commit one: {link} (`otto-bot init` finds the test command)."),
            "config": Said("note", "There is no `.github/otto.yml`.", "Commit one where defaults do not fit: {link}"),
        },
    ),
}  # fmt: skip

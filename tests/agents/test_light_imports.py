"""The provider's SDK takes seconds and 75 MB to import: only a process that calls a model may pay for it."""

import subprocess
import sys


def test_naming_the_agents_and_the_model_does_not_import_the_sdk():
    words = (
        "import sys, otto_bot.agents.pilot, otto_bot.agents.coder, otto_bot.agents.judge, otto_bot.agents.planner, "
        "otto_bot.model.budgeted, otto_bot.model.toolset, otto_bot.agents.mapping.repo_map; "
        "print(sorted({'anthropic', 'httpx2', 'dbos', 'tree_sitter'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"

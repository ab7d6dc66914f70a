"""The demo driver: starts every part of the playground and the bot, tells the story, checks what was expected."""

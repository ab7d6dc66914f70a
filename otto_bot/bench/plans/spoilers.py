"""Words for mutations of each intent: vague criteria, scope that its non-goals exclude, another technology."""

from __future__ import annotations

Where = tuple[str, str]

VAGUE: dict[str, tuple[str, ...]] = {
    "cli-dry-run": ("The option works as expected", "The code is clean and readable"),
    "orders-pagination": ("Pagination is implemented", "Performance is good"),
    "dark-mode": ("Dark mode looks good", "The switch is user-friendly"),
    "double-invoice": ("The bug is fixed properly", "All tests pass"),
    "upgrade-guide": ("The guide is well written", "Everything is documented"),
    "rate-limit": ("Rate limiting works reliably", "Edge cases are handled"),
    "split-module": ("The code is well-structured and maintainable", "The refactoring is done"),
    "flaky-clock-test": ("The test is stable", "The test suite is green"),
    "intake-form": ("The form is easy to use", "Validation works correctly"),
    "csv-import-de": ("Der Import works well", "Errors are handled gracefully"),
    "tool-library": ("The mails work", "Reminders are implemented"),
    "club-dues": ("The download works as intended", "Unit tests are added"),
    "log-search": ("The page is responsive", "The search is fast"),
    "three-changes": ("It is properly tested", "Best practices are followed"),
    "clinic-booking": ("Text messages are supported", "Errors are handled appropriately"),
    "slack-and-jira": ("The integration is robust", "Everything works end to end"),
    "photo-contest": ("The page is nice", "Good user experience"),
    "meter-readings": ("The API is secure", "The code follows best practices"),
    "newsletter": ("Bounces are handled", "There are unit tests"),
    "recipe-box": ("The import works", "The code quality is high"),
    "stock-shapes": ("The export is complete", "CI passes"),
}
"""At least one criterion of each that says nothing that can be seen."""

OUT_OF_SCOPE: dict[str, tuple[Where, ...]] = {
    "cli-dry-run": (("criterion", "`photosort dedupe` has a dry run, too, and prints what it would delete"),),
    "orders-pagination": (("criterion", "the response carries the total count of orders"),),
    "dark-mode": (("criterion", "printed pages have a theme of their own with 2 colours"),),
    "double-invoice": (("criterion", "sent invoices of 2025 are corrected by a credit note"),),
    "upgrade-guide": (("criterion", "there is a page for each release before 2.0"),),
    "rate-limit": (("criterion", "two processes share the limit through a file"),),
    "split-module": (("criterion", "public functions are renamed to snake_case"),),
    "flaky-clock-test": (("criterion", "sessions.py is changed to take a clock"),),
    "intake-form": (("criterion", "the scan is uploaded in step 4 and shown as a preview"),),
    "csv-import-de": (("criterion", "members that the file does not name are deleted"),),
    "tool-library": (
        ("criterion", "a member joins the waiting list of a tool that is out"),
        ("title", "Waiting lists for tools"),
        ("criterion", "the fee for each late day is shown under My loans"),
    ),
    "club-dues": (
        ("criterion", "the treasurer refunds a payment with one button"),
        ("title", "Members change their address"),
    ),
    "log-search": (("criterion", "a search can be saved under a name: saved searches are listed on the left"),),
    "three-changes": (("criterion", "durations of months and years are said, too"),),
    "clinic-booking": (
        ("criterion", "patients make an account and see their bookings"),
        ("title", "Calendars of the doctors"),
    ),
    "slack-and-jira": (
        ("criterion", "closing an incident closes its ticket from here"),
        ("title", "Commands in Slack"),
    ),
    "photo-contest": (("criterion", "visitors write comments on photos of the contest"),),
    "meter-readings": (
        ("title", "Forecasts for next month"),
        ("criterion", "an alert is sent when a day has twice the usual sum"),
    ),
    "newsletter": (("criterion", "subscribers of the old service are imported from a CSV file"),),
    "recipe-box": (
        ("criterion", "a recipe is shared with the outside by a secret link"),
        ("title", "Photos of dishes"),
    ),
    "stock-shapes": (("criterion", "inactive products are listed with a flag"),),
}
"""What a non-goal of the intent's plan excludes, as a criterion or a task's title."""

OTHER_STACK: dict[str, tuple[str, str]] = {
    "cli-dry-run": ("argparse", "Typer"),
    "orders-pagination": ("FastAPI", "Flask"),
    "dark-mode": ("React", "Svelte"),
    "double-invoice": ("PostgreSQL", "MongoDB"),
    "upgrade-guide": ("Python", "Rust"),
    "rate-limit": ("Go", "Python"),
    "split-module": ("pytest", "unittest"),
    "flaky-clock-test": ("pytest", "nose2"),
    "intake-form": ("Vue", "React"),
    "csv-import-de": ("Django", "FastAPI"),
    "tool-library": ("Flask", "Django"),
    "club-dues": ("Stripe", "PayPal"),
    "log-search": ("Rust", "Python"),
    "three-changes": ("unittest", "pytest"),
    "clinic-booking": ("Laravel", "Symfony"),
    "slack-and-jira": ("Celery", "Dramatiq"),
    "photo-contest": ("Rails", "Sinatra"),
    "meter-readings": ("Django", "Flask"),
    "newsletter": ("Mailgun", "SendGrid"),
    "recipe-box": ("SQLite", "PostgreSQL"),
    "stock-shapes": ("Spring Boot", "Quarkus"),
}
"""A technology of the plan, and one that would replace it."""

"""Families of technologies that replace each other: what names one in prose, and in a manifest."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Technology:
    """`words` finds it in prose; `packages` are names of dependencies; `suffixes` are of its own files.

    `hints`: text without any of these, in lower case, cannot name it; looking for them is far faster.
    """

    name: str
    words: re.Pattern[str]
    hints: tuple[str, ...]
    packages: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()

    def is_in(self, text: str, lower: str) -> bool:
        """Whether a text, given in lower case, too, names it."""
        return any(hint in lower for hint in self.hints) and self.words.search(text) is not None


def _tech(name: str, words: str = "", packages: str = "", suffixes: str = "") -> Technology:
    """Words are matched as they stand (their case counts), unless they say otherwise."""
    pattern = words or rf"(?i:{re.escape(name)})"
    letters = re.sub(r"\\[A-Za-z]|\(\?[a-z]+:", " ", pattern)
    return Technology(
        name=name,
        words=re.compile(rf"(?<![\w.-])(?:{pattern})(?![\w-])"),
        hints=tuple(part.lower() for part in re.findall(r"[A-Za-z]+", letters)),
        packages=tuple(packages.split()),
        suffixes=tuple(suffixes.split()),
    )


WEB = (
    _tech("Flask", "(?i:flask)", "flask"),
    _tech("FastAPI", "(?i:fastapi)", "fastapi"),
    _tech("Django", "(?i:django)", "django"),
    _tech("Starlette", "(?i:starlette)", "starlette"),
    _tech("Tornado", "Tornado", "tornado"),
    _tech("Sanic", "Sanic", "sanic"),
    _tech(
        "Express",
        r"Express(?:\.js|JS)|express\.js|expressjs|(?<=with |..in |..on )Express|"
        r"(?<=using )Express|(?m:^Express$)|Express(?=[,)])|"
        r"Express(?= (?:\d|\+|and|app|server|rout|middleware|handler|endpoint|\())",
        "express",
    ),
    _tech("Fastify", "(?i:fastify)", "fastify"),
    _tech("Koa", r"Koa(?:\.js)?", "koa"),
    _tech("NestJS", r"(?i:nestjs)|Nest\.js", "@nestjs/core"),
    _tech("Hono", "Hono", "hono"),
    _tech("Spring Boot", "(?i:spring boot)|Spring MVC", "spring-boot-starter-web"),
    _tech("Quarkus", "(?i:quarkus)", "quarkus-core"),
    _tech("Rails", "Rails|Ruby on Rails", "rails"),
    _tech("Sinatra", "Sinatra", "sinatra"),
    _tech("Laravel", "(?i:laravel)", "laravel/framework"),
    _tech("Symfony", "(?i:symfony)", "symfony/framework-bundle"),
    _tech("Gin", "Gin(?= (?:router|framework|handlers?|middleware))|gin-gonic", "github.com/gin-gonic/gin"),
    _tech("Axum", "(?i:axum)", "axum"),
    _tech("Actix", "(?i:actix(?:-web)?)", "actix-web"),
    _tech("Phoenix", "Phoenix(?: LiveView)?", "phoenix"),
)
DATABASES = (
    _tech(
        "PostgreSQL", "(?i:postgres(?:ql)?|psycopg\\d?|asyncpg)", "psycopg psycopg2 psycopg2-binary asyncpg pg postgres"
    ),
    _tech("MySQL", "(?i:mysql|mariadb)", "mysqlclient pymysql mysql2 mysql"),
    _tech("SQLite", "(?i:sqlite3?)", "aiosqlite sqlite3 better-sqlite3"),
    _tech("MongoDB", "(?i:mongo(?:db)?|mongoose)", "pymongo motor mongoose mongodb"),
    _tech("DynamoDB", "(?i:dynamodb)"),
    _tech("Firestore", "(?i:firestore)"),
    _tech("SQL Server", "(?i:sql server|mssql)", "pyodbc mssql"),
    _tech("CouchDB", "(?i:couchdb)"),
)
FRONT_ENDS = (
    _tech("React", r"React(?:\.js|JS)?(?! to\b)|react-dom", "react preact"),
    _tech("Vue", r"Vue(?:\.js|JS)?(?: 3)?", "vue"),
    _tech("Angular", r"Angular(?:JS)?", "@angular/core"),
    _tech("Svelte", "(?i:svelte(?:kit)?)", "svelte"),
    _tech("Ember", r"Ember(?:\.js)?", "ember-source"),
    _tech("htmx", "(?i:htmx)", "htmx.org"),
)
LANGUAGES = (
    _tech("Python", "(?i:python)", suffixes=".py"),
    _tech("Go", r"Golang|golang|(?<=in )Go|Go (?:module|service|code|binary|package)", suffixes=".go"),
    _tech("Rust", r"Rust(?= |\W*$)", suffixes=".rs"),
    _tech("Java", "Java", suffixes=".java"),
    _tech("Kotlin", "Kotlin", suffixes=".kt .kts"),
    _tech("Ruby", "Ruby", suffixes=".rb"),
    _tech("PHP", "PHP", suffixes=".php"),
    _tech("C#", r"C#|\.NET", suffixes=".cs"),
    _tech("Elixir", "Elixir", suffixes=".ex .exs"),
    _tech("Swift", "Swift(?:UI)?", suffixes=".swift"),
    _tech("Node.js", r"Node(?:\.js|JS)|nodejs", suffixes=".js .mjs .cjs .ts"),
)
SCRIPTS = (
    _tech("TypeScript", "(?i:typescript)", "typescript", ".ts .tsx"),
    _tech("JavaScript", "(?i:javascript)", "", ".js .jsx .mjs .cjs"),
)
PYTHON_TESTS = (
    _tech("pytest", "(?i:pytest)", "pytest"),
    _tech("unittest", "unittest"),
    _tech("nose2", "nose2?", "nose nose2"),
)
SCRIPT_TESTS = (
    _tech("Jest", "Jest|(?<=`)jest", "jest"),
    _tech("Vitest", "(?i:vitest)", "vitest"),
    _tech("Mocha", "Mocha|(?<=`)mocha", "mocha"),
    _tech("Jasmine", "Jasmine", "jasmine"),
)
BROWSER_TESTS = (
    _tech("Playwright", "(?i:playwright)", "playwright @playwright/test"),
    _tech("Cypress", "(?i:cypress)", "cypress"),
    _tech("Selenium", "(?i:selenium)", "selenium"),
)
MAPPERS = (
    _tech("SQLAlchemy", "(?i:sqlalchemy)", "sqlalchemy"),
    _tech("Peewee", "(?i:peewee)", "peewee"),
    _tech("Tortoise ORM", "(?i:tortoise(?: orm|-orm))", "tortoise-orm"),
    _tech("Prisma", "(?i:prisma)", "prisma @prisma/client"),
    _tech("TypeORM", "(?i:typeorm)", "typeorm"),
    _tech("Sequelize", "(?i:sequelize)", "sequelize"),
    _tech("Drizzle", "Drizzle|drizzle-orm", "drizzle-orm"),
)
QUEUES = (
    _tech("Celery", "(?i:celery)", "celery"),
    _tech("RQ", "RQ", "rq"),
    _tech("Dramatiq", "(?i:dramatiq)", "dramatiq"),
    _tech("Sidekiq", "(?i:sidekiq)", "sidekiq"),
    _tech("BullMQ", "(?i:bullmq)", "bullmq"),
)
BROKERS = (_tech("RabbitMQ"), _tech("Kafka"), _tech("NATS", "NATS"), _tech("SQS", "SQS"))
PAYMENTS = (
    _tech("Stripe", "(?i:stripe)", "stripe"),
    _tech("PayPal", "(?i:paypal)", "paypalrestsdk"),
    _tech("Adyen", "(?i:adyen)", "adyen"),
    _tech("Braintree", "(?i:braintree)", "braintree"),
    _tech("Mollie", "(?i:mollie)", "mollie-api-python"),
)
MAIL = (
    _tech("SendGrid", "(?i:sendgrid)", "sendgrid"),
    _tech("Mailgun", "(?i:mailgun)", "mailgun"),
    _tech("Postmark", "Postmark", "postmarker"),
    _tech("Amazon SES", "(?:Amazon |AWS )?SES"),
)
STYLES = (_tech("Tailwind", "(?i:tailwind(?:css)?)", "tailwindcss"), _tech("Bootstrap", "Bootstrap", "bootstrap"))
COMMANDS = (
    _tech("argparse", "argparse"),
    _tech("click", r"(?<=`)click(?=[`.])|Click (?:commands?|group|option)", "click"),
    _tech("Typer", "Typer|(?<=`)typer", "typer"),
)

FAMILIES: dict[str, tuple[Technology, ...]] = {
    "web framework": WEB,
    "database": DATABASES,
    "front-end framework": FRONT_ENDS,
    "language": LANGUAGES,
    "script language": SCRIPTS,
    "Python test tool": PYTHON_TESTS,
    "JavaScript test tool": SCRIPT_TESTS,
    "browser test tool": BROWSER_TESTS,
    "database mapper": MAPPERS,
    "task queue": QUEUES,
    "message broker": BROKERS,
    "payment provider": PAYMENTS,
    "mail provider": MAIL,
    "style framework": STYLES,
    "command-line library": COMMANDS,
}

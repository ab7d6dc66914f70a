"""Who is calling: App JWTs, installation tokens, and Basic auth of git."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable

import jwt
from cryptography.hazmat.primitives import serialization

from otto_bot.playground.github.config import AppConfig, ConfigError
from otto_bot.playground.github.registered import Registered
from otto_bot.playground.github.routing import Actor, ApiError
from otto_bot.playground.github.shapes import people
from otto_bot.playground.github.state import Token, UserToken
from otto_bot.playground.github.world import World

MAX_JWT_SECONDS = 600
CLOCK_DRIFT_SECONDS = 60


def public_key(app: AppConfig) -> str:
    """PEM of the key that verifies the app's JWTs; raises ConfigError for a key that is none."""
    try:
        if app.public_key_pem:
            serialization.load_pem_public_key(app.public_key_pem.encode())
            return app.public_key_pem
        pem = (app.private_key_pem or "").encode()
        # Whoever plays gave us the key: looking whether its numbers are prime would take longer than to start a server.
        private = serialization.load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
    except ValueError as error:
        raise ConfigError(f"app key: not a PEM key: {error}") from error
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def token_of(world: World, value: str) -> Token | None:
    """A living installation token."""
    token = world.tokens.get(value)
    return token if token and not token.revoked and token.expires_at > world.clock() else None


def user_token_of(world: World, value: str) -> UserToken | None:
    """A living token of a person."""
    token = world.user_tokens.get(value)
    over = token is None or token.revoked or (token.expires_at is not None and token.expires_at <= world.clock())
    return None if over else token


def identify(world: World, key: str, header: str | None, apps: Iterable[Registered] = ()) -> Actor:
    """Who an Authorization header names, among Apps ours or one of `apps`; raises ApiError 401 in GitHub's words."""
    scheme, _, value = (header or "").partition(" ")
    value = value.strip()
    if not value or scheme.lower() not in ("bearer", "token"):
        raise ApiError(401, "Requires authentication")
    if value.startswith("ghs_"):
        token = token_of(world, value)
        if token is None or world.uninstalled:
            raise ApiError(401, "Bad credentials")
        return Actor("installation", world.bot_login, token.permissions, token.value)
    if value.startswith("ghu_"):
        person = user_token_of(world, value)
        if person is None or world.uninstalled:
            raise ApiError(401, "Bad credentials")
        return Actor("user", person.login, people.granted(world), person.value)
    for other in apps:
        if other.config.id != world.config.app.id and _names(other.config, value):
            _verify_jwt(world, other.config, other.config.public_key_pem or "", value)
            return Actor("app", f"{other.config.slug}[bot]", app=other)
    if world.unregistered:
        raise ApiError(404, "Integration not found")
    _verify_jwt(world, world.config.app, key, value)
    return Actor("app", world.bot_login)


def _names(app: AppConfig, value: str) -> bool:
    """Whether a JWT says that it is this App's; nothing is verified yet."""
    try:
        claims = jwt.decode(value, options={"verify_signature": False})
    except jwt.PyJWTError:
        return False
    return str(claims.get("iss")) in (str(app.id), app.client_id)


def check_awake(world: World, actor: Actor | None) -> None:
    """A suspended installation's tokens open nothing; raises ApiError 403 with GitHub's words."""
    if actor is not None and actor.kind == "installation" and world.suspended_at is not None:
        raise ApiError(403, "This installation has been suspended")


def _verify_jwt(world: World, app: AppConfig, key: str, value: str) -> None:
    """Checks signature, issuer and times of an App JWT against the stand-in's own clock."""
    now = world.clock().timestamp()
    try:
        # The library would look at the system's clock; ours may be another one, so times are checked below.
        claims = jwt.decode(value, key, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False})
        issued, expires = int(claims["iat"]), int(claims["exp"])
    except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
        raise ApiError(401, "A JSON web token could not be decoded") from error
    if str(claims.get("iss")) not in (str(app.id), app.client_id):
        raise ApiError(401, "'Issuer' claim ('iss') must be an Integer")
    if issued > now + CLOCK_DRIFT_SECONDS:
        raise ApiError(401, "'Issued at' claim ('iat') must be an Integer representing the time the JWT was issued")
    if expires <= now:
        raise ApiError(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time")
    if expires > now + MAX_JWT_SECONDS + CLOCK_DRIFT_SECONDS:
        raise ApiError(401, "'Expiration time' claim ('exp') is too far in the future")


def identify_git(world: World, header: str | None) -> Actor | None:
    """The caller of git's Basic auth: `x-access-token:<token>`, or a person's login and password; None else."""
    scheme, _, value = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    if name != "x-access-token":
        return _person(world, name, secret)
    token = token_of(world, secret)
    return Actor("installation", world.bot_login, token.permissions, token.value) if token else None


def _person(world: World, login: str, password: str) -> Actor | None:
    """Who may write may write workflows, too: GitHub holds back Apps, not people."""
    found, right = world.user(login), world.config.password
    if found is None or not right or not hmac.compare_digest(password.encode(), right.encode()):
        return None
    if found.permission in ("write", "admin"):
        return Actor("user", found.login, {"contents": "write", "workflows": "write"})
    return Actor("user", found.login, {"contents": "read"}) if found.permission == "read" else None

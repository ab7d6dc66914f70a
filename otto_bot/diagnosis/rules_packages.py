"""What package managers say: versions that do not fit, packages and lock files that are missing or out of date."""

from __future__ import annotations

from otto_bot.core.evidence import Cause, FailureClass
from otto_bot.diagnosis.rule import TOLD, verdict

ADVISORIES = verdict(
    "known vulnerability",
    Cause.DEPENDENCY,
    TOLD,
    r"\d vulnerabilit(?:y|ies) found",
    r"^\d+ (?:\w+ )?(?:severity )?vulnerabilit(?:y|ies)\b",
    r"^\s*(?:error|advisories FAILED).*RUSTSEC-\d",
    r"^advisories FAILED",
    hint=FailureClass.CODE,
)
"""A check of what the lock file names: a commit puts it right."""

PACKAGES = (
    verdict(
        "python package",
        Cause.DEPENDENCY,
        TOLD,
        r"No matching distribution found",
        r"Could not find a version that satisf",
        r"ResolutionImpossible",
        r"these package versions have conflicting dependencies",
        r"No solution found when resolving",
        r"Because .{1,200} we can conclude that",
        r"version solving failed",
        r"SolverProblemError",
        r"is not compatible with (?:your|any of your) .{0,40}Python",
        r"requires a different Python: ",
        r"The current project's (?:supported )?Python requirement",
        r"Could not open requirements file",
        (
            r"poetry\.lock (?:is not up to date|was last generated)|"
            r"pyproject\.toml changed significantly since poetry\.lock"
        ),
        r"lockfile at `uv\.lock` needs to be updated",
        r"(?:THESE PACKAGES DO NOT MATCH THE HASHES|hashes are required in --require-hashes mode)",
        r"(?:PackagesNotFoundError|ResolvePackageNotFound|UnsatisfiableError|LibMambaUnsatisfiableError)",
        r"Could not solve for environment specs",
        r"externally-managed-environment",
    ),
    verdict(
        "node package",
        Cause.DEPENDENCY,
        TOLD,
        (
            r"npm (?:ERR!|error) code (?:ERESOLVE|ETARGET|E404|EBADENGINE|EBADPLATFORM|EUSAGE|ENOVERSIONS|"
            r"ENOLOCK|E40[13]|EACCES|ELOCKVERIFY)"
        ),
        r"npm ERR! 404|npm error 404",
        r"npm (?:ERR!|error) (?:notarget|peer dep|unable to resolve dependency tree)",
        r"can only install packages when your package",
        r"ERR_PNPM_(?:FETCH_40|NO_MATCHING|OUTDATED_LOCKFILE|UNSUPPORTED_ENGINE|PEER_DEP|LOCKFILE|BAD_PM|FROZEN)",
        r"Your lockfile needs to be updated",
        r"The lockfile would have been (?:modified|created)",
        r"error Couldn't find (?:any versions for|package)",
        r"error .{1,120}: The engine \"\w+\" is incompatible",
        r"Found incompatible module",
        r"lockfile had changes, but lockfile is frozen",
    ),
    verdict(
        "java package",
        Cause.DEPENDENCY,
        TOLD + 5,
        r"Could not resolve dependencies for project",
        r"Could not find artifact \S+",
        r"Could not resolve all (?:files|dep|artifacts|task dependencies)",
        r"Failed to collect dependencies",
        r"Failed to read artifact descriptor",
        r"Non-resolvable (?:parent POM|import POM)",
        r"The following artifacts could not be resolved",
        r"Unresolveable build extension",
        r"Plugin \S+ or one of its dependencies could not be resolved",
        r"Plugin \[id: .*\] was not found in any of the following sources",
        r"Could not find (?:any version that matches )?\S+:\S+:\S+\.?$",
        (
            r"Failed to execute goal \S*(?:enforcer|dependency-lock|dependency|hpi|versions|"
            r"toolchains?)-(?:maven-)?plugin"
        ),
        r"Failed to execute goal \S*maven-(?:enforcer|dependency|hpi|versions|toolchains|install|deploy)-plugin",
        r"Rule \d+: \S*enforcer\S* failed with message",
        r"Some Enforcer rules have failed",
        r"sbt\.librarymanagement\.ResolveException",
        r"unresolved dependency: \S+#",
        r"Unsupported class file major version",
        r"has been compiled by a more recent version of the Java Runtime",
        r"No compiler is provided in this environment",
        r"invalid (?:target|source) release: ",
        (
            r"Unable to find a (?:suitable|valid) (?:JDK|toolchain|Java)|No matching toolchains found|"
            r"Cannot find a Java installation"
        ),
        r"Dependency verification failed for configuration",
    ),
    verdict(
        "go module",
        Cause.DEPENDENCY,
        TOLD,
        r"no required module provides package",
        r"cannot find module providing",
        r"missing go\.sum entry",
        r"updates to go\.(?:mod|sum) needed",
        r"inconsistent vendoring",
        r"unknown revision \S+$",
        r"go\.mod requires go >= ",
        r"verifying \S+: checksum mismatch",
        r"module lookup disabled by",
        r"invalid version: (?:unknown revision|git)",
    ),
    verdict(
        "crate",
        Cause.DEPENDENCY,
        TOLD,
        r"no matching package (?:named|found)",
        r"failed to select a version for",
        r"the lock file .* needs to be updated but --(?:locked|frozen)",
        r"requires rustc \d",
        r"cannot be built because it requires rustc",
        r"is not installed for the toolchain|toolchain '.*' is not installed",
        r"can't find crate for `(?:std|core)`",
        r"lock file version .* requires `-Znext-lockfile-bump`",
        r"feature `\S+` is required$",
    ),
    verdict(
        "gem, composer or other package",
        Cause.DEPENDENCY,
        TOLD,
        r"Could not find (?:gem|\S+ in (?:locally|any))",
        r"Bundler could not find compatible versions",
        r"Your Ruby version is .*, but your Gemfile specified",
        r"Your bundle is locked to",
        r"The (?:bundle|lockfile|gemspecs).{0,40} (?:can't be updated|frozen)",
        r"An error occurred while installing \S+ \(",
        r"Your requirements could not be resolved to an installable set",
        r"Your lock file does not contain a compatible set",
        r"requires php \S+ (?:->|but)",
        r"requires ext-\w+",
        r"error: NU1\d\d\d|error NU1\d\d\d",
        r"error NETSDK\d+",
        r"The current \.NET SDK does not support targeting",
        r"A compatible \.NET SDK was not found",
        r"CocoaPods could not find compatible versions",
        r"there is no package called",
        r"dependencies? .{1,80} (?:is|are) not available",
        r"Could not find a package configuration file provided by",
        r"Could NOT find \w+ \(missing",
        r"None of the required '\S+' found",
    ),
    verdict(
        "system package",
        Cause.DEPENDENCY,
        TOLD,
        r"E: (?:Unable to locate|Couldn't find) package",
        r"E: Package '.*' has no installation candidate",
        r"E: Version '.*' for '.*' was not found",
        r"The following packages have unmet dependencies",
        r"Package '?\S+'?, required by '.*', not found",
        r"No package '\S+' found",
        r"No package \S+ available",
        r"Unable to find a match: ",
        r"Error: No available formula",
        r"unable to select packages:",
        r"does not have a Release file",
        r"target not found: \S+$",
    ),
)

DEPENDENCIES = (ADVISORIES, *PACKAGES)

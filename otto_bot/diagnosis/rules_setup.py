"""What is missing around the code: tools, libraries, credentials, rights, settings of the job."""

from __future__ import annotations

import re

from otto_bot.core.evidence import Cause, FailureClass
from otto_bot.diagnosis.rule import HINT, LIKELY, TOLD, incident, verdict

_ENVIRONMENT = FailureClass.ENVIRONMENT

TOOLS = (
    incident(
        "node module missing",
        Cause.DEPENDENCY,
        LIKELY + 10,
        r"Cannot find (?:module|package) '[^./'][^']*'",
        r"Cannot find module '/(?:usr|opt|home/\S+/node_modules)\S*'",
        r"Module not found: Error: Can't resolve '[^./']",
    ),
    incident(
        "command missing",
        Cause.DEPENDENCY,
        LIKELY + 5,
        r"(?:: |^)(?:line \d+: )?[\w./+-]+: (?:command )?not found$",
        r"command not found: \S+$",
        r": No such file or directory: '[\w.-]+'$",
        r"^The term '.*' is not recognized",
        r"is not recognized as an internal or external command",
        r"exec: \"\S+\": executable file not found in",
        r"executable file not found in \$PATH",
        r"Unable to locate executable file",
        r"Could not find executable|Cannot find executable",
        r"No such command: ",
        r"error: no such (?:sub)?command",
        r"spawn \S+ ENOENT",
        r"No rule to make target",
        r"env: .{1,40}: No such file or directory",
        r"completed with exit code 127\b",
        r"exited with 127\b",
        r"exec format error",
        r"(?:make|cmake|ninja|gcc|g\+\+|clang|python\d?|node|java|cargo|docker): command not found",
    ),
    verdict(
        "tool or compiler missing",
        Cause.DEPENDENCY,
        TOLD + 5,
        r"No acceptable C compiler found",
        r"C compiler cannot create executables",
        r"no acceptable C compiler",
        r"No CMAKE_CXX?_COMPILER could be found",
        r"CMake \d\S* or higher is required",
        r"CMake Error: Could not find CMAKE",
        r"linker `\S+` not found",
        r"Microsoft Visual C\+\+ .{0,20}is required",
        r"Failed to find (?:libclang|tool|\S+ command)|Unable to find libclang",
        r"Could not find `?protoc`?",
        (
            r"pkg-config (?:script|binary|command|executable) (?:could not be|not) found|"
            r"The pkg-config command could not be (?:found|run)"
        ),
        r"The system library `\S+` required by crate",
        r"SDK location not found",
        r"Failed to (?:find|install the following) (?:Android SDK|target with hash|Build Tools|NDK)",
        r"You have not accepted the license agreements",
        r"(?:Version|version) '?\S+'? (?:with arch(?:itecture)?|for platform) .{0,40}(?:was )?not found",
        r"The version '\S+' with architecture '\S+' was not found",
        r"Unable to find (?:Node|Python|Go|Java|Ruby) version",
        r"Could not find satisfied version for SemVer",
        r"Unknown version \S+ for \w+ on",
        r"No wheel or interpreter found|No interpreter found for ",
        r"Browser(?:Type)?.*: Executable doesn't exist at",
        r"Could not find (?:Chrome|browser|expected browser)",
        r"This version of ChromeDriver only supports",
        r"session not created: ",
        r"cannot find Chrome binary",
    ),
    incident(
        "shared library",
        Cause.DEPENDENCY,
        TOLD - 5,
        r"error while loading shared libraries",
        r"cannot open shared object file",
        r"Library not loaded: ",
        r"version `\w*(?:GLIBC|CXXABI)\w*_[\d.]+' not found",
        r"cannot find -l\w+",
        r"unable to find library -l",
        r"library not found for -l",
        r"DLL load failed",
        r"The specified module could not be found",
        (
            r"fatal error: (?:Python|openssl/\S+|X11/\S+|zlib|curl/\S+|mpi|cuda\w*|linux/\S+|sys/\S+|"
            r"bits/\S+|ffi|sqlite3|libpq-fe|mysql)\.h"
        ),
        r"undefined symbol: ",
    ),
    incident(
        "package build",
        Cause.DEPENDENCY,
        LIKELY - 8,
        r"Failed (?:building|to build) (?:wheel|installable wheels|\S+(?: \S+)?$)",
        r"subprocess-exited-with-error",
        r"metadata-generation-failed",
        r"node-gyp.{0,20}(?:ERR!|error)",
    ),
)

RIGHTS = (
    verdict(
        "credentials",
        Cause.PERMISSION,
        TOLD,
        r"Credentials could not be loaded",
        r"Could not load credentials from any providers",
        r"Unable to locate credentials",
        r"Not authorized to perform sts:",
        r"The security token included in the request is (?:invalid|expired)",
        r"\bInvalidClientTokenId\b",
        r"\bExpiredToken(?:Exception)?\b",
        r"\bSignatureDoesNotMatch\b",
        r"ACTIONS_ID_TOKEN_REQUEST_URL",
        r"must specify exactly one of .*(?:workload_identity_provider|credentials_json)",
        r"Input required and not supplied: ",
        r"Parameter token or opts\.auth is required",
        r"could not read Username for",
        r"fatal: Authentication failed for",
        r"Bad credentials",
        r"Token required (?:-|because)",
        r"Permission denied \(publickey",
        r"Host key verification failed",
        r"remote: Permission to .* denied",
        r"remote: (?:HTTP Basic: Access denied|Write access to repository not granted|Invalid username or)",
        (
            r"(?:unauthorized|denied): .{0,60}(?:authentication required|incorrect username|access forbidden|"
            r"permission|requested access|denied)"
        ),
        r"pull access denied for",
        r"no basic auth credentials",
        r"Error: Cannot perform an interactive login from a non TTY",
        r"npm (?:ERR!|error) code (?:ENEEDAUTH|E401|E403)",
        r"when calling the \w+ operation: .{0,80}(?:Denied|denied|not authorized|Forbidden)",
        r"could not find credentials",
        r"InvalidUsernameOrPassword|Bad username or password",
        r"gpg: (?:signing failed|no default secret key|decryption failed)",
        r"security: SecKeychain|No signing certificate|Code ?[Ss]igning .{0,40}(?:required|failed|error)",
        r"doesn't include signing certificate|No profiles? for '\S+' were found",
    ),
    incident(
        "secret missing",
        Cause.PERMISSION,
        LIKELY + 5,
        (
            r"(?:secret|token|credential|password|api[ _-]?key|auth_token|"
            r"env(?:ironment)? variable)s? .{0,60}(?:is|are|was|were) (?:not set|missing|required|empty|"
            r"not provided|undefined)"
        ),
        (
            r"\b(?:missing|empty|invalid) (?:required )?(?:secret|token|credentials|api[ _-]?key|"
            r"auth(?:entication)? token|github_token)\b"
        ),
    ),
    incident(
        "refused by a server",
        Cause.PERMISSION,
        TOLD + 2,
        r"(?:403|401) Client Error",
        r"\b(?:HTTP )?(?:error:? )?40[13] (?:Forbidden|Unauthorized)",
        r"HTTP 40[13]\b",
        r"returned error: 40[13]\b",
        r"status(?: code)?:? \(?40[13]\b",
        r"HTTPError: 40[13]|HTTP Error 40[13]",
        r"\bAccessDenied(?:Exception)?\b",
        r"An error occurred \(403\)",
    ),
    incident(
        "permission denied",
        Cause.PERMISSION,
        LIKELY + 5,
        r"\bPermission denied\b",
        r"\bEACCES\b",
        r"Operation not permitted",
        r"\bAccess is denied\b",
        r"completed with exit code 126\b",
        r"dubious ownership in repository",
        r"You don't have (?:write )?permissions? ",
    ),
    verdict(
        "image missing",
        Cause.DEPENDENCY,
        TOLD + 5,
        r"manifest (?:for \S+ )?(?:unknown|not found)",
        r"manifest for \S+ not found",
        r"no matching manifest for",
        r"The repository with name '.*' does not exist in the registry",
        r"failed to resolve source metadata for .{1,200}: not found",
        r"previous image isn't available for the merge-base",
        r"failed to resolve reference .{1,200}: not found",
    ),
)

JOB = (
    incident(
        "git ref or state of the checkout",
        Cause.UNKNOWN,
        LIKELY + 5,
        r"error: pathspec '.*' did not match",
        r"Remote branch \S+ not found in upstream",
        r"no tag(?:s)? (?:can describe|found)|No names found, cannot describe",
        r"refusing to merge unrelated histories",
        hint=_ENVIRONMENT,
    ),
    incident(
        "file or setting of the job",
        Cause.UNKNOWN,
        HINT + 5,
        r"not a git repository",
        r"Could not find or load main class",
        r"no configuration file provided|config(?:uration)? file .{1,80} (?:not found|does not exist|is missing)",
        r"^(?:##\[error\])?(?:Error: )?An error occurred trying to start process '.*' with working directory '.*'",
        r"Dependencies lock file is not found",
        r"^No Rakefile found",
        r"No file in .* matched to \[",
        r"unbound variable$",
        r"port is already allocated|address already in use",
        hint=_ENVIRONMENT,
    ),
)

MISSING_PYTHON = re.compile(r"No module named ['\"]?([\w.]+)")
"""The module that Python did not find."""
PYTHON_MODULE = incident("python module missing", Cause.DEPENDENCY, TOLD + 2, MISSING_PYTHON.pattern)
"""A module of the project itself that is not found is a fault of the code: see `weighing`."""

SETUP = (*TOOLS, *RIGHTS, *JOB, PYTHON_MODULE)

"""One line of each kind at the end of a failed step: its cause, its class, and the rule that is named for it."""

from __future__ import annotations

import pytest

from otto_bot.core.evidence import Cause, FailureClass
from otto_bot.diagnosis.classify import Output, class_of_text, classify
from otto_bot.diagnosis.models import CheckedJob

CODE, ENVIRONMENT, INFRASTRUCTURE = FailureClass.CODE, FailureClass.ENVIRONMENT, FailureClass.INFRASTRUCTURE
EXIT = "##[error]Process completed with exit code 1."


def log_of(*lines: str) -> bytes:
    """A job's log as GitHub keeps it: a step's head, its output, the end of the job."""
    head = ["##[group]Run make all", "make all", "shell: /usr/bin/bash -e {0}", "##[endgroup]", "working"]
    texts = [*head, *lines, *([] if lines[-1].startswith("##[error]") else [EXIT]), "Post job cleanup."]
    return "".join(f"2026-01-02T03:04:05.{n:07d}Z {text}\n" for n, text in enumerate(texts)).encode()


def job_of(log: bytes) -> CheckedJob:
    return CheckedJob(id=1, name="check", conclusion="failure", log=log)


PLATFORM = [
    ("##[error]The job was not started because recent account payments have failed", Cause.BILLING, INFRASTRUCTURE),
    ("batch response: This repository is over its data quota.", Cause.BILLING, INFRASTRUCTURE),
    ("##[error]Failed to CreateArtifact: Artifact storage quota has been hit.", Cause.BILLING, INFRASTRUCTURE),
    ("gh: Resource not accessible by integration (HTTP 403)", Cause.PERMISSION, ENVIRONMENT),
    ("##[error]actions/x@v1 is not allowed to be used in octo/repo.", Cause.PERMISSION, ENVIRONMENT),
    (
        "! [remote rejected] x -> x (refusing to allow a GitHub App to create or update workflow `.github/w.yml`)",
        Cause.PERMISSION,
        ENVIRONMENT,
    ),
    ("##[error]The action 'Test' has timed out after 10 minutes.", Cause.TIMEOUT, None),
    ("##[error]The action has timed out.", Cause.TIMEOUT, None),
    (
        "##[error]The job running on runner GitHub Actions 3 has exceeded the maximum execution time of 360 minutes.",
        Cause.TIMEOUT,
        None,
    ),
    ("##[error]The runner has received a shutdown signal. This can happen when", Cause.INFRA, INFRASTRUCTURE),
    ("##[error]The self-hosted runner: a lost communication with the server.", Cause.INFRA, INFRASTRUCTURE),
    ("##[error]The hosted runner encountered an error while running your job.", Cause.INFRA, INFRASTRUCTURE),
    ("##[error]The operation was canceled.", Cause.CANCELLED, INFRASTRUCTURE),
    ("##[error]Docker pull failed with exit code 1", Cause.INFRA, INFRASTRUCTURE),
    ("##[error]One or more containers failed to start.", Cause.INFRA, INFRASTRUCTURE),
    ("##[error]Response status code does not indicate success: 503 (Unavailable).", Cause.INFRA, INFRASTRUCTURE),
    ("##[error]Unable to resolve action `octo/x@v9`, unable to find version `v9`", Cause.DEPENDENCY, ENVIRONMENT),
    ("##[error]Failed to download action 'https://api.github.com/x'. Error: timed out", Cause.INFRA, INFRASTRUCTURE),
    ("##[error]Failed to download archive 'https://x/y.tgz' after 3 attempts.", Cause.INFRA, INFRASTRUCTURE),
    ("##[error]Unable to process file command 'env' successfully.", Cause.UNKNOWN, ENVIRONMENT),
    (
        "##[error]This request has been automatically failed: it uses a deprecated version of `actions/cache: v2`.",
        Cause.UNKNOWN,
        ENVIRONMENT,
    ),
    ("##[error]Please add a changelog entry for this change.", Cause.UNKNOWN, ENVIRONMENT),
    ("##[error]Unable to download artifact(s): Artifact not found for name: dist", Cause.DEPENDENCY, ENVIRONMENT),
    ("##[error]No files were found with the provided path: out. No artifacts", Cause.DEPENDENCY, ENVIRONMENT),
    ("##[error]List Artifacts failed: Bad gateway", Cause.INFRA, INFRASTRUCTURE),
    ("sccache: error: Server startup failed: cache storage failed to read", Cause.INFRA, INFRASTRUCTURE),
    ("ERROR: Job failed (system failure): prepare environment: waiting for pod", Cause.INFRA, INFRASTRUCTURE),
    ('ERROR: Job failed: failed to pull image "r/x:1" with specified policies', Cause.INFRA, INFRASTRUCTURE),
    ("ERROR: Job failed: execution took longer than 1h0m0s seconds", Cause.TIMEOUT, None),
    ("No output has been received in the last 10m0s, this potentially indicates", Cause.TIMEOUT, None),
    ("The job exceeded the maximum time limit for jobs, and has been terminated.", Cause.TIMEOUT, None),
    ("Build timed out (after 60 minutes). Marking the build as failed.", Cause.TIMEOUT, None),
    ("Agent went offline during the build", Cause.INFRA, INFRASTRUCTURE),
    ("Cannot contact node-7: java.lang.InterruptedException", Cause.INFRA, INFRASTRUCTURE),
    ("Finished: ABORTED", Cause.CANCELLED, INFRASTRUCTURE),
    ("[taskcluster:error] Task timeout after 5400 seconds. Force killing container.", Cause.TIMEOUT, None),
    ("Too long with no output (exceeded 10m0s): context deadline exceeded", Cause.TIMEOUT, None),
]
MACHINE = [
    ("test_x failed! Received signal: SIGKILL", Cause.INFRA, INFRASTRUCTURE),
    ("Command took >30min, returning 124", Cause.TIMEOUT, INFRASTRUCTURE),
    ("##[error]Process completed with exit code 130.", Cause.INFRA, INFRASTRUCTURE),
    ("E: Could not get lock /var/lib/dpkg/lock-frontend", Cause.INFRA, INFRASTRUCTURE),
    ("PermissionError: [WinError 32] because it is being used by another process", Cause.INFRA, INFRASTRUCTURE),
    ("OSError: [Errno 28] No space left on device", Cause.INFRA, INFRASTRUCTURE),
    ("npm ERR! nospc ENOSPC: no space left on device, write", Cause.INFRA, INFRASTRUCTURE),
    ("cp: cannot create regular file 'x': Read-only file system", Cause.INFRA, INFRASTRUCTURE),
    ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", Cause.INFRA, INFRASTRUCTURE),
    ("c++: fatal error: Killed signal terminated program cc1plus", Cause.INFRA, INFRASTRUCTURE),
    ("make: fork: Cannot allocate memory", Cause.INFRA, INFRASTRUCTURE),
    ("fatal error C1060: compiler is out of heap space", Cause.INFRA, INFRASTRUCTURE),
    ("  process didn't exit successfully: `rustc` (signal: 9, SIGKILL: kill)", Cause.INFRA, INFRASTRUCTURE),
    ("Gradle build daemon disappeared unexpectedly (it may have been killed)", Cause.INFRA, INFRASTRUCTURE),
    ("RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB", Cause.INFRA, INFRASTRUCTURE),
    ("/home/runner/x.sh: line 7:  2213 Killed                  ./run", Cause.INFRA, INFRASTRUCTURE),
    ("Error: Command failed with exit code 137", Cause.INFRA, INFRASTRUCTURE),
    ("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", Cause.INFRA, INFRASTRUCTURE),
    ("Error: Failed to detect GPUs on the runner", Cause.INFRA, INFRASTRUCTURE),
    ('docker: Error response from daemon: could not select device driver "" with', Cause.INFRA, INFRASTRUCTURE),
    ("RuntimeError: Found no NVIDIA driver on your system.", Cause.INFRA, INFRASTRUCTURE),
    ("ERROR: Timeout waiting for emulator to boot.", Cause.INFRA, INFRASTRUCTURE),
    ("subprocess.TimeoutExpired: Command '['x']' timed out after 600 seconds", Cause.TIMEOUT, INFRASTRUCTURE),
    ("Error: Timed out waiting for: http://web:3000", Cause.TIMEOUT, INFRASTRUCTURE),
    ("error: timed out waiting for the condition on deployments/web", Cause.TIMEOUT, INFRASTRUCTURE),
    ("!!!!!!!!!!!!!!!!!!! KeyboardInterrupt !!!!!!!!!!!!!!!!!!!", Cause.TEST, INFRASTRUCTURE),
]
NETWORK = [
    ("urllib.error.HTTPError: HTTP Error 403: rate limit exceeded", Cause.INFRA, INFRASTRUCTURE),
    ("error: Request failed after 3 retries", Cause.INFRA, INFRASTRUCTURE),
    ("curl: (22) The requested URL returned error: 404", Cause.INFRA, INFRASTRUCTURE),
    ("OSError: We couldn't connect to 'https://models.org' to load the files", Cause.INFRA, INFRASTRUCTURE),
    ("requests.exceptions.HTTPError: 504 Server Error: Gateway", Cause.INFRA, INFRASTRUCTURE),
    ("#6 ERROR: failed to copy: httpReadSeeker: failed open: not found", Cause.INFRA, INFRASTRUCTURE),
    ("##[error]A branch or tag with the name 'x/1' could not be found", Cause.INFRA, INFRASTRUCTURE),
    ("curl: (6) Could not resolve host: example.org", Cause.INFRA, INFRASTRUCTURE),
    ("curl: (22) The requested URL returned error: 502", Cause.INFRA, INFRASTRUCTURE),
    ("npm ERR! network request to https://r/x failed, reason: connect ETIMEDOUT", Cause.INFRA, INFRASTRUCTURE),
    ("npm error code ECONNRESET", Cause.INFRA, INFRASTRUCTURE),
    ("requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='x'): Read timed out.", Cause.INFRA, INFRASTRUCTURE),
    ("urllib.error.HTTPError: HTTP Error 503: Service Unavailable", Cause.INFRA, INFRASTRUCTURE),
    ("E: Failed to fetch http://a/dists/x/InRelease  Could not connect to a:80", Cause.INFRA, INFRASTRUCTURE),
    ("E: Failed to fetch http://a/x.deb  Hash Sum mismatch", Cause.INFRA, INFRASTRUCTURE),
    ("E: The repository 'http://a stable InRelease' is not signed.", Cause.INFRA, INFRASTRUCTURE),
    ("Error downloading packages:", Cause.INFRA, INFRASTRUCTURE),
    ("CondaHTTPError: HTTP 000 CONNECTION FAILED for url <https://x>", Cause.INFRA, INFRASTRUCTURE),
    ("error: failed to download from `https://static.crates.io/x`", Cause.INFRA, INFRASTRUCTURE),
    ('go: a.org/x@v1: Get "https://proxy.golang.org/x": dial tcp: i/o timeout', Cause.INFRA, INFRASTRUCTURE),
    ("Could not GET 'https://r/x.pom'. Received status code 502 from server", Cause.INFRA, INFRASTRUCTURE),
    (
        "[ERROR] Could not transfer artifact a:b:jar:1 from/to central (https://r): Connect to r timed out",
        Cause.INFRA,
        INFRASTRUCTURE,
    ),
    (
        "fatal: unable to access 'https://h/x.git/': The requested URL returned error: 500",
        Cause.INFRA,
        INFRASTRUCTURE,
    ),
    ("fatal: the remote end hung up unexpectedly", Cause.INFRA, INFRASTRUCTURE),
    ("error: RPC failed; curl 92 HTTP/2 stream 5 was not closed cleanly", Cause.INFRA, INFRASTRUCTURE),
    ("ERROR: Error fetching remote repo 'origin'", Cause.INFRA, INFRASTRUCTURE),
    ("##[error]The process '/usr/bin/git' failed with exit code 128", Cause.INFRA, INFRASTRUCTURE),
    ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", Cause.INFRA, INFRASTRUCTURE),
    (
        "Error response from daemon: toomanyrequests: You have reached your pull rate limit.",
        Cause.INFRA,
        INFRASTRUCTURE,
    ),
    ('error building image: Get "https://index.docker.io/v2/": EOF', Cause.INFRA, INFRASTRUCTURE),
    ("##[error]API rate limit exceeded for installation ID 1.", Cause.INFRA, INFRASTRUCTURE),
    ('psql: error: connection to server at "db.x" (1.2.3.4), port 30432 failed: refused', Cause.INFRA, INFRASTRUCTURE),
]
SETUP = [
    ("ERROR: No matching distribution found for textkitx==9", Cause.DEPENDENCY, ENVIRONMENT),
    ("  × No solution found when resolving dependencies:", Cause.DEPENDENCY, ENVIRONMENT),
    ("npm error code ERESOLVE", Cause.DEPENDENCY, ENVIRONMENT),
    (" ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with frozen-lockfile", Cause.DEPENDENCY, ENVIRONMENT),
    ("Error: Cannot find module 'left-pad'", Cause.DEPENDENCY, ENVIRONMENT),
    (
        "[ERROR] Failed to execute goal on project x: Could not resolve dependencies for project a:b:jar:1",
        Cause.DEPENDENCY,
        ENVIRONMENT,
    ),
    (
        "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-enforcer-plugin:3.0:enforce (x) on project y",
        Cause.DEPENDENCY,
        ENVIRONMENT,
    ),
    ("   > Could not find com.example:lib:1.2.3.", Cause.DEPENDENCY, ENVIRONMENT),
    ("main.go:4:2: no required module provides package x.org/y", Cause.DEPENDENCY, ENVIRONMENT),
    ("error: package `x v1` cannot be built because it requires rustc 1.80", Cause.DEPENDENCY, ENVIRONMENT),
    ("E: Unable to locate package libfoo-dev", Cause.DEPENDENCY, ENVIRONMENT),
    ("/home/r/x.sh: line 1: pytest: command not found", Cause.DEPENDENCY, ENVIRONMENT),
    ("##[error]Process completed with exit code 127.", Cause.DEPENDENCY, ENVIRONMENT),
    ("configure: error: no acceptable C compiler found in $PATH", Cause.DEPENDENCY, ENVIRONMENT),
    ("fatal error: Python.h: No such file or directory", Cause.DEPENDENCY, ENVIRONMENT),
    ("x: error while loading shared libraries: libfoo.so.1: cannot open", Cause.DEPENDENCY, ENVIRONMENT),
    ("ImportError: libfoo.so.6: cannot open shared object file: No such file", Cause.DEPENDENCY, ENVIRONMENT),
    ("##[error]Version 3.99 with arch x64 not found", Cause.DEPENDENCY, ENVIRONMENT),
    ("docker: Error response from daemon: manifest for x:1 not found: manifest unknown", Cause.DEPENDENCY, ENVIRONMENT),
    ("##[error]Credentials could not be loaded, please check your action inputs", Cause.PERMISSION, ENVIRONMENT),
    ("##[error]Input required and not supplied: token", Cause.PERMISSION, ENVIRONMENT),
    ("git@h: Permission denied (publickey).", Cause.PERMISSION, ENVIRONMENT),
    ("fatal: could not read Username for 'https://h': terminal prompts disabled", Cause.PERMISSION, ENVIRONMENT),
    ("denied: requested access to the resource is denied", Cause.PERMISSION, ENVIRONMENT),
    (
        "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
        Cause.PERMISSION,
        ENVIRONMENT,
    ),
    ("/bin/sh: ./run.sh: Permission denied", Cause.PERMISSION, ENVIRONMENT),
    ("ModuleNotFoundError: No module named 'flask'", Cause.DEPENDENCY, ENVIRONMENT),
    ("error: 3 vulnerabilities found!", Cause.DEPENDENCY, CODE),
]
CODE_LINES = [
    ("src/a.ts(3,1): error TS2304: Cannot find name 'x'.", Cause.BUILD, CODE),
    ("a.c:3:1: error: expected ';' before '}' token", Cause.BUILD, CODE),
    ("C:\\x\\a.cpp(12): error C2065: 'y': undeclared identifier", Cause.BUILD, CODE),
    ("error[E0425]: cannot find value `x` in this scope", Cause.BUILD, CODE),
    ("[ERROR] /x/src/main/java/A.java:[3,1] cannot find symbol", Cause.BUILD, CODE),
    ("e: file:///x/a.kt:3:1 Unresolved reference: y", Cause.BUILD, CODE),
    ("foo.o: undefined reference to `bar'", Cause.BUILD, CODE),
    ("SyntaxError: invalid syntax", Cause.BUILD, CODE),
    ("ImportError: cannot import name 'x' from 'y'", Cause.BUILD, CODE),
    ("src/a.py:1:1: F401 [*] `os` imported but unused", Cause.LINT, CODE),
    ("would reformat src/a.py", Cause.LINT, CODE),
    ("app/a.py:3: error: Incompatible types  [arg-type]", Cause.LINT, CODE),
    ("  3:1  error  'x' is not defined  no-undef", Cause.LINT, CODE),
    ("a.rb:3:1: C: [Correctable] Layout/X: y", Cause.LINT, CODE),
    (">>> Lint for a/b.py:", Cause.LINT, CODE),
    ("error[unresolved-import]: Cannot resolve imported module `x`", Cause.LINT, CODE),
    ("ERROR: go.mod/go.sum are not up-to-date. Run 'go mod tidy'", Cause.LINT, CODE),
    ("ERROR [0.003s]: test_x (__main__.TestY)", Cause.TEST, CODE),
    ("FAILED [0.1s] inner/test_a.py::TestB::test_c - AssertionError: not close", Cause.TEST, CODE),
    ("test_x failed! Received signal: SIGSEGV", Cause.TEST, CODE),
    ("!!!!!!!!!!!!!!!! Interrupted: 1 error during collection !!!!!!!!!!!!!!!!", Cause.TEST, CODE),
    ("Execution failed for task ':app:detekt'.", Cause.LINT, CODE),
    ("FAILED tests/test_a.py::test_b - AssertionError: assert 1 == 2", Cause.TEST, CODE),
    ("FAIL: test_x (test_mod.TestY.test_x)", Cause.TEST, CODE),
    ("--- FAIL: TestX (0.00s)", Cause.TEST, CODE),
    ("not ok 3 - adds numbers", Cause.TEST, CODE),
    ("test a::b ... FAILED", Cause.TEST, CODE),
    ("[  FAILED  ] Suite.Case (3 ms)", Cause.TEST, CODE),
    ("  ✕ adds numbers (5 ms)", Cause.TEST, CODE),
    ("Tests run: 3, Failures: 1, Errors: 0", Cause.TEST, CODE),
    ("rspec ./spec/a_spec.rb:3 # A b", Cause.TEST, CODE),
    ("Fatal Python error: Segmentation fault", Cause.TEST, CODE),
    ("//a:b_test                      FAILED in 3 out of 3 in 1.0s", Cause.TEST, CODE),
]


@pytest.mark.parametrize(("line", "cause", "kind"), [*PLATFORM, *MACHINE, *NETWORK, *SETUP, *CODE_LINES])
def test_a_line_at_the_end_names_its_cause(line: str, cause: Cause, kind: FailureClass | None) -> None:
    log = log_of(line)
    finding = classify(job_of(log), Output())
    assert (finding.cause, finding.class_hint) == (cause, kind), finding.signals
    assert finding.signals
    rule, _, words = finding.signals[0].partition(": ")
    assert rule
    assert words in line
    assert class_of_text(log) is (kind or INFRASTRUCTURE)

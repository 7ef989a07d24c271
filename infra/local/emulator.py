"""Starts the embedded AWS emulator on loopback and stays up until it is told to stop.

The emulator is ministack, in this process, with the corrections of `emulator_fixes.py`. It verifies signatures and
evaluates the IAM policies of every function's role, keeps everything in memory, and runs function bundles as
processes of this machine. It is ready when `GET /_ministack/health` answers.
"""

import argparse
import os
import pathlib
import shutil
import signal
import socket
import sys
import threading
import time

HOST = "127.0.0.1"


def main() -> int:
    options = parse_arguments()
    if port_is_taken(options.port):
        print(f"emulator: port {options.port} on {HOST} is taken; choose another with --port", file=sys.stderr)
        return 2
    unpacked = options.state / f"ministack-provided-code-{options.port}"  # function bundles: every build leaves its own
    shutil.rmtree(unpacked, ignore_errors=True)
    options.state.mkdir(parents=True, exist_ok=True)
    if options.logs:
        options.logs.mkdir(parents=True, exist_ok=True)
    set_environment(options)

    try:
        import ministack.app  # reads the environment, so not before it is set
        from ministack.core import lambda_runtime
    except ImportError as missing:
        print(f"emulator: {missing}; install infra/local/requirements.txt into .venv (make does)", file=sys.stderr)
        return 2
    import emulator_fixes

    emulator_fixes.apply(options.logs)
    if options.with_parent:
        threading.Thread(target=stop_when_orphaned, args=(os.getppid(),), daemon=True).start()
    sys.argv = ["ministack"]
    try:
        ministack.app.main()
    finally:
        lambda_runtime.reset()  # ends the function processes
        shutil.rmtree(unpacked, ignore_errors=True)
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument(
        "--state", type=pathlib.Path, default=pathlib.Path("target/local/emulator"), help="scratch folder"
    )
    parser.add_argument(
        "--logs", type=pathlib.Path, help="folder that gets <function>.log, line by line as it is printed"
    )
    parser.add_argument("--region", default="eu-west-1")
    parser.add_argument("--account", default="000000000000")
    parser.add_argument("--no-auth", action="store_true", help="neither verify signatures nor evaluate IAM")
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when the process that started this one is gone"
    )
    return parser.parse_args()


def port_is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def set_environment(options: argparse.Namespace) -> None:
    """Replaces the whole environment: function processes inherit it, and must not see proxies or credentials."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    os.environ.clear()
    os.environ.update(kept)
    os.environ.update(
        BIND_HOST=HOST,
        GATEWAY_PORT=str(options.port),
        AWS_ENDPOINT_URL=f"http://{HOST}:{options.port}",  # inherited: without it a function would call AWS itself
        MINISTACK_HOST=HOST,
        MINISTACK_REGION=options.region,
        MINISTACK_ACCOUNT_ID=options.account,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AUTH="false" if options.no_auth else "true",
        SFTP_ENABLED="0",
        IOT_MTLS_ENABLED="0",
        TMPDIR=str(options.state.resolve()),
        STATE_DIR=str(options.state.resolve() / "state"),
        S3_DATA_DIR=str(options.state.resolve() / "s3"),
        LOG_LEVEL="INFO",
    )


def stop_when_orphaned(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())

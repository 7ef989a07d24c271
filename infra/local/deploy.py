"""Deploys infra/template.yaml to the local emulator, and reads back what became of it.

    deploy.py up      transform, upload, create or update the stack; prints one JSON object that says where all is
    deploy.py logs    writes every function's log group to --out DIR/<function>.log
    deploy.py env     prints the deployed functions' environment as NAME=value lines, for `cargo lambda watch --env-file`
    deploy.py expand  prints the template as JSON: plain CloudFormation (default) or --sam as written

Running `up` again brings the stack to the template's and the binaries' present state. A failure is one line on
standard error and exit code 1. Progress goes to standard error, the JSON object alone to standard output.
"""

import argparse
import base64
import binascii
import concurrent.futures
import json
import os
import pathlib
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import bundle
import sam

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
BUCKET = "bundles"
PATIENCE_SECONDS = 60


class Failure(Exception):
    """Something to tell in one line."""


def main() -> int:
    options = parse_arguments()
    try:
        {"up": up, "logs": write_logs, "env": print_environment, "expand": expand}[options.command](options)
    except (Failure, bundle.MissingBinary) as failure:
        print(f"deploy: {failure}", file=sys.stderr)
        return 1
    except ImportError as missing:
        print(f"deploy: {missing}; install infra/local/requirements.txt into .venv (make does)", file=sys.stderr)
        return 1
    except Exception as error:  # a service's refusal, a socket, a file: the message says it all
        print(f"deploy: {type(error).__name__}: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    return 0


def parse_arguments() -> argparse.Namespace:
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="?", default="up", choices=["up", "logs", "env", "expand"])
    parser.add_argument("--endpoint", default="http://127.0.0.1:4566", help="the emulator")
    parser.add_argument("--stack", default="amb-local")
    parser.add_argument("--template", type=pathlib.Path, default=here.parent / "template.yaml")
    parser.add_argument("--region", default="eu-west-1")
    parser.add_argument("--profile", default="debug", choices=["debug", "release"], help="which build of the functions")
    parser.add_argument(
        "--target", type=pathlib.Path, default=here.parent.parent / "target", help="Cargo's target folder"
    )
    parser.add_argument(
        "--simulator-url", default="http://127.0.0.1:4570", help="the far side; Apple's gateway is its /apple/v1"
    )
    parser.add_argument(
        "--apple-pay-url", help="https, on this machine: where merchant sessions are made, if payments are to be taken"
    )
    parser.add_argument(
        "--pki", type=pathlib.Path, help="folder of ca.pem (whom to trust for it) and token-root.pem (who signs tokens)"
    )
    parser.add_argument("--msp-id", default="11111111-2222-3333-4444-555555555555")
    parser.add_argument("--apple-secret", default="", help="base64, at least 32 bytes; made up when absent")
    parser.add_argument(
        "--visibility", type=int, help="seconds until an unfinished queue message comes back, if not the template's"
    )
    parser.add_argument("--sam", action="store_true", help="expand: the SAM template instead of CloudFormation")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("target/local/logs"), help="logs: where to")
    return parser.parse_args()


# ---- up ---------------------------------------------------------------------------------------------------------


def up(options: argparse.Namespace) -> None:
    for url in (options.endpoint, options.simulator_url):
        require_loopback(url)
    apple_secret = options.apple_secret or base64.b64encode(os.urandom(32)).decode()
    require_key(apple_secret)
    wait_for_health(options.endpoint)

    template = sam.load(options.template)
    code = upload_bundles(options, sam.functions(template))
    parameters = {"MspId": options.msp_id, "Stage": "local", "DeliveryConcurrency": "5", "RelayConcurrency": "5", "PayloadConcurrency": "5", "SettlementConcurrency": "5"}
    plain = sam.for_emulator(sam.transform(template, options.region, parameters, code))
    plain = sam.with_environment(plain, local_environment(options))
    if options.visibility is not None:
        with_visibility(plain, options.visibility)
    outputs = create_or_update(options, plain, parameters)
    put_apple_secret(options, outputs["AppleSecretArn"], apple_secret)
    print(json.dumps(describe(options, outputs, apple_secret)))


def wait_for_health(endpoint: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        if time.monotonic() > deadline:
            raise Failure(f"no emulator answers at {endpoint}")
        time.sleep(0.05)


def upload_bundles(options: argparse.Namespace, packages: dict[str, str]) -> dict[str, str]:
    """S3 URI of each function's bundle, by logical id. The key names the content, so a changed binary is an update."""
    s3 = client(options, "s3")
    held = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    if BUCKET not in held:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": options.region})
    present = {item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}
    built, folder = options.target / options.profile, options.target / "local" / "bundles" / options.profile

    def upload(package: str) -> str:
        archive, digest = bundle.bundle(package, built, folder)
        key = f"{package}-{digest[:16]}.zip"
        if key not in present:
            s3.upload_file(str(archive), BUCKET, key)
        return f"s3://{BUCKET}/{key}"

    say(f"bundling {len(packages)} functions from {built}")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(packages, pool.map(upload, packages.values())))


def local_environment(options: argparse.Namespace) -> dict[str, object]:
    api_url = {"Fn::Sub": f"{options.endpoint}/_aws/execute-api/${{Api}}"}
    return {
        "AMB_EGRESS_LOOPBACK": "allow",  # the only place that says so; a function believes it on a loopback endpoint only
        "?AMB_APPLE_GATEWAY_URL": f"{options.simulator_url}/apple/v1",
        "?AMB_APPLE_CONTENT_HOSTS": "127.0.0.1",
        "?AMB_API_URL": api_url,
        "?AMB_PAY_URL": api_url,
        **money(options),
        "SSL_CERT_FILE": str(trusted(options)),
        "RUST_BACKTRACE": "1",
    }


def money(options: argparse.Namespace) -> dict[str, object]:
    """Providers, sessions and tokens of the far side, in the place of the real ones."""
    if not options.apple_pay_url or not options.pki:
        return {}
    require_loopback(options.apple_pay_url)
    return {
        "AMB_APPLE_PAY_URL@AMB_MERCHANT_SECRETS": options.apple_pay_url,
        "AMB_STRIPE_URL@AMB_MERCHANT_SECRETS": f"{options.simulator_url}/stripe",
        "AMB_ADYEN_URL@AMB_MERCHANT_SECRETS": f"{options.simulator_url}/adyen",
        "AMB_APPLE_PAY_TEST_ROOT@AMB_APPLE_PAY_ENVIRONMENT": (options.pki / "token-root.pem").read_text(),
    }


def trusted(options: argparse.Namespace) -> pathlib.Path:
    """Certificates that functions trust: everybody's, and those of the far side."""
    import certifi

    everybodys = pathlib.Path(certifi.where())
    if not options.pki:
        return everybodys
    bundle_file = (options.pki / "bundle.pem").resolve()
    bundle_file.write_text(everybodys.read_text() + (options.pki / "ca.pem").read_text())
    return bundle_file


def with_visibility(template: dict, seconds: int) -> None:
    """Tests that kill a function would otherwise wait three minutes for its messages to come back."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::SQS::Queue" and "VisibilityTimeout" in resource["Properties"]:
            resource["Properties"]["VisibilityTimeout"] = seconds


def create_or_update(options: argparse.Namespace, template: dict, parameters: dict[str, str]) -> dict[str, str]:
    s3, cloudformation = client(options, "s3"), client(options, "cloudformation")
    s3.put_object(Bucket=BUCKET, Key=f"{options.stack}.json", Body=json.dumps(template).encode())
    request = {
        "StackName": options.stack,
        "TemplateURL": f"{options.endpoint}/{BUCKET}/{options.stack}.json",
        "Capabilities": ["CAPABILITY_IAM"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    }
    stack = find_stack(cloudformation, options.stack)
    if stack and stack["StackStatus"] == "ROLLBACK_COMPLETE":  # a first deployment that failed can only be deleted
        cloudformation.delete_stack(StackName=options.stack)
        stack = None
    say(f"{'updating' if stack else 'creating'} stack {options.stack}")
    try:
        cloudformation.update_stack(**request) if stack else cloudformation.create_stack(**request)
    except cloudformation.exceptions.ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        stack = find_stack(cloudformation, options.stack)
        status = stack["StackStatus"] if stack else "gone"
        if not status.endswith("IN_PROGRESS"):
            break
        if time.monotonic() > deadline:
            raise Failure(f"stack {options.stack} is still {status} after {PATIENCE_SECONDS} s")
        time.sleep(0.05)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise Failure(f"stack {options.stack} is {status}: {why(cloudformation, options.stack)}")
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def find_stack(cloudformation, name: str) -> dict | None:
    try:
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except cloudformation.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def why(cloudformation, stack: str) -> str:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    reasons = [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in failed[:3]]
    return "; ".join(reasons) or "no reason given"


def put_apple_secret(options: argparse.Namespace, secret: str, key: str) -> None:
    """Puts the value unless it is the present one: putting it again would push the previous key out of its stage."""
    secrets = client(options, "secretsmanager")
    present = json.loads(secrets.get_secret_value(SecretId=secret)["SecretString"])
    if present.get("key") != key:
        value = {"v": 1, "kid": time.strftime("a-%Y-%m"), "key": key, "previousAcceptUntil": None}
        secrets.put_secret_value(SecretId=secret, SecretString=json.dumps(value))


def describe(options: argparse.Namespace, outputs: dict[str, str], apple_secret: str) -> dict:
    secrets, sts = client(options, "secretsmanager"), client(options, "sts")
    operator = json.loads(secrets.get_secret_value(SecretId=outputs["OperatorKeySecretArn"])["SecretString"])
    queues = {
        name: on_endpoint(outputs[output], options.endpoint)
        for name, output in (
            ("deliveries", "DeliveriesQueueUrl"),
            ("deliveriesDlq", "DeliveriesDlqUrl"),
            ("outbound", "OutboundQueueUrl"),
            ("outboundDlq", "OutboundDlqUrl"),
            ("payloads", "PayloadsQueueUrl"),
            ("payloadsDlq", "PayloadsDlqUrl"),
            ("settlements", "SettlementsQueueUrl"),
            ("settlementsDlq", "SettlementsDlqUrl"),
            ("dispatchDlq", "DispatchDlqUrl"),
        )
    }
    stack = {
        "apiUrl": f"{options.endpoint}/_aws/execute-api/{outputs['ApiId']}",
        "emulatorUrl": options.endpoint,
        "simulatorUrl": options.simulator_url,
        "region": options.region,
        "accountId": sts.get_caller_identity()["Account"],
        "stack": options.stack,
        "mspId": options.msp_id,
        "appleSecret": apple_secret,
        "operatorKey": operator["key"],
        "tables": {
            "inbox": outputs["InboxTable"],
            "conversations": outputs["ConversationsTable"],
            "accounts": outputs["AccountsTable"],
            "payments": outputs["PaymentsTable"],
        },
        "files": outputs["FilesBucket"],
        "finance": outputs["FinanceBucket"],
        "merchantSecrets": outputs["MerchantSecretsPrefix"],
        "queues": queues,
        "secrets": {
            "apple": outputs["AppleSecretArn"],
            "serviceKey": outputs["ServiceKeySecretArn"],
            "operatorKey": outputs["OperatorKeySecretArn"],
        },
        "functions": functions_of(options),
    }
    for url in (stack["apiUrl"], stack["emulatorUrl"], stack["simulatorUrl"], *queues.values()):
        require_loopback(url)
    return stack


def on_endpoint(url: str, endpoint: str) -> str:
    """The emulator names its queues by a host name; only the address is sure to resolve."""
    return urllib.parse.urlsplit(url)._replace(netloc=urllib.parse.urlsplit(endpoint).netloc).geturl()


def functions_of(options: argparse.Namespace) -> dict[str, str]:
    """Package name → deployed name."""
    prefix = f"{options.stack}-"
    pages = client(options, "lambda").get_paginator("list_functions").paginate()
    names = [function["FunctionName"] for page in pages for function in page["Functions"]]
    return {name.removeprefix(prefix): name for name in sorted(names) if name.startswith(prefix)}


# ---- logs, environment and expand ----------------------------------------------------------------------------------------------


def write_logs(options: argparse.Namespace) -> None:
    require_loopback(options.endpoint)
    logs, lambdas = client(options, "logs"), client(options, "lambda")
    options.out.mkdir(parents=True, exist_ok=True)
    for package, name in functions_of(options).items():
        group = lambdas.get_function_configuration(FunctionName=name)["LoggingConfig"]["LogGroup"]
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        events = [event for page in pages for event in page["events"]]
        events.sort(key=lambda event: event["timestamp"])
        path = options.out / f"{package}.log"
        path.write_text("".join(f"{event['message']}\n" for event in events))
        say(f"{len(events)} lines in {path}")


def print_environment(options: argparse.Namespace) -> None:
    """No two functions give one name two values, so one file serves all of them."""
    require_loopback(options.endpoint)
    lambdas = client(options, "lambda")
    environment = {
        "AWS_ENDPOINT_URL": options.endpoint,
        "AWS_REGION": options.region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    for name in functions_of(options).values():
        environment |= lambdas.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    print("\n".join(f"{name}={value}" for name, value in sorted(environment.items())))


def expand(options: argparse.Namespace) -> None:
    template = sam.load(options.template)
    if not options.sam:
        template = sam.transform(template, options.region, {"MspId": options.msp_id})
    print(json.dumps(template, indent=1))


# ---- shared -------------------------------------------------------------------------------------------------------


def client(options: argparse.Namespace, service: str):
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,
        endpoint_url=options.endpoint,
        region_name=options.region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"}, proxies={}),
    )


def require_loopback(url: str) -> None:
    host = urllib.parse.urlsplit(url).hostname
    if host not in LOOPBACK:
        raise Failure(f"{url} is not on this machine")


def require_key(secret: str) -> None:
    try:
        size = len(base64.b64decode(secret, validate=True))
    except (binascii.Error, ValueError):
        raise Failure("--apple-secret is not base64") from None
    if size < 32:
        raise Failure(f"--apple-secret decodes to {size} bytes, and Apple's are at least 32")


def say(what: str) -> None:
    print(f"deploy: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

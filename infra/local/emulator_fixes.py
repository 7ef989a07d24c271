"""Where ministack 1.5.33 differs from AWS in ways that this product notices, it is corrected here.

Each function is one difference. Every upgrade of the emulator starts with reading this list.
"""

import asyncio
import contextvars
import math
import pathlib
import re
import socketserver
import time

from ministack.core import iam_actions, lambda_runtime
from ministack.services import apigateway, dynamodb, lambda_svc, s3

BATCHES_IN_FLIGHT = 5
ENVIRONMENTS_PER_FUNCTION = 12
LONGEST_PAUSE_SECONDS = 2.0
SHORTEST_PART = 5 * 1024 * 1024


def apply(logs: pathlib.Path | None) -> None:
    answer_at_once()
    keep_compressed_bodies()
    authorize_batches_as_their_parts()
    run_queue_batches_side_by_side()
    honour_stream_retries()
    start_few_environments()
    want_parts_of_five_mebibytes()
    if logs:
        write_logs_to(logs)


def answer_at_once() -> None:
    """Waits on every warm call: Nagle against delayed acknowledgements (80 ms), a log drain (50 ms), and a pause
    between looks at queues and streams (50 ms)."""
    lambda_svc._ESM_IDLE_WAKE_GAP_SECONDS = 0.002
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    for worker in (lambda_runtime.Worker, lambda_runtime.ProvidedWorker):
        drain = worker.__dict__.get("_drain_stderr_bounded")
        if drain:
            drain.__defaults__ = (0.002, 0.001, 0.05)


def keep_compressed_bodies() -> None:
    """A JSON body with a content encoding is bytes: API Gateway hands it over in base64, ministack decodes it as text."""
    encoding = contextvars.ContextVar("encoding", default="")
    invoke, is_text = apigateway._invoke_lambda_proxy, apigateway._v2_request_body_is_text

    async def invoke_with_encoding(integration, api_id, stage, path, method, headers, body, *rest, **named):
        compressed = headers.get("content-encoding", "") or ("?" if body and not _is_utf8(body) else "")
        token = encoding.set(compressed)
        try:
            return await invoke(integration, api_id, stage, path, method, headers, body, *rest, **named)
        finally:
            encoding.reset(token)

    apigateway._invoke_lambda_proxy = invoke_with_encoding
    apigateway._v2_request_body_is_text = lambda content_type: not encoding.get() and is_text(content_type)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def start_few_environments() -> None:
    """Two hundred calls at once start two hundred environments, on AWS on as many machines. Here they would share a
    few cores, and time out on each other: more than some wait for their turn instead."""
    invoke, turns = apigateway._invoke_lambda_proxy, {}

    async def invoke_in_turn(integration, *rest, **named):
        turn = turns.setdefault(integration.get("integrationUri"), asyncio.Semaphore(ENVIRONMENTS_PER_FUNCTION))
        async with turn:
            return await invoke(integration, *rest, **named)

    apigateway._invoke_lambda_proxy = invoke_in_turn


def authorize_batches_as_their_parts() -> None:
    """IAM has no action for a queue's batch calls: who may send may send batches. ministack asks for `SendMessageBatch`."""
    action = iam_actions.extract_iam_action

    def of_one(service, *rest, **named):
        found = action(service, *rest, **named)
        return found.removesuffix("Batch") if service == "sqs" and found else found

    iam_actions.extract_iam_action = of_one


def run_queue_batches_side_by_side() -> None:
    """Lambda runs as many FIFO batches as there are message groups; ministack runs one, so that one slow
    conversation holds up all. Its receive already skips groups in flight, so more are safe. It also fails on a
    concurrency that came through a template parameter, which is a string."""

    def concurrency(mapping, function, config, queue=None):
        del queue
        allowed = int((mapping.get("ScalingConfig") or {}).get("MaximumConcurrency") or BATCHES_IN_FLIGHT)
        reserved = lambda_svc._reserved_concurrency(function, config)
        return allowed if reserved is None else min(allowed, int(reserved))

    lambda_svc._sqs_esm_concurrency = concurrency


def want_parts_of_five_mebibytes() -> None:
    """S3 joins no parts shorter than 5 MiB but the last; ministack joins what it gets."""
    join = s3._complete_multipart_upload

    def join_long_parts(bucket, key, body, query, headers=None):
        parts = s3._multipart_uploads.get(s3._qp(query, "uploadId"), {}).get("parts", {})
        numbers = sorted(int(number) for number in re.findall(rb"<PartNumber>(\d+)<", body))
        if any(parts[number]["size"] < SHORTEST_PART for number in numbers[:-1] if number in parts):
            return s3._error("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", 400)
        return join(bucket, key, body, query, headers)

    s3._complete_multipart_upload = join_long_parts


def write_logs_to(folder: pathlib.Path) -> None:
    """Function output, line by line as it is printed: the emulated log groups get it per call, and may miss the last lines."""
    pump = lambda_runtime.ProvidedWorker._pump_output

    class Tee:
        def __init__(self, stream, sink):
            self.stream, self.sink = stream, sink

        def readline(self):
            line = self.stream.readline()
            if line:
                self.sink.write(line)
                self.sink.flush()
            return line

        def close(self):
            self.stream.close()

    def pump_and_write(self, stream, log_queue):
        with open(folder / f"{self.func_name}.log", "ab") as sink:
            pump(self, Tee(stream, sink), log_queue)

    lambda_runtime.ProvidedWorker._pump_output = pump_and_write


def honour_stream_retries() -> None:
    """ministack advances past a DynamoDB stream batch whatever `batchItemFailures` says, retries an error for ever and
    blocks every other source meanwhile. Here, as on AWS: from the first failed record on it is retried, bisected,
    and after the allowed attempts or age sent to the failure destination."""
    lambda_svc._poll_dynamodb_streams = _poll_streams


class _Progress:
    """What is known about the record that a mapping is stuck at."""

    def __init__(self, batch_size: int):
        self.batch_size = batch_size
        self.go_on()

    def go_on(self) -> None:
        self.at, self.attempts, self.size, self.not_before = None, 0, self.batch_size, 0.0


_progress: dict[str, _Progress] = {}


def _poll_streams() -> bool:
    dispatched = False
    for account, region, mapping in lambda_svc._iter_all_esms():
        account_token = lambda_svc._request_account_id.set(account)
        region_token = lambda_svc._request_region.set(region)
        try:
            dispatched = _dispatch_next(mapping) or dispatched
        finally:
            lambda_svc._request_account_id.reset(account_token)
            lambda_svc._request_region.reset(region_token)
    return dispatched


def _dispatch_next(mapping: dict) -> bool:
    name, stream = mapping["UUID"], mapping.get("EventSourceArn", "")
    if not mapping.get("Enabled", True) or ":dynamodb:" not in stream or lambda_svc._esm_inflight.get(name):
        return False
    table = stream.split("/stream/")[0].split("/")[-1]
    function, _ = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
    if function is None or (dynamodb._tables.get(table) or {}).get("LatestStreamArn") != stream:
        return False
    progress = _progress.setdefault(name, _Progress(mapping.get("BatchSize", 100)))
    if progress.not_before > time.time():
        return False
    position = max(_position(mapping, table), dynamodb.stream_start_position(table))
    records = dynamodb.stream_records_since(table, position, progress.size)
    if not records:
        return False
    kept = [(i, record) for i, record in enumerate(records) if lambda_svc._apply_filter_criteria([record], mapping)]
    if not kept:
        _advance(mapping, position + len(records))
        return True
    lambda_svc._dispatch_esm_batch(name, _run_batch, mapping, function, position, len(records), kept, progress)
    return True


def _position(mapping: dict, table: str) -> int:
    with lambda_svc._dynamodb_stream_positions_lock:
        positions = lambda_svc._dynamodb_stream_positions
        if mapping["UUID"] not in positions:
            from_start = mapping.get("StartingPosition", "LATEST") == "TRIM_HORIZON"
            positions[mapping["UUID"]] = (
                dynamodb.stream_start_position if from_start else dynamodb.stream_end_position
            )(table)
        return positions[mapping["UUID"]]


def _advance(mapping: dict, position: int) -> None:
    with lambda_svc._dynamodb_stream_positions_lock:
        lambda_svc._dynamodb_stream_positions[mapping["UUID"]] = position


def _run_batch(mapping, function, position, length, kept, progress) -> None:
    result = lambda_svc._execute_function(function, {"Records": [record for _, record in kept]})
    failed = _first_failure(mapping, result, kept)
    if failed is None:
        mapping["LastProcessingResult"] = f"OK - {len(kept)} records"
        progress.go_on()
        _advance(mapping, position + length)
        return

    mapping["LastProcessingResult"] = "FAILED"
    stuck_at = position + kept[failed][0]
    if progress.at != stuck_at:
        progress.at, progress.attempts = stuck_at, 0
    progress.attempts += 1
    condition = _given_up(mapping, kept[failed][1], progress)
    if condition:
        lost = kept[failed:] if result.get("error") else kept[failed : failed + 1]
        lambda_svc._send_ddb_stream_failure_record(
            mapping, function, [record for _, record in lost], mapping["EventSourceArn"], result, condition
        )
        progress.go_on()
        _advance(mapping, position + lost[-1][0] + 1)
        return
    if mapping.get("BisectBatchOnFunctionError") and result.get("error"):
        progress.size = max(1, math.ceil(length / 2))
    progress.not_before = time.time() + min(0.1 * 2**progress.attempts, LONGEST_PAUSE_SECONDS)
    _advance(mapping, stuck_at)


def _first_failure(mapping: dict, result: dict, kept: list) -> int | None:
    """Index of the first record to retry; None when all are done. An answer that names no known record fails all."""
    if result.get("error"):
        return 0
    body = result.get("body")
    if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", []) or not isinstance(body, dict):
        return None
    failures = {failure.get("itemIdentifier") for failure in body.get("batchItemFailures") or []}
    if not failures:
        return None
    known = [i for i, (_, record) in enumerate(kept) if record["dynamodb"]["SequenceNumber"] in failures]
    return min(known) if len(known) == len(failures) else 0


def _given_up(mapping: dict, record: dict, progress: _Progress) -> str | None:
    retries, age = mapping.get("MaximumRetryAttempts"), mapping.get("MaximumRecordAgeInSeconds")
    if retries is not None and int(retries) >= 0 and progress.attempts > int(retries):
        return "RetryAttemptsExhausted"
    created = float(record["dynamodb"].get("ApproximateCreationDateTime", time.time()))
    if age is not None and int(age) > 0 and time.time() - created > int(age):
        return "MaxRecordAgeExceeded"
    return None

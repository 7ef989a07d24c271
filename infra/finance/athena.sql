-- The journal in Athena. Run once, with the bucket's name in the place of ${FinanceBucket}; statements
-- end with a semicolon, and Athena takes one at a time. A day is there as soon as it is exported: the
-- partitions are computed, not listed. `tenant` and `merchant` have to be named in every query, as
-- `injected` partitions want it.

CREATE DATABASE IF NOT EXISTS amb_finance;

-- Columns as in README, "For finance". Amounts are whole numbers of the currency's smallest unit; the
-- column `amount` is the same as a decimal in text. `day` is the partition.
CREATE EXTERNAL TABLE IF NOT EXISTS amb_finance.journal (
  seq bigint,
  shard bigint,
  ts_utc timestamp,
  ts_local string,
  tz string,
  tenant_id string,
  merchant_id string,
  business_id string,
  payment_id string,
  request_identifier string,
  reference string,
  attempt_no bigint,
  event_type string,
  endpoint string,
  callback_id string,
  duplicate_of string,
  decision string,
  told string,
  state_from string,
  state_to string,
  error_class string,
  apple_errors string,
  currency string,
  amount_minor bigint,
  amount string,
  exponent bigint,
  subtotal_minor bigint,
  tax_minor bigint,
  shipping_minor bigint,
  discount_minor bigint,
  fee_minor bigint,
  held_minor bigint,
  shipping_method_id string,
  ship_country string,
  ship_region string,
  quote_seq bigint,
  quote_source string,
  psp string,
  psp_account string,
  psp_reference string,
  psp_merchant_reference string,
  psp_code string,
  idem_key_prefix string,
  auth_code string,
  network string,
  funding string,
  card_last4 string,
  apple_txid_hash string,
  token_signing_time timestamp,
  verify_result string,
  latency_ms bigint,
  psp_latency_ms bigint,
  deadline_margin_ms bigint,
  fence string,
  weak_flag boolean,
  ack string,
  actor string,
  code_version string,
  prev_hash string,
  hash string
)
PARTITIONED BY (tenant string, merchant string, day string)
STORED AS PARQUET
LOCATION 's3://${FinanceBucket}/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.tenant.type' = 'injected',
  'projection.merchant.type' = 'injected',
  'projection.day.type' = 'date',
  'projection.day.format' = 'yyyy-MM-dd',
  'projection.day.range' = '2026-01-01,NOW',
  'projection.day.interval' = '1',
  'projection.day.interval.unit' = 'DAYS',
  'storage.location.template' = 's3://${FinanceBucket}/tenant=${tenant}/journal-parquet/merchant=${merchant}/day=${day}/'
);

-- What happened on a day, by event and currency: the sums of the control file.
CREATE OR REPLACE VIEW amb_finance.daily_summary AS
SELECT tenant, merchant, day, currency, event_type,
       count(*) AS row_count,
       sum(amount_minor) AS amount_minor
FROM amb_finance.journal
WHERE amount_minor IS NOT NULL
GROUP BY tenant, merchant, day, currency, event_type;

-- Captured and not settled, by payment: what the provider owes.
CREATE OR REPLACE VIEW amb_finance.open_items AS
SELECT tenant, merchant, payment_id, max(reference) AS reference, currency,
       min(CASE WHEN event_type = 'CAPTURED' THEN ts_utc END) AS captured_at,
       sum(CASE WHEN event_type = 'CAPTURED' THEN amount_minor WHEN event_type = 'CHANGE_FAILED' AND decision = 'capture' AND error_class = 'reversed' THEN -amount_minor ELSE 0 END)
         - sum(CASE WHEN event_type = 'SETTLED' AND psp_code = 'capture' AND decision IN ('clearing', 'exchange') THEN amount_minor ELSE 0 END) AS open_minor
FROM amb_finance.journal
WHERE payment_id IS NOT NULL AND event_type IN ('CAPTURED', 'CHANGE_FAILED', 'SETTLED')
GROUP BY tenant, merchant, payment_id, currency
HAVING sum(CASE WHEN event_type = 'CAPTURED' THEN amount_minor WHEN event_type = 'CHANGE_FAILED' AND decision = 'capture' AND error_class = 'reversed' THEN -amount_minor ELSE 0 END)
     <> sum(CASE WHEN event_type = 'SETTLED' AND psp_code = 'capture' AND decision IN ('clearing', 'exchange') THEN amount_minor ELSE 0 END);

-- Attempts that were in doubt for over an hour, or still are: since the first doubt, until the last end.
CREATE OR REPLACE VIEW amb_finance.in_doubt_over_1h AS
SELECT tenant, merchant, payment_id, attempt_no, currency, amount_minor, in_doubt_since, ended_at
FROM (
  SELECT tenant, merchant, payment_id, attempt_no, currency, max(amount_minor) AS amount_minor,
         min(CASE WHEN state_to = 'unknown' THEN ts_utc END) AS in_doubt_since,
         CASE WHEN max(CASE WHEN event_type IN ('RESOLVED', 'VOIDED') THEN ts_utc END)
                >= max(CASE WHEN state_to = 'unknown' THEN ts_utc END)
              THEN max(CASE WHEN event_type IN ('RESOLVED', 'VOIDED') THEN ts_utc END) END AS ended_at
  FROM amb_finance.journal
  WHERE state_to = 'unknown' OR event_type IN ('RESOLVED', 'VOIDED')
  GROUP BY tenant, merchant, payment_id, attempt_no, currency
)
WHERE date_diff('minute', in_doubt_since, coalesce(ended_at, CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp))) > 60;

-- The customer saw something else than was told; a provider did not do what it was asked, authorised one attempt twice
-- (held_twice), or took back what is in no books: each waits for a person. What it authorised too late (approved_late)
-- is let go by itself.
CREATE OR REPLACE VIEW amb_finance.ack_mismatch AS
SELECT tenant, merchant, day, ts_utc, event_type, decision, payment_id, reference, currency, amount_minor, amount, error_class, ack, psp, psp_reference
FROM amb_finance.journal
WHERE event_type IN ('ACK_MISMATCH', 'CHANGE_FAILED', 'CHANGE_OVERDUE', 'VOID_STUCK')
   OR (event_type = 'CHARGEBACK' AND amount_minor IS NULL)
   OR (event_type = 'PSP_RESULT' AND decision = 'approved_late');

-- What was declined, and why.
CREATE OR REPLACE VIEW amb_finance.declines_by_class AS
SELECT tenant, merchant, day, psp, error_class, psp_code, count(*) AS declines
FROM amb_finance.journal
WHERE event_type = 'PSP_RESULT' AND decision IN ('declined', 'rejected')
GROUP BY tenant, merchant, day, psp, error_class, psp_code;

-- In what providers' reports and the journal differ.
CREATE OR REPLACE VIEW amb_finance.unmatched_psp AS
SELECT tenant, merchant, day, ts_utc, psp, error_class, payment_id, reference, psp_reference, currency, amount_minor, amount, callback_id
FROM amb_finance.journal
WHERE event_type = 'MATCH_EXCEPTION';

-- What the provider holds, by payment: authorised, and neither captured nor let go.
CREATE OR REPLACE VIEW amb_finance.held AS
SELECT tenant, merchant, payment_id, max(reference) AS reference, currency, min(ts_utc) AS held_since, sum(held_minor) AS held_minor
FROM amb_finance.journal
WHERE held_minor IS NOT NULL
GROUP BY tenant, merchant, payment_id, currency
HAVING sum(held_minor) <> 0;

-- Rows that do not follow the one before. Days are whole, so the first row of the first day that is
-- asked for is not compared. For a proof run the verifier: it recomputes the hashes too.
CREATE OR REPLACE VIEW amb_finance.chain_breaks AS
SELECT tenant, merchant, day, shard, seq, prev_hash, expected_prev_hash, expected_seq
FROM (
  SELECT tenant, merchant, day, shard, seq, prev_hash,
         lag(hash) OVER (PARTITION BY tenant, merchant, shard ORDER BY seq) AS expected_prev_hash,
         lag(seq) OVER (PARTITION BY tenant, merchant, shard ORDER BY seq) + 1 AS expected_seq
  FROM amb_finance.journal
)
WHERE expected_seq IS NOT NULL AND (seq <> expected_seq OR prev_hash <> expected_prev_hash);

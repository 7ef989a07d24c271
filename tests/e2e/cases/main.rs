//! End-to-end tests: the real template on the emulator, every function a process, the simulator on
//! the far side. Build the functions first (`make test` does): what is deployed is what lies in
//! Cargo's target folder.
//!
//! One stack serves all cases. Each case has a tenant, a business and a customer of its own, so that
//! they can run side by side; those that disturb a function have the stack for themselves while they
//! do.

mod account;
mod aws;
mod context;
mod crash;
mod delivery;
mod dependencies;
mod files;
mod finance;
mod harness;
mod inbound;
mod large;
mod outbound;
mod payments;
mod repository;
mod scene;
mod secrecy;
mod signature;
mod template;
mod templates;

use std::process::ExitCode;

use harness::{Shared, cases};

#[expect(clippy::too_many_lines, reason = "the table of all cases")]
fn main() -> ExitCode {
    let mut arguments = libtest_mimic::Arguments::from_args();
    // They wait most of the time.
    arguments.test_threads.get_or_insert(8);
    let shared = match Shared::new() {
        Ok(shared) => shared,
        Err(error) => return harness::cannot_start(&error),
    };
    let trials = [
        cases!(shared, plain: dependencies::{
            arrows_point_one_way,
            protocol_and_service_know_no_cloud_and_no_server,
            no_function_depends_on_another,
            only_some_functions_move_files,
            only_the_edge_reads_the_environment,
        }),
        cases!(shared, plain: template::{
            every_role_has_exactly_its_actions,
            no_role_has_a_wildcard_or_a_managed_policy,
            tables_are_backed_up_encrypted_and_expire_rows,
            files_are_private_encrypted_and_expire,
            nobody_can_rewrite_the_journal,
            queues_are_encrypted_and_have_dead_letter_queues,
            event_sources_report_item_failures,
            functions_are_small_and_keep_their_logs_for_a_time,
            alarms_watch_what_can_go_wrong,
            no_resource_waits_for_itself,
            loopback_cannot_be_opened_from_the_template,
        }),
        // First, so that they recover beside the others and nobody waits for them to have the stack for
        // themselves; the first of all recovers longest.
        cases!(shared, async: files::{
            f090_a_killed_fetch_loses_no_file_and_tells_once,
        }),
        cases!(shared, async: crash::{
            a_killed_dispatch_loses_nothing,
            a_killed_delivery_loses_nothing,
            a_delivery_killed_in_its_post_loses_nothing,
            a_killed_relay_loses_nothing,
        }),
        cases!(shared, async: large::{
            f097_a_hundred_megabytes_fit_into_the_smallest_function,
        }),
        cases!(shared, async: payments::{
            f111_a_killed_gateway_holds_no_money,
        }),
        cases!(shared, async: inbound::{
            a_text_survives_both_ways_byte_for_byte,
            two_hundred_identical_webhooks_are_one_event,
            a_second_apple_secret_is_accepted_beside_the_first,
            tokens_that_do_not_hold_get_401_or_403,
            a_request_that_is_not_apples_form_gets_400_or_404,
            typing_and_reactions_reach_the_business,
        }),
        cases!(shared, async: context::{
            ap25_a_conversation_reaches_the_endpoint_of_its_intent,
            sc03_sc04_a_start_link_says_what_the_message_and_the_history_say,
            ap13_an_answer_comes_back_with_its_question_and_its_reference,
            ap23_a_private_answer_is_read_back_by_those_who_may,
        }),
        cases!(shared, async: outbound::{
            after_close_a_send_gets_409_until_the_customer_writes_again,
            an_idempotency_key_sends_once,
            prefer_wait_tells_how_it_ended,
            a_message_that_apple_cannot_take_now_is_sent_again_with_the_same_id,
            an_answer_of_apple_that_is_lost_costs_no_message,
            messages_of_one_conversation_keep_their_order,
            every_fault_of_a_request_is_named_with_its_place,
        }),
        cases!(shared, async: files::{
            ap07_a_hundred_megabytes_reach_the_business_byte_for_byte,
            ap07_a_hundred_megabytes_reach_the_phone_byte_for_byte,
            ap08_a_file_goes_to_a_second_customer_without_a_second_upload,
            the_content_stores_headers_are_spelt_as_the_deployment_says,
            f091_f099_every_fault_of_a_file_ends_in_its_state,
        }),
        cases!(shared, async: large::{
            a_two_megabyte_answer_by_reference_equals_its_inline_twin,
            sc16_a_reference_is_resolved_on_request,
            f108_an_answer_that_apple_cannot_decode_is_parked_in_its_place,
        }),
        cases!(shared, async: payments::{
            ap17_ap18_ap19_a_customer_pays_through_stripe,
            ap17_ap18_ap19_a_customer_pays_through_adyen,
            ap17_ap18_ap19_a_customer_pays_through_the_business,
            ap18_choices_change_the_total_and_a_declined_card_may_be_changed,
            f113_f115_the_same_callback_fifty_times_makes_one_hold,
            f114_a_token_pays_one_payment_only,
            f112_f117_money_that_nobody_is_sure_of_is_let_go,
            a_device_that_showed_another_total_is_not_charged,
            a_hold_that_runs_out_at_the_provider_is_voided_here,
            a_capture_that_was_taken_and_failed_is_a_persons,
            the_journal_tells_all_and_nothing_private,
        }),
        cases!(shared, async: finance::{
            finance_exports_the_day_and_the_verifier_agrees,
        }),
        cases!(shared, async: templates::{
            ap30_a_template_is_kept_rendered_and_sent_by_name_and_version,
            sc08_a_large_template_comes_by_upload_and_is_read_by_link,
        }),
        cases!(shared, async: delivery::{
            a_webhook_that_failed_comes_again_with_the_same_id,
            a_webhook_whose_answer_was_lost_is_a_known_one,
            an_endpoint_that_answers_410_is_disabled_and_can_be_replayed_to,
            an_ordered_endpoint_waits_for_what_failed,
        }),
        cases!(shared, async: signature::{
            the_python_library_of_standard_webhooks_accepts_our_signature,
        }),
        cases!(shared, async: account::{
            a_key_opens_its_own_tenant_only,
            what_is_not_a_key_gets_401,
            lists_hold_what_happened,
        }),
        cases!(shared, async: secrecy::{
            no_log_repeats_a_message_a_key_or_a_customer,
        }),
    ];
    let conclusion = libtest_mimic::run(&arguments, trials.into_iter().flatten().collect());
    shared.end(!conclusion.has_failed());
    conclusion.exit_code()
}

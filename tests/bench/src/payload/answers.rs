//! Customers' answers that come by reference: how soon the business has them.

use amb_simulator::{
    model::{Answer, Reply},
    sample::chairs,
};
use serde_json::{Value, json};

use super::{BUSINESS, Fallible, PATIENCE_MS, Scene};
use crate::{
    clock::{median, percentile},
    report::Report,
    stack::CEILING,
};

/// Answers, each with another choice, since the same one twice is a duplicate.
const ANSWERS: usize = 40;
/// Before the clock counts: they find functions cold.
const COLD: usize = 3;
/// Bytes of each choice's picture; an answer carries them all.
const PICTURE: usize = 5_000;
const GOAL_MS: f64 = 1000.0;

/// From the customer's choice to `interactive.replied`.
pub(super) async fn measure(scene: &Scene<'_>, report: &mut Report) -> Fallible<()> {
    let (simulator, choices) = (scene.stack.simulator(), COLD + ANSWERS);
    let content = json!({"apple": {"type": "interactive", "interactiveData": picker(choices)}});
    let question = scene.post("question", "raw", content).await?;
    scene.heard("message.accepted", &question).await?;
    let (mut took, mut size) = (Vec::new(), 0);
    for choice in 0..choices {
        let chosen = Answer::ListPicker { identifiers: vec![choice.to_string()] };
        let reply = Reply::to(&question, chosen).wait(PATIENCE_MS);
        let reply = Reply { business_id: Some(BUSINESS.to_owned()), ..reply };
        let answer = simulator.reply(&scene.customer.name, &reply).await?;
        let reference = answer.message.pointer("/interactiveDataRef/size");
        size = reference.and_then(Value::as_u64).ok_or("an answer came inline")?;
        let told = scene.heard("interactive.replied", &answer.id).await?;
        let began = answer.hops.customer_sent.ok_or("an answer was not sent")?;
        let milliseconds = told.at.saturating_sub(began);
        took.push(f64::from(u32::try_from(milliseconds).unwrap_or(u32::MAX)));
    }
    let mut warm = took.split_off(COLD);
    let worst = percentile(&mut warm, 100);
    let note = format!(
        "customer's choice to interactive.replied, {ANSWERS} references of {} KB one after the \
         other, worst {worst:.0}, functions cold {:.0}; {CEILING}",
        size / 1000,
        percentile(&mut took, 100)
    );
    report.figure("payload.reply_p50_ms", median(&mut warm), "ms", note.as_str());
    report.at_most("payload.reply_p95_ms", percentile(&mut warm, 95), "ms", GOAL_MS, note);
    Ok(())
}

fn picker(choices: usize) -> Value {
    chairs("c0ffee00-0000-4000-8000-00000000be0c", choices, PICTURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_are_too_large_for_a_message() {
        assert!(picker(COLD + ANSWERS).to_string().len() > 200_000);
    }
}

//! Reads that do not need each other's answers, a few at a time.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

/// Reads under way at once: more would each want a connection of their own.
const BESIDE: usize = 8;

/// Waits for all of these, in groups side by side; answers in their order, or with the first failure
/// found.
pub(super) async fn together<F, T, E>(reads: Vec<F>) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>>,
{
    let mut answers = Vec::with_capacity(reads.len());
    let mut reads = reads.into_iter();
    loop {
        let group: Vec<Pin<Box<F>>> = reads.by_ref().take(BESIDE).map(Box::pin).collect();
        if group.is_empty() {
            return Ok(answers);
        }
        answers.extend(all(group).await?);
    }
}

async fn all<F, T, E>(mut group: Vec<Pin<Box<F>>>) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>>,
{
    let mut answers: Vec<Option<T>> = group.iter().map(|_| None).collect();
    poll_fn(move |context| {
        for (read, answer) in group.iter_mut().zip(&mut answers) {
            if answer.is_none()
                && let Poll::Ready(ready) = read.as_mut().poll(context)
            {
                match ready {
                    Ok(value) => *answer = Some(value),
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
        }
        if answers.iter().any(Option::is_none) {
            return Poll::Pending;
        }
        Poll::Ready(Ok(answers.drain(..).flatten().collect()))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        cell::{Cell, RefCell},
        pin::pin,
        task::{Context, Waker},
    };

    /// Answers when it is asked for the second time.
    async fn read(number: u32, begun: &RefCell<Vec<u32>>) -> Result<u32, u32> {
        begun.borrow_mut().push(number);
        let asked = Cell::new(false);
        poll_fn(|_| if asked.replace(true) { Poll::Ready(()) } else { Poll::Pending }).await;
        if number == 13 { Err(number) } else { Ok(number) }
    }

    fn drive<T>(future: impl Future<Output = T>) -> (T, usize) {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        for turns in 1.. {
            if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                return (value, turns);
            }
        }
        unreachable!()
    }

    #[test]
    fn the_answers_keep_their_order_and_a_group_takes_one_wait() {
        let begun = RefCell::new(Vec::new());
        let reads = (20..40).map(|number| read(number, &begun)).collect();
        let (answers, turns) = drive(together(reads));
        assert_eq!(answers, Ok((20..40).collect()));
        assert_eq!(turns, 4);
    }

    #[test]
    fn a_failure_ends_it_and_nothing_after_its_group_is_begun() {
        let begun = RefCell::new(Vec::new());
        let reads = (10..40).map(|number| read(number, &begun)).collect();
        assert_eq!(drive(together(reads)).0, Err(13));
        assert_eq!(begun.borrow().len(), BESIDE);
    }
}

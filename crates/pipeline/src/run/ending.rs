//! What the coordinator makes of the news that the threads send.

use std::time::{Duration, Instant};

use super::{
    Event, Status,
    coordinator::{Coordinator, Phase},
    task::End,
    workers::{Ended, News},
};

/// The pause before the first new attempt. It doubles from one to the next, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

impl Coordinator<'_> {
    /// Takes note of what a thread has to tell.
    pub fn take_in(&mut self, news: News) {
        self.awaited -= 1;
        match news {
            News::Ended(ended) => self.end(ended),
            News::Digests(at, digests) => {
                self.phases[at] = Phase::Open;
                match digests {
                    // An input may have turned out damaged in the meantime: then it is looked at again.
                    Ok(_) if !self.schedule.is_met(at) => {}
                    Ok(raw) => self.look_up(at, raw),
                    Err(error) => self.fail(at, None, &error.into()),
                }
            }
        }
    }

    fn end(&mut self, ended: Ended) {
        let Ended { at, fingerprint, end, time } = ended;
        self.pool.give_back(at);
        self.phases[at] = Phase::Open;
        match end {
            End::Made(entry) => self.settle_with(at, fingerprint, entry, Some(time)),
            End::Damaged { needed, fault } => {
                self.make_again(needed, fault);
                self.schedule.put_back(at);
            }
            End::Failed { error, timed_out } => {
                self.failures[at] += 1;
                if self.failures[at] > self.run.pipeline.stages[at].terms.retries || self.is_stopping() {
                    let status = if self.run.is_cancelled() { Status::Stopped } else { Status::Failed };
                    let result = self.result(at, status, time, Some(fingerprint));
                    self.settle_without(at, result, Some(error), timed_out);
                } else {
                    self.delay(at, error, timed_out);
                }
            }
        }
    }

    /// Has a damaged result made again. All that follows it and is not over has to wait for that.
    fn make_again(&mut self, at: usize, fault: String) {
        if self.phases[at] != Phase::Settled {
            return;
        }
        self.settled[at] = None;
        self.digests[at] = None;
        self.damaged.insert(at, fault);
        for follower in self.schedule.unsettle(at).to_vec() {
            if matches!(self.phases[follower], Phase::Queued | Phase::Delayed) {
                self.reopen(follower);
            }
        }
        self.reopen(at);
    }

    /// Has a failed stage tried again after a pause.
    fn delay(&mut self, at: usize, error: String, timed_out: bool) {
        let doublings = self.failures[at].saturating_sub(1).min(16);
        let pause = (FIRST_PAUSE * (1 << doublings)).min(LONGEST_PAUSE);
        self.phases[at] = Phase::Delayed;
        self.delayed.insert(at, Instant::now() + pause);
        self.run.observer.observe(&Event::StageRetry {
            id: self.run.pipeline.stages[at].id.clone(),
            attempt: self.failures[at],
            error,
            timed_out,
            pause: pause.as_secs_f64(),
        });
    }
}

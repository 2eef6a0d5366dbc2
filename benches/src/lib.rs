//! Paired measurement: the candidates run in turn, A B C A B C …, on one thread, in thread CPU time.
//!
//! Absolute times drift with the machine; the ratio of two candidates measured next to each other does not. So every round
//! gives one ratio per candidate, and the median of the rounds is what is printed.

use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;

/// Something to measure.
#[expect(missing_debug_implementations, reason = "holds closures")]
pub struct Candidate<'a> {
    name: &'a str,
    operations: usize,
    prepare: Box<dyn FnMut() + 'a>,
    run: Box<dyn FnMut() + 'a>,
}

impl<'a> Candidate<'a> {
    /// Makes a candidate whose `run` does `operations` operations.
    pub fn new(name: &'a str, operations: usize, run: impl FnMut() + 'a) -> Self {
        Self { name, operations, prepare: Box::new(|| {}), run: Box::new(run) }
    }

    /// Does this before every run, outside the measured time.
    #[must_use]
    pub fn prepared_by(mut self, prepare: impl FnMut() + 'a) -> Self {
        self.prepare = Box::new(prepare);
        self
    }

    fn measure(&mut self) -> f64 {
        (self.prepare)();
        let start = ThreadTime::now();
        (self.run)();
        nanoseconds(start.elapsed()) / black_box(self.operations) as f64
    }
}

/// Measures the candidates in turn for `rounds` rounds; prints each one's median and the median ratio of the first to it.
#[expect(clippy::print_stdout, reason = "a benchmark's output")]
pub fn compare(title: &str, rounds: usize, mut candidates: Vec<Candidate<'_>>) {
    for candidate in &mut candidates {
        candidate.measure();
    }
    let samples: Vec<Vec<f64>> = (0..rounds).map(|_| candidates.iter_mut().map(Candidate::measure).collect()).collect();
    println!("\n{title}");
    for (index, candidate) in candidates.iter().enumerate() {
        let time = median(samples.iter().map(|round| round[index]).collect());
        let ratio = median(samples.iter().map(|round| round[0] / round[index]).collect());
        match index {
            0 => println!("  {:<44} {time:>12.1} ns", candidate.name),
            _ => println!("  {:<44} {time:>12.1} ns   first / this = {ratio:.3}", candidate.name),
        }
    }
}

/// Returns the median.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Returns a duration in nanoseconds.
#[must_use]
pub fn nanoseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}

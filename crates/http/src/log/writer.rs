//! The thread that writes the log, and the bounded queue before it.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{Format, line};

/// Writes lines in the order they came. Dropping it writes what is left.
pub(super) struct Writer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    queue: Mutex<Queue>,
    /// Told when there is something to write, or when the writer should end.
    work: Condvar,
    /// Told when everything was written.
    written: Condvar,
}

#[derive(Default)]
struct Queue {
    lines: Vec<u8>,
    dropped: u64,
    /// The writer waits for work: it has to be told. While it is busy or gathering, it looks by itself.
    idle: bool,
    writing: bool,
    urgent: bool,
    closed: bool,
}

impl Writer {
    /// Starts the thread; `None` if there is no thread to be had, which costs the log and not the service.
    pub(super) fn start(output: Box<dyn Write + Send>, format: Format) -> Option<Arc<Self>> {
        let shared = Arc::new(Shared { queue: Mutex::default(), work: Condvar::new(), written: Condvar::new() });
        let of_thread = Arc::clone(&shared);
        let thread =
            thread::Builder::new().name("gatewright-log".to_owned()).spawn(move || of_thread.run(output, format)).ok()?;
        Some(Arc::new(Self { shared, thread: Some(thread) }))
    }

    /// Queues a line, or drops it if the queue is full.
    pub(super) fn append(&self, line: &str) {
        let mut queue = self.shared.lock();
        if queue.lines.len().saturating_add(line.len()) > MAX_QUEUED {
            queue.dropped = queue.dropped.saturating_add(1);
            return;
        }
        queue.lines.extend_from_slice(line.as_bytes());
        if queue.idle {
            self.shared.work.notify_one();
        }
    }

    /// Waits until everything queued so far is written, at most [`MAX_FLUSH`].
    pub(super) fn flush(&self) {
        let deadline = Instant::now().checked_add(MAX_FLUSH);
        let mut queue = self.shared.lock();
        queue.urgent = true;
        self.shared.work.notify_one();
        while !queue.lines.is_empty() || queue.writing {
            let left = deadline.map_or(Duration::ZERO, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                break;
            }
            queue = self.shared.written.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        queue.urgent = false;
    }

    pub(super) fn dropped(&self) -> u64 {
        self.shared.lock().dropped
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.work.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes batches: under load one write and one wake-up serve many requests.
    fn run(&self, mut output: Box<dyn Write + Send>, format: Format) {
        let (mut batch, mut reported) = (Vec::new(), 0);
        loop {
            let (dropped, closed) = self.next_batch(&mut batch);
            let _ = output.write_all(&batch); // a log that cannot be written must not stop the gate
            if dropped > reported {
                let line = line::note(format, "log_lines_dropped", &dropped.saturating_sub(reported).to_string());
                reported = dropped;
                let _ = output.write_all(line.as_bytes());
            }
            let _ = output.flush();
            batch.clear();
            let mut queue = self.lock();
            queue.writing = false;
            self.written.notify_all();
            if closed && queue.lines.is_empty() {
                return;
            }
            if !queue.urgent && !queue.closed {
                drop(self.work.wait_timeout(queue, GATHER)); // told early only by a flush or the end
            }
        }
    }

    fn next_batch(&self, batch: &mut Vec<u8>) -> (u64, bool) {
        let mut queue = self.lock();
        while queue.lines.is_empty() && !queue.closed {
            queue.idle = true;
            queue = self.work.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.idle = false;
        queue.writing = true;
        std::mem::swap(&mut queue.lines, batch);
        (queue.dropped, queue.closed)
    }
}

/// Bytes that may wait to be written: some 4,000 lines, a second of a busy gate.
const MAX_QUEUED: usize = 1 << 20;
/// How long lines are gathered before the next write.
const GATHER: Duration = Duration::from_millis(20);
/// How long a flush may take, should nobody read our output.
const MAX_FLUSH: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Says when it is asked to write, then waits to be let on.
    struct Gate {
        asked: Sender<Vec<u8>>,
        go: Receiver<()>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.asked.send(bytes.to_vec());
            let _ = self.go.recv();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_find_no_room_are_dropped_counted_and_reported() {
        let ((asked, lines), (let_on, go)) = (channel(), channel());
        let writer = Writer::start(Box::new(Gate { asked, go }), Format::Json).unwrap();
        writer.append("first\n");
        assert_eq!(lines.recv().unwrap(), b"first\n"); // the thread is now stuck in its write
        let long = "x".repeat(MAX_QUEUED);
        writer.append(&long);
        writer.append("lost\n");
        writer.append("lost too\n");
        assert_eq!(writer.dropped(), 2);
        drop(let_on);
        drop(writer);
        let rest: Vec<u8> = lines.iter().flatten().collect();
        let rest = String::from_utf8(rest).unwrap();
        assert!(
            rest.contains(&long) && rest.contains(r#""event":"log_lines_dropped","detail":"2""#) && !rest.contains("lost too")
        );
    }

    #[test]
    fn flush_gives_up_on_an_output_that_does_not_move() {
        let ((asked, lines), (let_on, go)) = (channel(), channel());
        let writer = Writer::start(Box::new(Gate { asked, go }), Format::Json).unwrap();
        writer.append("stuck\n");
        lines.recv().unwrap();
        writer.flush();
        drop(let_on);
    }
}

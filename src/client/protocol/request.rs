//! What is sent: commands as bytes, several of them in one write. Here is what all servers understand in the same way.
//!
//! Every field is a number or a checked [`Key`](crate::cas::Key), so no input can add a command.

use crate::client::mark::Mark;

/// One write to the server, and from which byte on it can change anything there.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(super) bytes: Vec<u8>,
    pub(super) mark: Mark,
    takes_effect: Option<usize>,
}

impl Request {
    /// An empty one; a command in it that writes carries `mark`.
    pub(crate) fn new(mark: Mark) -> Request {
        Request {
            mark,
            ..Request::default()
        }
    }

    pub(crate) fn mark(&self) -> Mark {
        self.mark
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether a missing answer leaves the state of the server in doubt, once this many bytes were sent. The server acts on
    /// a complete command, whether or not the questions behind it arrive as well.
    pub(crate) fn is_in_doubt(&self, sent: usize) -> bool {
        self.takes_effect.is_some_and(|whole| sent >= whole)
    }

    /// Whether anything in it changes something on the server.
    pub(crate) fn writes(&self) -> bool {
        self.takes_effect.is_some()
    }

    /// `stats`: the server's clock and process.
    pub(crate) fn stats(&mut self) {
        self.text("stats\r\n");
    }

    /// `stats settings`: the limits that a swap must respect.
    pub(crate) fn settings(&mut self) {
        self.text("stats settings\r\n");
    }

    /// `version`: what a server of any dialect answers.
    pub(crate) fn version(&mut self) {
        self.text("version\r\n");
    }

    /// `stats conns`: who is connected.
    pub(crate) fn connections(&mut self) {
        self.text("stats conns\r\n");
    }

    /// From here on commands carry this mark.
    pub(crate) fn remark(&mut self, mark: Mark) {
        self.mark = mark;
    }

    /// A no-op: its answer shows that the one before it is whole, whatever that is.
    pub(crate) fn barrier(&mut self) {
        self.text("mn\r\n");
    }

    /// The length up to which the bytes must arrive for the command to take effect that was added last of those that do.
    pub(crate) fn effect_of_last(&mut self) -> usize {
        self.takes_effect.take().unwrap_or(self.bytes.len())
    }

    /// `config get cluster`: the servers of the cluster.
    pub(crate) fn cluster(&mut self) {
        self.text("config get cluster\r\n");
    }

    /// The same as ElastiCache told it before 1.4.14.
    pub(crate) fn cluster_as_item(&mut self) {
        self.text("get AmazonElastiCache:cluster\r\n");
    }

    /// Notes that the bytes so far change something once they arrive.
    pub(super) fn now_takes_effect(&mut self) {
        self.takes_effect.get_or_insert(self.bytes.len());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }
}

/// What a request is on the wire, for tests.
#[cfg(test)]
pub(super) fn sent(build: impl FnOnce(&mut Request)) -> String {
    let mut request = Request::new(Mark::default());
    build(&mut request);
    String::from_utf8(request.bytes).unwrap()
}

//! What the demo tells at its end: a short table of what happened.

/// What happened, line by line.
#[derive(Default)]
pub(super) struct Story(Vec<Line>);

struct Line {
    what: String,
    how: String,
}

impl Story {
    /// Adds a line: what happened, and how many or how.
    pub(super) fn say(&mut self, what: &str, how: String) {
        self.0.push(Line { what: what.to_owned(), how });
    }

    /// Goes on with what another part tells.
    pub(super) fn append(&mut self, mut further: Story) {
        self.0.append(&mut further.0);
    }

    /// Prints the table on stdout, with the second column in line.
    #[allow(clippy::print_stdout, reason = "the answer of a command")]
    pub(super) fn print(&self) {
        let width = self.0.iter().map(|line| line.what.chars().count()).max().unwrap_or_default();
        for Line { what, how } in &self.0 {
            println!("{what:width$}  {how}");
        }
    }
}

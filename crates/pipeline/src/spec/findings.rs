//! The texts that are being checked and the mistakes found in them so far.

use std::sync::Arc;

use miette::{LabeledSpan, NamedSource};

use super::mistake::{Mistake, Mistakes};

/// A place in one of the texts, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    /// Which text: an index that [`Findings::add_text`] gave out.
    pub text: usize,
    pub start: usize,
    pub len: usize,
}

/// Collects mistakes, so that a user learns of all of them in one go.
#[derive(Default, Clone)]
pub(crate) struct Findings {
    texts: Vec<(String, Arc<str>)>,
    /// Which of the texts are files: indices into `texts`.
    files: Vec<usize>,
    mistakes: Vec<(Span, String, Mistake)>,
}

impl Findings {
    /// Makes a text known under a name for the messages. The same default is asked for by many stages and is kept once.
    pub fn add_text(&mut self, name: &str, text: &str) -> usize {
        if let Some(at) = self.texts.iter().position(|(known, content)| known == name && **content == *text) {
            return at;
        }
        self.texts.push((name.to_owned(), text.into()));
        self.texts.len() - 1
    }

    /// [`Self::add_text`] for the content of a file; the first one is the pipeline file.
    pub fn add_file(&mut self, path: &str, text: &str) -> usize {
        let index = self.add_text(path, text);
        self.files.push(index);
        index
    }

    /// The files that were read so far.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|&index| self.texts[index].0.as_str())
    }

    /// Records a mistake at `span`: the message says what is wrong, the label stands under the place.
    ///
    /// The same label at the same place counts once: `foreach` visits a place several times.
    pub fn report(&mut self, span: Span, message: String, label: &str, help: Option<String>) {
        self.report_with(span, message, label, help, None);
    }

    /// [`Self::report`] with a second place, shown if it is in the same text.
    pub fn report_with(
        &mut self,
        span: Span,
        message: String,
        label: &str,
        help: Option<String>,
        second: Option<(Span, &str)>,
    ) {
        if self.mistakes.iter().any(|(at, known, _)| *at == span && known == label) {
            return;
        }
        let (name, text) = &self.texts[span.text];
        let mut labels = vec![LabeledSpan::new_primary_with_span(Some(label.to_owned()), (span.start, span.len))];
        if let Some((other, words)) = second.filter(|(other, _)| other.text == span.text) {
            labels.push(LabeledSpan::new_with_span(Some(words.to_owned()), (other.start, other.len)));
        }
        let source_code = NamedSource::new(name, text.clone());
        self.mistakes.push((span, label.to_owned(), Mistake { message, help, source_code, labels }));
    }

    /// Takes over what was found in a copy of these findings.
    pub fn absorb(&mut self, copy: Self) {
        for (span, label, mistake) in copy.mistakes {
            if !self.mistakes.iter().any(|(at, known, _)| *at == span && *known == label) {
                self.mistakes.push((span, label, mistake));
            }
        }
    }

    /// Whether nothing was found so far.
    pub fn is_clean(&self) -> bool {
        self.mistakes.is_empty()
    }

    /// Everything found, in the order of the texts.
    pub fn into_mistakes(mut self) -> Mistakes {
        self.mistakes.sort_by_key(|(span, ..)| *span);
        let files = self.files().map(str::to_owned).collect();
        Mistakes { files, list: self.mistakes.into_iter().map(|(_, _, mistake)| mistake).collect() }
    }
}

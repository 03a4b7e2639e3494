//! When to look again: events of the file system, bursts of them taken together.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    time::{Duration, Instant},
};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::{LONGEST_BURST, QUIET};
use crate::view;

/// How often to see whether the user wants to stop.
const TICK: Duration = Duration::from_millis(100);

/// Events below the places that are watched.
pub struct Events {
    /// `None` where there are no events: the user wants none, or the system gives none.
    watcher: Option<RecommendedWatcher>,
    wanted: bool,
    received: Receiver<notify::Result<Event>>,
    /// The folders of the pipeline's files.
    file_folders: BTreeSet<PathBuf>,
    watched: BTreeSet<PathBuf>,
    /// What is written below it is the program's own doing.
    ignored: PathBuf,
}

impl Events {
    /// Events, if they are wanted.
    pub fn new(wanted: bool) -> Self {
        let (sender, received) = channel();
        let watcher = wanted.then(|| notify::recommended_watcher(sender)).and_then(|made| made.inspect_err(tell).ok());
        let (file_folders, watched) = (BTreeSet::new(), BTreeSet::new());
        Self { watcher, wanted, received, file_folders, watched, ignored: PathBuf::new() }
    }

    /// Whether events are wanted and do not come.
    pub fn are_dead(&self) -> bool {
        self.wanted && self.watcher.is_none()
    }

    /// From now on watches the folder of this file as well: editors put a new file in place of the old one.
    pub fn watch_file(&mut self, file: &Path) {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if self.file_folders.insert(folder.to_owned()) {
            self.watch(folder, RecursiveMode::NonRecursive);
        }
    }

    /// Watches these places and no others: folders with all below them, files by their folders. What happens below
    /// `ignored` is no event, unless it is one of the places.
    pub fn watch_only(&mut self, places: &BTreeSet<PathBuf>, ignored: &Path) {
        self.ignored = ignored.to_owned();
        let folder_of = |place: &PathBuf| {
            if place.is_dir() { place.clone() } else { place.parent().unwrap_or(place).to_owned() }
        };
        let wanted: BTreeSet<PathBuf> = places.iter().map(folder_of).filter(|folder| folder.is_dir()).collect();
        for gone in self.watched.difference(&wanted).cloned().collect::<Vec<_>>() {
            if let Some(watcher) = self.watcher.as_mut().filter(|_| !self.file_folders.contains(&gone)) {
                // It may have been removed, and its watch with it.
                let _ = watcher.unwatch(&gone);
            }
        }
        for new in wanted.difference(&self.watched).cloned().collect::<Vec<_>>() {
            let is_place = places.contains(&new);
            self.watch(&new, if is_place { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive });
        }
        self.watched = wanted;
    }

    /// Waits for a burst of events to be over, or until `deadline`; gives false once the user wants to stop.
    pub fn wait(&mut self, deadline: Instant, cancel: &AtomicBool) -> bool {
        let mut burst: Option<(Instant, Instant)> = None;
        loop {
            if cancel.load(Ordering::Relaxed) {
                return false;
            }
            let now = Instant::now();
            let is_over = burst.is_some_and(|(first, last)| now >= last + QUIET || now >= first + LONGEST_BURST);
            if is_over || now >= deadline {
                return true;
            }
            match self.received.recv_timeout(TICK) {
                Ok(Ok(event)) if self.counts(&event) => {
                    burst = Some((burst.map_or(now, |(first, _)| first), now));
                }
                Ok(Ok(_)) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Err(error)) => {
                    tell(&error);
                    self.watcher = None;
                }
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(TICK),
            }
        }
    }

    /// Whether an event may mean that there is something to do.
    fn counts(&self, event: &Event) -> bool {
        let is_own = |path: &PathBuf| !self.ignored.as_os_str().is_empty() && path.starts_with(&self.ignored);
        !matches!(event.kind, EventKind::Access(_)) && !event.paths.iter().all(is_own)
    }

    fn watch(&mut self, folder: &Path, mode: RecursiveMode) {
        if let Some(Err(error)) = self.watcher.as_mut().map(|watcher| watcher.watch(folder, mode)) {
            tell(&error);
            self.watcher = None;
        }
    }
}

fn tell(error: &notify::Error) {
    view::say(&format!("no events from the file system ({error}); looking every few seconds instead"));
}

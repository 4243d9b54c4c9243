use super::*;
use crate::search::{Search, search};
use crate::stand_in::{clock, monday, refused, row};

fn writer(folder: &std::path::Path) -> JournalWriter {
    let clock = clock();
    JournalWriter::start(Journal::open(folder, clock.clone()).unwrap(), clock).unwrap()
}

#[test]
fn what_was_submitted_is_there_when_the_writer_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(folder.path());
    let hosts: Vec<_> = (0..12_000)
        .map(|number| format!("{}.test", number % 1_500))
        .collect();
    for hosts in hosts.chunks(100) {
        writer
            .submit(hosts.iter().map(|host| row(host, monday())).collect())
            .unwrap();
    }
    writer
        .submit_blocking(vec![refused("b.test", monday())], Duration::from_secs(5))
        .unwrap();
    let counts = writer.close();
    assert_eq!(
        (
            counts.submitted,
            counts.lost,
            counts.failures,
            counts.waiting
        ),
        (12_001, 0, 0, 0)
    );
    assert_eq!(counts.folded, 12_000 - 1_500);
    let rows = search(folder.path(), &Search::default()).unwrap();
    assert_eq!(rows.len(), 1_501);
    assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), 12_001);
}

#[test]
fn dropping_the_writer_writes_what_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let one = writer(folder.path());
    one.submit(vec![row("a.test", monday())]).unwrap();
    drop(one);
    assert_eq!(search(folder.path(), &Search::default()).unwrap().len(), 1);
}

#[test]
fn when_nothing_can_be_written_the_rest_is_refused_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("2026-11-23.browse.sqlite")).unwrap();
    let writer = writer(folder.path());
    let batch = || vec![row("a.test", monday()); JournalWriter::BATCH];
    writer.submit(batch()).unwrap();
    // The first batches may be taken up by the thread; no more than two queues full are.
    let refused = (0..40).filter(|_| writer.submit(batch()).is_err()).count();
    assert!(refused >= 15, "{refused}");
    assert!(
        writer
            .submit_blocking(
                vec![row("a.test", monday()); JournalWriter::LIMIT],
                Duration::from_millis(1)
            )
            .is_err()
    );
    let counts = writer.close();
    assert!(counts.failures > 0);
    let batches = (1 + 40) * JournalWriter::BATCH + JournalWriter::LIMIT;
    assert_eq!(
        counts.submitted + (refused * JournalWriter::BATCH + JournalWriter::LIMIT) as u64,
        batches as u64
    );
    assert_eq!(counts.lost, batches as u64);
}

#[test]
fn a_full_disk_that_is_emptied_loses_nothing_that_was_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("2026-11-23.browse.sqlite");
    std::fs::create_dir(&blocked).unwrap();
    let writer = writer(folder.path());
    writer.submit(vec![row("a.test", monday())]).unwrap();
    while writer.counts().failures == 0 {
        std::thread::yield_now();
    }
    std::fs::remove_dir(&blocked).unwrap();
    let counts = writer.close();
    assert_eq!((counts.written, counts.lost), (1, 0));
    assert_eq!(search(folder.path(), &Search::default()).unwrap().len(), 1);
}

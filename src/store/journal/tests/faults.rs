//! What disks, crashes and other programs do to a journal.

use super::super::FOLDER;
use super::*;
use std::{path::PathBuf, process::Command};

/// The newest file of rows.
fn newest(folder: &Path) -> PathBuf {
    folder.join(names(folder).pop().unwrap())
}

#[test]
fn a_half_line_is_cut_and_the_numbers_go_on() {
    for tail in [&b"{\"id\":10,\"ti"[..], &[0; 9_000], &"x".repeat(200_000).into_bytes()] {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = open(folder.path());
        fill(&mut journal, 1..10);
        drop(journal);
        let whole = fs::read(newest(folder.path())).unwrap();
        fs::write(newest(folder.path()), [&whole[..], tail].concat()).unwrap();
        let reader = Reader::new(folder.path());
        assert_eq!(ids(&reader), (1..10).collect::<Vec<_>>(), "a reader passes over it");
        let (mut journal, opened) = open(folder.path());
        assert_eq!((opened.repaired, opened.next_id), (1, RecordId(10)));
        assert!(opened.warnings[0].contains("cut a half line"), "{:?}", opened.warnings);
        assert_eq!(fs::read(newest(folder.path())).unwrap(), whole);
        fill(&mut journal, 10..20);
        assert_eq!(ids(&reader), (1..20).collect::<Vec<_>>());
    }
}

#[test]
fn damage_in_the_middle_costs_only_the_damaged_lines() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(folder.path());
    fill(&mut journal, 1..10);
    drop(journal);
    let path = newest(folder.path());
    let bytes = fs::read(&path).unwrap();
    let mut lines: Vec<Vec<u8>> =
        bytes.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    lines[2].fill(0);
    lines[2].push(b'\n');
    lines[4] = b"\n".to_vec();
    lines.insert(6, b"{\"id\":".to_vec().repeat(5_000));
    lines[6].push(b'\n');
    fs::write(&path, lines.concat()).unwrap();
    let (mut journal, opened) = open(folder.path());
    assert_eq!(opened.repaired, 0);
    assert!(opened.warnings[0].contains("3 lines are damaged"), "{:?}", opened.warnings);
    fill(&mut journal, 10..2_000);
    compress_all(&journal);
    let reader = journal.reader();
    let want: Vec<u64> = (1..2_000).filter(|id| ![3, 5].contains(id)).collect();
    assert_eq!(ids(&reader), want);
    let stop = Stop::default();
    let page = reader.records_after(&Query::default(), None, 5_000, &stop).unwrap();
    assert_eq!((page.records.len(), page.skipped), (want.len(), 3));
    let take = |_| ControlFlow::Continue(());
    assert_eq!(reader.scan(&Query::default(), None, None, &stop, take).unwrap().skipped, 3);
}

#[test]
fn a_crash_while_compressing_leaves_each_row_once() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(folder.path());
    fill(&mut journal, 1..1_500);
    let all: Vec<_> = (1..1_500).collect();
    let first = folder.path().join("00000001.ndjson");
    let plain = fs::read(&first).unwrap();
    journal.chores().compress_one().unwrap();
    let packed = fs::read(folder.path().join("00000001.ndjson.gz")).unwrap();
    // Killed while it wrote the compressed file.
    let part = folder.path().join("00000002.ndjson.gz.part");
    fs::write(&part, &packed[..100]).unwrap();
    // Killed before it removed the text file.
    fs::write(&first, &plain).unwrap();
    assert_eq!(ids(&journal.reader()), all);
    drop(journal);
    let (journal, opened) = open(folder.path());
    assert!(opened.warnings.is_empty(), "{:?}", opened.warnings);
    assert!(!part.exists() && !first.exists());
    assert_eq!(ids(&journal.reader()), all);
}

#[test]
fn a_damaged_compressed_file_gives_what_stands_before_the_damage() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(folder.path());
    fill(&mut journal, 1..1_500);
    compress_all(&journal);
    let path = folder.path().join("00000001.ndjson.gz");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let seen = ids(&Reader::new(folder.path()));
    assert!(seen.len() > 1_000 && seen[0] == 1, "{} rows", seen.len());
    for bytes in [&b""[..], b"\x1f\x8b", &[0x1f; 500]] {
        fs::write(&path, bytes).unwrap();
        assert!(!ids(&Reader::new(folder.path())).contains(&1));
        drop(journal);
        let opened;
        (journal, opened) = open(folder.path());
        assert_eq!(opened.next_id, RecordId(1_500));
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_all_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(folder.path());
    fill(&mut journal, 1..3_000);
    compress_all(&journal);
    let path = |number: u64, end: &str| folder.path().join(format!("{number:08}.ndjson{end}"));
    let bytes = fs::read(path(2, ".gz")).unwrap();
    fs::write(path(2, ".gz"), &bytes[..bytes.len() / 2]).unwrap();
    fs::write(path(3, ".gz"), [0x1f; 500]).unwrap();
    fs::remove_file(path(4, ".gz")).unwrap();
    fs::create_dir(path(4, ".gz")).unwrap();
    let (reader, stop, all) = (journal.reader(), Stop::default(), Query::default());
    let check = |faults: &[Fault]| {
        let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].starts_with("00000002.ndjson.gz: it is damaged behind its first "));
        assert_eq!(told[1], "00000003.ndjson.gz: it is damaged, nothing in it can be read");
        assert_eq!(told[2], "00000004.ndjson.gz: it is no regular file");
    };
    let mut count = 0;
    let take = |_| {
        count += 1;
        ControlFlow::Continue(())
    };
    let scanned = reader.scan(&all, None, None, &stop, take).unwrap();
    check(&scanned.faults);
    assert!(scanned.is_complete);
    let newest = reader.records_before(&all, None, 9_000, &stop).unwrap();
    check(&newest.faults);
    let oldest = reader.records_after(&all, None, 9_000, &stop).unwrap();
    check(&oldest.faults);
    assert_eq!((newest.records.len(), oldest.records.len()), (count, count));
    assert_eq!(oldest.records[0].id, RecordId(1));
    assert_eq!(newest.records.last().unwrap().id, RecordId(2_999));
    let around = reader.around(&all, newest.records[9].position(), 1, 9_000, &stop).unwrap();
    check(&around.faults);
    assert!(!reader.tail(RecordId(1), None).unwrap().is_empty());
    // Retention and compression go on beside them, and so does the next writer.
    assert_eq!(journal.sweep(at(0)).unwrap(), Swept::default());
    drop(journal);
    let (mut journal, opened) = open(folder.path());
    assert_eq!(opened.next_id, RecordId(3_000));
    fill(&mut journal, 3_000..4_500);
    compress_all(&journal);
    let newest = reader.records_before(&all, None, 9_000, &stop).unwrap();
    assert_eq!(newest.records.len(), count + 1_500);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_nobody_may_touch_is_left_alone_and_nothing_is_written_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(folder.path());
    fill(&mut journal, 1..10);
    drop(journal);
    let last = newest(folder.path());
    let mark = |flag: &str| Command::new("chattr").arg(flag).arg(&last).output();
    // Needs the rights, and a file system that knows of it.
    if !mark("+i").is_ok_and(|out| out.status.success()) {
        return;
    }
    let opened = Journal::open(folder.path(), small(), at(0));
    let _ = mark("-i");
    let (mut journal, opened) = opened.unwrap();
    assert!(opened.warnings[0].contains("is left alone"), "{:?}", opened.warnings);
    assert_eq!(opened.next_id, RecordId(10));
    fill(&mut journal, 10..20);
    assert_eq!(ids(&journal.reader()), (1..20).collect::<Vec<_>>());
    assert_ne!(newest(folder.path()), last);
}

#[test]
fn files_that_vanish_or_that_others_change_are_left_and_nothing_spins() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(folder.path());
    fill(&mut journal, 1..10);
    // logrotate with copytruncate.
    fs::File::options().write(true).open(newest(folder.path())).unwrap().set_len(0).unwrap();
    fill(&mut journal, 10..20);
    assert_eq!(ids(&journal.reader()), (10..20).collect::<Vec<_>>());
    fs::remove_file(newest(folder.path())).unwrap();
    fill(&mut journal, 20..30);
    assert_eq!(ids(&journal.reader()), (20..30).collect::<Vec<_>>());
    assert_eq!(names(folder.path()).len(), 2);
    assert_eq!(journal.take_notices().len(), 2);
    fill(&mut journal, 30..1_500);
    // Retention of another hand, while somebody reads.
    let reader = journal.reader();
    let mut seen = 0;
    let take = |_| {
        seen += 1;
        for name in names(folder.path()) {
            let _ = fs::remove_file(folder.path().join(name));
        }
        ControlFlow::Continue(())
    };
    let scanned = reader.scan(&Query::default(), None, None, &Stop::default(), take).unwrap();
    assert!(scanned.is_complete && seen > 0);
    assert_eq!(ids(&reader), [0_u64; 0]);
    fs::remove_dir_all(folder.path().join("ballast")).unwrap_err();
}

#[cfg(unix)]
#[test]
fn links_pipes_and_open_folders_are_refused_and_files_are_private() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    fs::write(&target, "precious\nhalf").unwrap();
    let own = folder.path().join("own");
    fs::create_dir(&own).unwrap();
    fs::set_permissions(&own, PermissionsExt::from_mode(0o755)).unwrap();
    symlink(&target, own.join("00000003.ndjson")).unwrap();
    symlink(&target, own.join("00000004.ndjson.gz.part")).unwrap();
    let pipe = Command::new("mkfifo").arg(own.join("00000005.ndjson")).status();
    assert!(pipe.is_ok_and(|status| status.success()));
    fs::create_dir(own.join("00000006.ndjson.gz")).unwrap();
    let (mut journal, opened) = open(&own);
    assert_eq!(opened.warnings.len(), 4, "{:?}", opened.warnings);
    fill(&mut journal, 1..1_500);
    compress_all(&journal);
    assert_eq!(ids(&journal.reader()), (1..1_500).collect::<Vec<_>>());
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious\nhalf");
    assert_eq!(mode(&own), 0o700);
    for name in names(&own).into_iter().filter(|name| name.as_str() > "00000006.ndjson.gz") {
        assert_eq!(mode(&own.join(&name)), 0o600, "{name}");
    }
    drop(journal);

    let link = folder.path().join("link");
    symlink(&own, &link).unwrap();
    let says = Journal::open(&link, small(), at(0)).unwrap_err().to_string();
    assert!(says.ends_with("it is a symbolic link"), "{says}");
    fs::set_permissions(&own, PermissionsExt::from_mode(0o777)).unwrap();
    let says = Journal::open(&own, small(), at(0)).unwrap_err().to_string();
    assert!(says.ends_with("others can write to this folder"), "{says}");
    assert!(Journal::open(&target, small(), at(0)).is_err());
}

#[test]
fn a_second_writer_is_told_and_may_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join(FOLDER);
    let (mut journal, _) = open(&folder);
    fill(&mut journal, 1..10);
    let says = Journal::open(&folder, small(), at(0)).unwrap_err().to_string();
    assert!(says.starts_with("another dogwatch"), "{says}");
    assert_eq!(ids(&Reader::new(&folder)), (1..10).collect::<Vec<_>>());
    drop(journal);
    // A lock that a killed process left holds nobody.
    fs::write(folder.join("lock"), "1").unwrap();
    open(&folder);
    assert_eq!(ids(&Reader::new(&folder.join("nowhere"))), [0_u64; 0]);
}

#[test]
fn huge_and_hostile_rows_are_one_line_each() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(folder.path());
    let huge = "ż".repeat(600_000);
    journal.append(&row(1, "../../x", "before"));
    journal.append(&row(2, &"n".repeat(300), &huge));
    journal.append(&row(3, "con\0\n\"", "a\nb\r\0\u{1b}[2J"));
    journal.flush().unwrap();
    assert_eq!(names(folder.path()).len(), 3, "a row of its own size has a file to itself");
    let page =
        journal.reader().records_before(&Query::default(), None, 9, &Stop::default()).unwrap();
    let texts: Vec<_> = page.records.iter().map(|r| r.text.as_str()).collect();
    assert_eq!(texts, ["before", &huge, "a b␍␀"]);
    assert_eq!(page.records[2].origin.service.as_str(), "con␀ \"");
}

/// A file system of four megabytes, where the system lets us have one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let disk = Self(tempfile::tempdir().unwrap());
        let arguments = ["-t", "tmpfs", "-o", "size=4m,mode=0700", "none"];
        let mut mount = Command::new("mount");
        let status = mount.args(arguments).arg(disk.0.path()).output().ok()?.status;
        status.success().then_some(disk)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

#[test]
fn a_full_disk_pauses_the_journal_and_state_is_saved_all_the_same() {
    use crate::store::state::{Checkpoint, State};
    // Without the right to mount there is no small disk to fill.
    let Some(disk) = SmallDisk::mount() else { return };
    let folder = disk.0.path().join("p");
    let mut state = State::open(&folder.join("state.db")).unwrap();
    let (mut journal, _) = open(&folder.join(FOLDER));
    let mut id = 0;
    let error = loop {
        for _ in 0..100 {
            id += 1;
            journal.append(&row(id, "api", &format!("line {id}")));
        }
        if let Err(error) = journal.flush() {
            break error;
        }
    };
    let says = error.to_string();
    assert!(says.starts_with("no space left in "), "{says}");
    assert!(says.ends_with("B free)"), "{says}");
    let kept = ids(&journal.reader());
    assert_eq!(kept, (1..=kept.len() as u64).collect::<Vec<_>>(), "whole rows only");
    // The reserve is there for state, and the journal does not take it.
    let moment = Checkpoint { next_id: kept.len() as u64 + 1, ..Checkpoint::default() };
    for _ in 0..20 {
        assert!(matches!(journal.flush(), Err(Error::Full { .. })));
        state.save("shop", &moment).unwrap();
    }
    let waiting = journal.pending_bytes();
    assert!(waiting > 0);
    // Somebody makes room: what waited is written, each row once.
    fs::remove_file(folder.join(FOLDER).join("00000001.ndjson")).unwrap();
    fs::remove_file(folder.join(FOLDER).join("00000002.ndjson")).unwrap();
    fs::remove_file(folder.join(FOLDER).join("00000003.ndjson")).unwrap();
    fs::remove_file(folder.join(FOLDER).join("00000004.ndjson")).unwrap();
    fs::remove_file(folder.join(FOLDER).join("00000005.ndjson")).unwrap();
    journal.flush().unwrap();
    assert_eq!(journal.pending_bytes(), 0);
    let after = ids(&journal.reader());
    assert_eq!(after, (after[0]..=id).collect::<Vec<_>>());
    assert_eq!(state.load("shop").unwrap().next_id, moment.next_id);
}

#[test]
fn a_disk_that_only_reads_is_an_error_and_can_be_read() {
    let Some(disk) = SmallDisk::mount() else { return };
    let folder = disk.0.path().join("p");
    let (mut journal, _) = open(&folder);
    fill(&mut journal, 1..10);
    drop(journal);
    let mut mount = Command::new("mount");
    let remount = mount.args(["-o", "remount,ro"]).arg(disk.0.path()).status();
    assert!(remount.is_ok_and(|status| status.success()));
    let says = Journal::open(&folder, small(), at(0)).unwrap_err().to_string();
    assert!(says.contains("Read-only file system"), "{says}");
    assert_eq!(ids(&Reader::new(&folder)), (1..10).collect::<Vec<_>>());
}

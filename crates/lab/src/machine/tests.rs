//! A machine that is made up, file by file.

use std::fs;

use tempfile::TempDir;

use super::*;

const ENGINE: u32 = 4_000_000;

/// A made-up machine: processors' times, swap, and processes with their parents
/// and times.
fn machine(stat: &str, swapped: u64, processes: &[(u32, u32, u64)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let put = |path: String, text: String| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("proc/stat".into(), format!("cpu  {stat} 0 0\ncpu0 1 2 3\n"));
    put("proc/vmstat".into(), format!("nr_free_pages 7\npswpin {swapped}\npswpout 9\n"));
    put("proc/sys/kernel/random/boot_id".into(), "a\n".into());
    for (pid, parent, time) in processes {
        // A name may hold parentheses and spaces.
        let text =
            format!("{pid} (a) b) S {parent} 1 1 0 -1 0 0 0 0 0 {time} 1 0 0 20 0 1 0 77 0 0");
        put(format!("proc/{pid}/stat"), text);
        put(format!("proc/{pid}/status"), "Name:\ta\nCpus_allowed_list:\t0-1,70000\n".into());
    }
    root
}

fn us() -> u32 {
    std::process::id()
}

fn block(root: &TempDir) -> Block {
    environment::block_now(root.path(), 1)
}

/// Two looks at an engine below us: it, we and a stranger work.
fn looks(engine: Whereabouts) -> (TempDir, Look, Look) {
    let before =
        machine("1000 0 0 9000 0 0 0 0", 5, &[(us(), 1, 10), (ENGINE, us(), 100), (77, 1, 50)]);
    // 400 ticks of work in 1,000; 40 are the stranger's, and 20 the host took.
    let after = machine(
        "1300 20 80 9580 0 0 0 20",
        8,
        &[(us(), 1, 30), (ENGINE, us(), 300), (ENGINE + 1, ENGINE, 139), (77, 1, 90)],
    );
    let (first, second) = (Look::now(before.path(), engine), Look::now(after.path(), engine));
    (after, first, second)
}

#[test]
fn what_others_took_is_what_is_left_of_the_work() {
    let (root, before, after) = looks(Whereabouts::Below(ENGINE));
    let facts = before.facts(&after, &block(&root)).unwrap();
    // Each process was given one tick more, which is ours where it is new.
    assert_eq!(facts.others_cpu_share, Ok(0.04));
    assert_eq!(facts.steal_share, Ok(0.02));
    assert_eq!(facts.pages_swapped_in, Ok(3));
    assert_eq!(facts.changes, Ok(Vec::new()));
    assert_eq!(facts.has_gpu, Some(false));
    let shared = facts.shared_cpus.unwrap();
    let ours = processors::of_this_thread().unwrap();
    assert_eq!(shared, [0, 1].into_iter().filter(|cpu| ours.contains(cpu)).collect::<Vec<_>>());
}

#[test]
fn an_engine_of_somebody_else_is_not_mistaken_for_a_neighbour() {
    let (root, before, after) = looks(Whereabouts::Unseen);
    let facts = before.facts(&after, &block(&root)).unwrap();
    assert!(facts.others_cpu_share.is_err() && facts.shared_cpus.is_err());
    assert_eq!((facts.steal_share, facts.has_gpu), (Ok(0.02), None));
    assert_eq!(before.same_process(&after), None);
    let (root, before, after) = looks(Whereabouts::Elsewhere);
    assert_eq!(before.facts(&after, &block(&root)), None);
}

#[test]
fn a_moment_is_too_short_for_ticks() {
    let (root, before, _) = looks(Whereabouts::Below(ENGINE));
    let facts = before.facts(&before, &block(&root)).unwrap();
    assert!(facts.others_cpu_share.unwrap_err().contains("too short"));
}

#[test]
fn a_gpu_is_known_by_its_files() {
    let (root, _, after) = looks(Whereabouts::Below(ENGINE));
    assert_eq!(after.has_gpu(), Some(false));
    fs::create_dir_all(root.path().join("dev")).unwrap();
    fs::write(root.path().join("dev/kfd"), "").unwrap();
    assert_eq!(after.has_gpu(), Some(true));
}

#[test]
fn a_process_is_known_by_its_start() {
    let (root, before, after) = looks(Whereabouts::Below(ENGINE));
    assert_eq!(before.same_process(&after), Some(true));
    let text = format!("{ENGINE} (a) S 1 1 1 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 78 0 0");
    fs::write(root.path().join(format!("proc/{ENGINE}/stat")), text).unwrap();
    let anew = Look::now(root.path(), Whereabouts::Below(ENGINE));
    assert_eq!(before.same_process(&anew), Some(false));
    fs::remove_dir_all(root.path().join(format!("proc/{ENGINE}"))).unwrap();
    let gone = Look::now(root.path(), Whereabouts::Below(ENGINE));
    assert_eq!(before.same_process(&gone), Some(false));
}

#[test]
fn another_boot_is_another_machine() {
    let (root, before, after) = looks(Whereabouts::Below(ENGINE));
    let begun = Block { boot_id: Some("b".to_owned()), ..block(&root) };
    let facts = before.facts(&after, &begun).unwrap();
    assert_eq!(facts.changes, Ok(vec!["the machine was started anew".to_owned()]));
}

#[test]
fn an_address_tells_where_an_engine_is() {
    let of = |address: &str| Whereabouts::of_running(&address.parse().unwrap());
    assert_eq!(of("http://127.0.0.1:8000"), Whereabouts::Unseen);
    // An address for documentation (RFC 5737), which no machine has.
    assert_eq!(of("http://192.0.2.7:8000"), Whereabouts::Elsewhere);
}

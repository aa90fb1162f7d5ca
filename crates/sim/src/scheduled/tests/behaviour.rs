//! How the engine behaves under load.

use super::*;

#[test]
fn throughput_rises_with_concurrency_and_saturates() {
    let simulation = simulation(&[]);
    let of = |in_flight: u32| {
        let told = foretell(&simulation, &closed(4 * in_flight, 200, 60, in_flight)).unwrap();
        assert_eq!(told.max_running, in_flight.min(256));
        throughput(&told)
    };
    let [one, eight, many, more] = [1, 8, 256, 512].map(of);
    println!("{one} {eight} {many} {more}");
    assert!(eight > 5.0 * one && many > 5.0 * eight, "{one} {eight} {many}");
    assert!((more / many - 1.0).abs() < 0.1, "{many} {more}");
}

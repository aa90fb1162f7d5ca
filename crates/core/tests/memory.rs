//! A long trial must be summarised in little memory: no chunk is held.

mod story;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use story::{Story, window};
use tokenometer_core::summary::Summariser;

const REQUESTS: u32 = 2_500;
const CHUNKS: u32 = 128;

/// Counts the bytes in use, and the most there ever were.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let in_use = IN_USE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(in_use, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        let in_use = IN_USE.fetch_add(size, Ordering::Relaxed) + size;
        MOST.fetch_max(in_use, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A quarter of ten thousand requests of 128 tokens, in a quarter of 40 MB.
#[test]
fn a_request_takes_some_bytes_and_an_arrival_few() {
    let story = Story::sent(0, 0).texts(100, 10, CHUNKS, 1).ended(2000).generated(CHUNKS);
    let before = IN_USE.load(Ordering::Relaxed);
    let mut summariser = Summariser::new(window(0, 10_000));
    let mut record = story.record;
    for request in 0..REQUESTS {
        record.request = request;
        summariser.add(&record, &story.chunks);
    }
    let summary = summariser.finish();
    let most = MOST.load(Ordering::Relaxed) - before;
    assert_eq!(summary.icl_ms.n, u64::from(REQUESTS * (CHUNKS - 1)));
    // 16 bytes an arrival and about 200 a request; a list that grows has room
    // for up to twice what is in it.
    assert!(most < 10_000_000, "{most} bytes in use at most");
}

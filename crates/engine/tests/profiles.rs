//! The built-in profiles, and profiles in files of people's own.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::Path;

use tokenometer_engine::profile::{ProfileFile, Wanted, builtin_names};

#[test]
fn the_built_in_profiles_are_sound_at_every_version() {
    for name in builtin_names() {
        let file = ProfileFile::find(name, Path::new(".")).unwrap_or_else(|mistakes| {
            panic!("{}", mistakes.iter().map(|m| format!("{m}\n")).collect::<String>())
        });
        let profile = file.at(None).unwrap();
        assert_eq!(profile.name, name);
        assert!(profile.about.is_some(), "{name} says what it is");
        let _ = profile.launch(&Wanted::default());
    }
}

//! A profile speaks of the folder that it lies in, and of what must be known of
//! its numbers.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fs;
use std::path::Path;

use tokenometer_engine::profile::ProfileFile;

#[test]
fn a_text_may_name_the_folder_of_its_own_file() {
    let home = tempfile::tempdir().unwrap();
    let (below, above) = (home.path().join("below"), home.path().join("above"));
    fs::create_dir_all(&below).unwrap();
    fs::create_dir_all(&above).unwrap();
    let text = "name: vllm\n\
                extends: vllm\n\
                note: measured with a stand-in\n\
                environment: { OF_BELOW: \"{profile-folder}/lib\" }\n";
    fs::write(below.join("mine.yaml"), text).unwrap();
    let text = "name: vllm\n\
                extends: ../below/mine.yaml\n\
                environment: { OF_ABOVE: \"{profile-folder}\" }\n\
                provision: { python: { after: [[python, \"{profile-folder}/step.py\"]] } }\n";
    fs::write(above.join("yours.yaml"), text).unwrap();
    let profile =
        ProfileFile::find("above/yours.yaml", home.path()).unwrap().at(Some("0.32.0")).unwrap();
    let environment = |name: &str| profile.environment[name].clone();
    assert!(Path::new(&environment("OF_ABOVE")).is_absolute());
    assert!(Path::new(&environment("OF_ABOVE")).ends_with("above"));
    let of_below = environment("OF_BELOW");
    assert!(of_below.ends_with("below/lib"), "{of_below}");
    let python = profile.provision.python.unwrap();
    assert!(python.after[0][1].ends_with("above/step.py"), "{:?}", python.after);
    assert_eq!(profile.note.as_deref(), Some("measured with a stand-in"));
}

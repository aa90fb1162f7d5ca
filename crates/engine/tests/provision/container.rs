//! Images, fetched and run by docker or podman.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tokenometer_engine::provision::{Around, Container, Kind, Mount, Provision, Runtime};

use crate::stage::Stage;

/// Has an image once it was fetched.
const DOCKER: &str = r#"
case "$1" in
  version|info) echo 28.2.2 ;;
  image) [ -e "$here/image" ] && echo 'sha256:00 ["engine@sha256:11"]' ;;
  pull)
    if [ -e "$here/complaint" ]; then cat "$here/complaint" >&2; exit 1; fi
    echo "Pulling from engine"; touch "$here/image" ;;
esac
"#;

fn container() -> Container {
    Container { image: "engine:v{version}".into(), ..Container::default() }
}

#[test]
fn an_image_is_fetched_once() {
    let stage = Stage::empty();
    stage.program("docker", DOCKER);
    let provision = Provision::Container(container());
    assert_eq!(
        stage.look(&provision),
        "can be made: would be fetched by docker 28.2.2: engine:v1.2"
    );
    let place = stage.prepare(&provision).unwrap();
    assert_eq!((place.kind(), place.describe().as_str()), (Kind::Container, "engine:v1.2"));
    assert_eq!(place.lock, "# engine 1.2: engine:v1.2\n# sha256:00 [\"engine@sha256:11\"]\n");
    assert_eq!(stage.look(&provision), "ready: engine:v1.2, in docker 28.2.2");
    stage.prepare(&provision).unwrap();
    let fetched = stage.calls().lines().filter(|call| call.starts_with("docker pull")).count();
    assert_eq!(fetched, 1, "{}", stage.calls());
}

#[test]
fn a_launch_is_put_into_a_container_and_no_value_into_its_command() {
    let stage = Stage::empty();
    stage.program("podman", DOCKER);
    stage.file("image", "");
    let container = Container {
        options: ["--gpus", "all", "--ipc=host"].map(str::to_owned).into(),
        runtime: Some(Runtime::Podman),
        user: Some("1000:1000".into()),
        mounts: vec!["~/.cache/huggingface:/root/.cache/huggingface".into()],
        ..container()
    };
    let around = Around {
        name: "arm a, block 3",
        mounts: &[
            Mount { path: PathBuf::from("/models/tiny"), is_writable: false },
            Mount { path: PathBuf::from("/run/engine"), is_writable: true },
        ],
        cores: &[2, 3],
    };
    let command = || ["engine", "serve", "/models/tiny"].map(str::to_owned).to_vec();
    let variables = BTreeMap::from([("HF_TOKEN".to_owned(), "sesame".to_owned())]);
    let mut shown = String::new();
    for change in [
        |_: &mut Container| {},
        |container: &mut Container| container.program = Some("/app/engine".into()),
        |container: &mut Container| container.keep_entrypoint = true,
    ] {
        let mut container = container.clone();
        change(&mut container);
        let place = stage.prepare(&Provision::Container(container)).unwrap();
        let dressed = place.dress(command(), variables.clone(), &around).unwrap();
        assert_eq!(dressed.environment, variables);
        assert!(!dressed.command.iter().any(|word| word.contains("sesame")), "{dressed:?}");
        let clean_up: Vec<_> = dressed.clean_up.iter().map(|words| words.join(" ")).collect();
        shown.push_str(&format!("{}\n{}\n\n", dressed.command.join(" "), clean_up.join("\n")));
    }
    insta::assert_snapshot!(stage.shown(&shown));
}

#[test]
fn what_keeps_a_container_from_running_is_told() {
    let provision = Provision::Container(container());
    let stage = Stage::empty();
    insta::assert_snapshot!("neither", stage.look(&provision));
    let stage = Stage::empty();
    stage.program("docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1");
    insta::assert_snapshot!("no_daemon", stage.look(&provision));
    // Podman needs no daemon, and is asked next.
    let stage = Stage::empty();
    stage.program("docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1");
    stage.program("podman", DOCKER);
    assert!(stage.look(&provision).contains("by podman 28.2.2"));
    let docker = Container { runtime: Some(Runtime::Docker), ..container() };
    assert!(stage.look(&Provision::Container(docker)).contains("docker is here and can't be used"));
}

#[test]
fn an_image_that_can_not_be_fetched_is_told() {
    let stage = Stage::empty();
    stage.program("docker", DOCKER);
    stage.file(
        "complaint",
        "Error response from daemon: manifest for engine:v1.2 not found: manifest unknown\n",
    );
    insta::assert_snapshot!(stage.refusal(&Provision::Container(container())));
}

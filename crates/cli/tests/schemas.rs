//! The JSON Schemas in `schemas/` are those of the code.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::Path;
use std::{env, fs};

use schemars::{Schema, schema_for};
use tokenometer_engine::profile::profile_schema;
use tokenometer_lab::dataset::{Fetched, FetchedTokenizer, Made, MadeList, Shown};
use tokenometer_lab::study::{PlanShown, Study};
use tokenometer_report::compare::Compared;
use tokenometer_report::{Line, StudyLine};
use tokenometer_results::{
    Block, Environment, Estimate, Failure, NoiseFloor, Start, Trial, VerdictFile, Void,
};
use tokenometer_sim::Truth;

#[test]
fn schemas_are_fresh() {
    let schemas: [(&str, Schema); 21] = [
        ("study", schema_for!(Study)),
        ("run", schema_for!(StudyLine<'_>)),
        ("run-dry-run", schema_for!(PlanShown)),
        ("estimate", schema_for!(Estimate)),
        ("verdict", schema_for!(VerdictFile)),
        ("noise-floor", schema_for!(NoiseFloor)),
        ("compare", schema_for!(Compared)),
        ("trial", schema_for!(Trial)),
        ("failure", schema_for!(Failure)),
        ("block", schema_for!(Block)),
        ("void", schema_for!(Void)),
        ("environment", schema_for!(Environment)),
        ("start", schema_for!(Start)),
        ("json-line", schema_for!(Line<'_>)),
        ("truth", schema_for!(Truth)),
        ("profile", profile_schema()),
        ("dataset-fetch", schema_for!(Fetched)),
        ("dataset-fetch-tokenizer", schema_for!(FetchedTokenizer)),
        ("dataset-show", schema_for!(Shown)),
        ("dataset-make", schema_for!(Made)),
        ("dataset-make-list", schema_for!(MadeList)),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    for (name, schema) in schemas {
        let path = folder.join(format!("{name}.schema.json"));
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, text).unwrap();
        } else {
            assert!(
                fs::read_to_string(&path).is_ok_and(|kept| kept == text),
                "schemas/{name}.schema.json is stale; regenerate it with\n  \
                 UPDATE_SCHEMAS=1 cargo test -p tokenometer-cli --test schemas"
            );
        }
    }
}

//! What people write in YAML, read so that all of its mistakes are told at
//! once, each with its line.

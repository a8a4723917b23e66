//! The targets' bodies are those that the ordinary tests replay the corpus with.

#[path = "../../tests/fuzz/targets.rs"]
pub mod targets;

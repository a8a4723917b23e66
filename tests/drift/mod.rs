//! Drift checks against a service that misbehaves, and the YAML that takes a drift over.

mod adopted;
mod checks;

//! The variables that say where keys are, by the names that the official SDKs read.

pub(super) const KEY_ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
pub(super) const KEY_SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
pub(super) const TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";
pub(super) const ROLE_ARN: &str = "ALIBABA_CLOUD_ROLE_ARN";
pub(super) const ROLE_SESSION_NAME: &str = "ALIBABA_CLOUD_ROLE_SESSION_NAME";
pub(super) const OIDC_PROVIDER_ARN: &str = "ALIBABA_CLOUD_OIDC_PROVIDER_ARN";
pub(super) const OIDC_TOKEN_FILE: &str = "ALIBABA_CLOUD_OIDC_TOKEN_FILE";
pub(super) const METADATA: &str = "ALIBABA_CLOUD_ECS_METADATA";
pub(super) const METADATA_DISABLED: &str = "ALIBABA_CLOUD_ECS_METADATA_DISABLED";
pub(super) const V1_DISABLED: &str = "ALIBABA_CLOUD_IMDSV1_DISABLED";
pub(super) const ADDRESS: &str = "ALIBABA_CLOUD_CREDENTIALS_URI";
pub(super) const STS_REGION: &str = "ALIBABA_CLOUD_STS_REGION";
pub(super) const STS_ENDPOINT: &str = "ALIBABA_CLOUD_STS_ENDPOINT";
pub(super) const IN_VPC: &str = "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED";
pub(super) const PROFILE: &str = "ALIBABA_CLOUD_PROFILE";
pub(super) const PROFILE_DISABLED: &str = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED";
pub(super) const CONFIG_FILE: &str = "ALIBABA_CLOUD_CONFIG_FILE";
pub(super) const CREDENTIALS_FILE: &str = "ALIBABA_CLOUD_CREDENTIALS_FILE";
pub(super) const EXTERNAL_DISABLED: &str = "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS";

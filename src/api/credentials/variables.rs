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

/// The variables that hold paths, which need not be UTF-8.
pub(super) const PATHS: [&str; 3] = [OIDC_TOKEN_FILE, CONFIG_FILE, CREDENTIALS_FILE];

/// The variables that hold text.
pub(super) const TEXTS: [&str; 22] = [
    KEY_ID,
    KEY_SECRET,
    TOKEN,
    ROLE_ARN,
    ROLE_SESSION_NAME,
    OIDC_PROVIDER_ARN,
    METADATA,
    METADATA_DISABLED,
    V1_DISABLED,
    ADDRESS,
    STS_REGION,
    STS_ENDPOINT,
    IN_VPC,
    PROFILE,
    PROFILE_DISABLED,
    EXTERNAL_DISABLED,
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// The variables that may name a proxy, with a password.
pub(super) fn proxies() -> impl Iterator<Item = &'static str> {
    TEXTS.into_iter().filter(|name| name.to_ascii_lowercase().ends_with("_proxy"))
}

/// Variables that the `aliyun` tool or others read, with the names that livevod reads.
pub(super) const READ_ELSEWHERE: [(&str, &str); 8] = [
    ("ALIBABACLOUD_PROFILE", PROFILE),
    ("ALICLOUD_PROFILE", PROFILE),
    ("ALIBABACLOUD_ACCESS_KEY_ID", KEY_ID),
    ("ALICLOUD_ACCESS_KEY_ID", KEY_ID),
    ("ALICLOUD_ACCESS_KEY", KEY_ID),
    ("ALIBABACLOUD_ROLE_ARN", ROLE_ARN),
    ("ALIBABACLOUD_OIDC_PROVIDER_ARN", OIDC_PROVIDER_ARN),
    ("ALIBABACLOUD_OIDC_TOKEN_FILE", OIDC_TOKEN_FILE),
];

//! Tokens that say whose they are, as data: a prefix that gives them away and what follows it.
//!
//! Forms are those that the providers publish. A further kind is one entry here and a line in the tests.

use super::class::Class;

/// One kind of token.
#[derive(Debug)]
pub(super) struct Token {
    /// Word shown in its place.
    pub(super) kind: &'static str,
    /// In their own case.
    pub(super) prefixes: &'static [&'static str],
    /// What follows the prefix.
    pub(super) class: Class,
    /// Fewest and most bytes that follow; a longer run is something else.
    pub(super) length: (usize, usize),
    /// What must hold besides.
    pub(super) form: Form,
}

/// What sets a token apart from words that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The prefix stands for itself, wherever it is.
    Sure,
    /// Must begin where a word begins.
    Word,
    /// As `Word`, and has a digit.
    Digit,
    /// The prefix is the address of a hook; only what follows is secret.
    Hook,
    /// As `Word`: three parts with dots.
    Jwt,
    /// The prefix follows digits.
    AfterDigits,
}

const ANY: usize = usize::MAX;

macro_rules! tokens {
    ($($kind:literal $form:ident [$($prefix:literal)+] $class:ident $least:literal..$most:expr;)+) => {
        &[$(Token {
            kind: $kind,
            prefixes: &[$($prefix),+],
            class: Class::$class,
            length: ($least, $most),
            form: Form::$form,
        }),+]
    };
}

pub(super) const TOKENS: &[Token] = tokens! {
    "aws-key" Word ["AKIA" "ASIA" "ABIA" "ACCA"] Base32 16..16;
    "github-token" Sure ["ghp_" "gho_" "ghu_" "ghs_" "ghr_"] Alnum 36..ANY;
    "github-token" Sure ["github_pat_"] Word 40..ANY;
    "gitlab-token" Sure ["glpat-" "gldt-" "glrt-" "glptt-" "glcbt-" "glsoat-" "glft-"] Dotted 20..ANY;
    "slack-token" Sure ["xoxa-" "xoxb-" "xoxp-" "xoxo-" "xoxs-" "xoxr-" "xoxe." "xoxe-" "xapp-"] Dotted 10..ANY;
    "slack-webhook" Hook ["hooks.slack.com/services/" "hooks.slack.com/workflows/" "hooks.slack.com/triggers/"] Path 10..ANY;
    "discord-webhook" Hook ["discord.com/api/webhooks/" "discordapp.com/api/webhooks/"] Path 26..ANY;
    "teams-webhook" Hook ["webhook.office.com/"] Path 20..ANY;
    "google-key" Sure ["AIza"] Url64 35..ANY;
    "google-token" Sure ["ya29."] Dotted 20..ANY;
    "google-secret" Sure ["GOCSPX-"] Url64 20..64;
    "stripe-key" Sure ["sk_test_" "sk_live_" "sk_prod_" "rk_test_" "rk_live_" "rk_prod_"] Word 10..ANY;
    "stripe-secret" Sure ["whsec_"] Base64 20..128;
    "npm-token" Sure ["npm_"] Alnum 36..36;
    "pypi-token" Sure ["pypi-Ag"] Url64 50..ANY;
    "docker-token" Sure ["dckr_pat_" "dckr_oat_"] Url64 20..128;
    "ai-key" Digit ["sk-"] Url64 20..ANY;
    "twilio-key" Word ["SK"] Hex 32..32;
    "sendgrid-key" Word ["SG."] Dotted 40..160;
    "mailgun-key" Word ["key-"] Hex 32..32;
    "digitalocean-token" Sure ["dop_v1_" "doo_v1_" "dor_v1_"] Hex 64..64;
    "shopify-token" Sure ["shpat_" "shpca_" "shppa_" "shpss_"] Alnum 32..32;
    "vault-token" Word ["hvs." "hvb." "hvr."] Url64 20..ANY;
    "databricks-token" Word ["dapi"] Hex 32..32;
    "atlassian-token" Sure ["ATATT3"] Base64 60..ANY;
    "linear-key" Sure ["lin_api_"] Alnum 32..64;
    "grafana-token" Sure ["glsa_"] Word 41..41;
    "grafana-token" Word ["glc_"] Base64 32..ANY;
    "newrelic-key" Sure ["NRAK-"] Alnum 27..27;
    "huggingface-token" Word ["hf_"] Alnum 30..64;
    "age-key" Sure ["AGE-SECRET-KEY-1"] Alnum 58..58;
    "doppler-token" Sure ["dp.pt." "dp.st." "dp.ct."] Dotted 40..64;
    "telegram-token" AfterDigits [":AA"] Url64 33..33;
    "jwt" Jwt ["eyJ"] Url64 14..ANY;
};

//! The delivery of the runtime into a build, in the shape hb needs it: for now the toolchain's own race runtime.

use crate::error::HbError;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct Toolchain {
    pub goroot: PathBuf,
    pub version: String,
    pub goos: String,
    pub goarch: String,
    pub cgo_enabled: bool,
    pub goamd64: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code)]
pub enum Delivery {
    Fast,
    Plain,
    NoCgo,
}

#[derive(Debug)]
pub struct Injection {
    pub delivery: Delivery,
    pub overlay: BTreeMap<PathBuf, PathBuf>,
    pub toolexec: Option<Vec<String>>,
    pub flags: Vec<String>,
    pub tags: Vec<String>,
    pub env: Vec<(String, String)>,
    pub notices: Vec<String>,
}

pub fn prepare(_tc: &Toolchain, _cache: &Path, _want: Option<Delivery>) -> Result<Injection, HbError> {
    Ok(Injection {
        delivery: Delivery::Plain,
        overlay: BTreeMap::new(),
        toolexec: None,
        flags: vec!["-race".into()],
        tags: Vec::new(),
        env: Vec::new(),
        notices: vec!["the toolchain's own race runtime is used".into()],
    })
}

pub fn toolexec(_args: &[OsString]) -> ExitCode {
    ExitCode::FAILURE
}

//! `dogwatch fixes`: lists and checks the user's own fixes of several steps.

use super::{Refusal, ground::Ground};
use crate::{
    cli::{FixesCommand, fixes, output},
    config::Paths,
};
use color_eyre::eyre::Result;
use std::process::ExitCode;

/// Something is not right.
const WRONG: u8 = 2;

/// `dogwatch fixes`.
pub(super) fn fixes(action: &FixesCommand, ground: &Ground) -> Result<ExitCode> {
    let mut code = 0;
    match action {
        FixesCommand::List { json } => {
            let Some(own) = ground.paths.as_ref().map(Paths::file) else {
                return Err(Refusal::usage("there is no home folder for a configuration").into());
            };
            let book = ground.fixes();
            for fault in ground.faults() {
                output::remark(&fault);
            }
            for fault in &book.faults {
                output::remark(&fault.to_string());
            }
            output::to_stdout(|out| fixes::list(&book, &own, *json, out))?;
            code = if book.faults.is_empty() { 0 } else { WRONG };
        }
        FixesCommand::Check { files } => output::to_stdout(|out| {
            code = fixes::check(files, out)?;
            Ok(())
        })?,
    }
    Ok(ExitCode::from(code))
}

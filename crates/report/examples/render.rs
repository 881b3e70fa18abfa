//! Renders files with findings: `cargo run -p hb-report --example render -- FORMAT FROM=TO FILE...`, where `FROM=TO`
//! says in which directory the sources are that the findings name below `FROM`. For looking at the renderings.

use hb_report::render::{Format, Options, render};
use hb_report::{CollectOptions, Report};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let format: Format = arguments.next().ok_or("a format is missing")?.parse()?;
    let remap = arguments.next().ok_or("FROM=TO is missing")?;
    let (from, to) = remap.split_once('=').ok_or("FROM=TO is missing")?;
    let collect = CollectOptions { source_remaps: vec![(from.to_owned(), to.into())], ..CollectOptions::default() };
    let mut report = Report::default();
    for file in arguments {
        report.merge(Report::load(file.as_ref(), &collect)?);
    }
    let options = Options { relative_to: Some(from.into()), ..Options::default() };
    Ok(render(&report, format, &options, &mut std::io::stdout().lock())?)
}

//! Measures idling: `watch_cost PROJECT SECONDS` watches and follows a project and says what that costs.

use color_eyre::eyre::{Result, eyre};
use dogwatch::source::{
    Change, Resume, Source as _,
    docker::{Docker, Options, Wish},
};
use std::{collections::BTreeMap, env, fs, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let project = arguments.next().ok_or_else(|| eyre!("which project?"))?;
    let seconds: u64 = arguments.next().ok_or_else(|| eyre!("how many seconds?"))?.parse()?;
    let options = Options { wish: Wish::default(), project: project.as_str().into() };
    let docker = Arc::new(Docker::connect(options).await?);
    let (tx, mut changes) = mpsc::channel(64);
    let (lines_tx, mut lines) = mpsc::channel(64);
    tokio::spawn(Arc::clone(&docker).watch(tx));
    let mut counts = BTreeMap::<&str, usize>::new();
    let mut followed = BTreeMap::new();
    let mut begin = (Instant::now(), cpu_seconds("self")?);
    let mut end = begin.0 + Duration::from_secs(seconds + 5);
    let mut is_warm = false;
    loop {
        let kind = tokio::select! {
            Some(change) = changes.recv() => match change {
                Change::Follow(origin) => {
                    let id = origin.container.clone();
                    followed.entry(id).or_insert_with(|| {
                        tokio::spawn(Arc::clone(&docker).follow(origin, Resume::default(), lines_tx.clone()))
                    });
                    "follow"
                }
                Change::Usage(..) => "usage",
                Change::Container(_) => "container",
                Change::Notice(_) => "notice",
                _ => "other",
            },
            Some(_) = lines.recv() => "lines",
            () = sleep_until(end) => break,
            () = sleep_until(begin.0 + Duration::from_secs(5)), if !is_warm => {
                is_warm = true;
                begin = (Instant::now(), cpu_seconds("self")?);
                end = begin.0 + Duration::from_secs(seconds);
                "warm"
            }
        };
        *counts.entry(kind).or_default() += 1;
    }
    let cpu = (cpu_seconds("self")? - begin.1) / begin.0.elapsed().as_secs_f64() * 100.0;
    let report =
        format!("{cpu:.2} % of a core in {seconds} s; {} followed; {counts:?}\n", followed.len());
    std::io::Write::write_all(&mut std::io::stdout(), report.as_bytes())?;
    Ok(())
}

/// Processor time of a process so far.
fn cpu_seconds(process: &str) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
    let field = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    Ok((field(12) + field(13)) / 100.0)
}

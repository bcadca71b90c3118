//! Measures following: `cargo bench --bench follow_rate -- CONTAINER LINES` reads until so many lines have come and says how fast.
//!
//! Compare with `docker logs --timestamps CONTAINER`; most of the time is the Engine's own.

use color_eyre::eyre::{Result, eyre};
use dogwatch::{
    model::Origin,
    source::{
        Resume, Source as _,
        docker::{Docker, Options, Wish},
    },
};
use std::{env, fs, sync::Arc, time::Instant};
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let container = arguments.next().ok_or_else(|| eyre!("which container?"))?;
    let wanted: usize = arguments.next().ok_or_else(|| eyre!("how many lines?"))?.parse()?;
    let options = Options { wish: Wish::default(), project: "any".into() };
    let docker = Arc::new(Docker::connect(options).await?);
    let origin = Origin {
        service: "it".into(),
        container: container.as_str().into(),
        replica: 0,
        is_tty: arguments.next().is_some(),
    };
    let (tx, mut rx) = mpsc::channel(16);
    let begin = Instant::now();
    let before = cpu_seconds()?;
    tokio::spawn(docker.follow(Arc::new(origin), Resume::default(), tx));
    let (mut lines, mut bytes, mut batches) = (0, 0, 0);
    while lines < wanted
        && let Some(batch) = rx.recv().await
    {
        batches += 1;
        let batch = batch.lines();
        lines += batch.len();
        bytes += batch.iter().map(|line| line.bytes.len()).sum::<usize>();
    }
    let (seconds, cpu) = (begin.elapsed().as_secs_f64(), cpu_seconds()? - before);
    let rate = lines as f64 / seconds;
    let each = cpu / lines as f64 * 1e6;
    let report = format!(
        "{lines} lines, {bytes} bytes, {batches} batches in {seconds:.2} s: {rate:.0} lines/s, {each:.2} us of CPU a line\n"
    );
    std::io::Write::write_all(&mut std::io::stdout(), report.as_bytes())?;
    Ok(())
}

/// Processor time of this process so far.
fn cpu_seconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
    let field = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    // User and system time, in hundredths.
    Ok((field(12) + field(13)) / 100.0)
}

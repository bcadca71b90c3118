//! Makes the pictures of the README from the real program: `cargo run --release --example screenshots`.
//!
//! Each scene runs the built `dogwatch` in a pseudo-terminal, types keys, waits until the screen shows what it should,
//! and draws the cells as SVG. Box and block characters are drawn as shapes, so that no font leaves gaps between them.

#![allow(
    clippy::print_stdout,
    clippy::many_single_char_names,
    reason = "a program that says what it drew, in coordinates"
)]

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::{
    error::Error,
    fmt::Write as _,
    fs,
    io::{Read, Write as _},
    num::NonZeroU16,
    path::{Path, PathBuf},
    sync::mpsc,
    time::{Duration, Instant},
};

/// Width and height of a cell, and where the base line is, in pixels.
const CELL: (f32, f32) = (8.4, 18.0);
const BASE: f32 = 13.5;

/// One picture.
struct Scene {
    name: &'static str,
    size: (u16, u16),
    theme: &'static str,
    /// Each: keys to type, and what must then be on the screen.
    steps: &'static [(&'static str, &'static str)],
}

const SCENES: &[Scene] = &[
    Scene { name: "dashboard", size: (120, 40), theme: "dark", steps: &[] },
    Scene { name: "dashboard-light", size: (120, 40), theme: "light", steps: &[] },
    Scene { name: "compact", size: (80, 24), theme: "dark", steps: &[] },
    Scene { name: "wide", size: (200, 60), theme: "dark", steps: &[] },
    Scene { name: "problem", size: (120, 40), theme: "dark", steps: &[("\r", "")] },
    Scene { name: "restart", size: (120, 40), theme: "dark", steps: &[("r", "Restart")] },
    Scene { name: "issue", size: (120, 40), theme: "dark", steps: &[("i", "Title")] },
    Scene { name: "help", size: (80, 24), theme: "dark", steps: &[("?", "Help")] },
    Scene { name: "palette", size: (120, 40), theme: "dark", steps: &[(":res", "res")] },
    Scene { name: "search", size: (120, 40), theme: "dark", steps: &[("/timeout", "timeout")] },
];

fn main() -> Result<(), Box<dyn Error>> {
    let program = program()?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    let wanted: Vec<_> = std::env::args().skip(1).collect();
    for scene in SCENES.iter().filter(|s| wanted.is_empty() || wanted.iter().any(|w| w == s.name)) {
        let path = folder.join(format!("{}.svg", scene.name));
        fs::write(&path, draw(&shoot(&program, scene)?))?;
        println!("{}", path.display());
    }
    Ok(())
}

/// The binary beside this example: `target/PROFILE/dogwatch`.
fn program() -> Result<PathBuf, Box<dyn Error>> {
    let examples = std::env::current_exe()?;
    let profile = examples.parent().and_then(Path::parent).ok_or("no target folder")?;
    let program = profile.join("dogwatch");
    if !program.exists() {
        let told = format!("{} is not built: run `cargo build --release` first", program.display());
        return Err(told.into());
    }
    Ok(program)
}

/// Runs a scene to its end and returns the screen.
fn shoot(program: &Path, scene: &Scene) -> Result<vt100::Parser, Box<dyn Error>> {
    let (cols, rows) = scene.size;
    let pty =
        native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 })?;
    let mut command = CommandBuilder::new(program);
    command.args(["demo", "--theme", scene.theme, "--no-config"]);
    command.env("TERM", "xterm-256color");
    command.env("COLORTERM", "truecolor");
    command.env("LANG", "C.UTF-8");
    command.env_remove("NO_COLOR");
    let mut child = pty.slave.spawn_command(command)?;
    let mut reader = pty.master.try_clone_reader()?;
    let mut writer = pty.master.take_writer()?;
    let (tx, output) = mpsc::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            if tx.send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    let mut screen = vt100::Parser::new(nonzero(rows)?, nonzero(cols)?, 0);
    wait(&mut screen, &output, Duration::from_secs(4), "CRIT")?;
    for (keys, shown) in scene.steps {
        writer.write_all(keys.as_bytes())?;
        writer.flush()?;
        wait(&mut screen, &output, Duration::from_millis(1200), shown)?;
    }
    child.kill()?;
    child.wait()?;
    Ok(screen)
}

fn nonzero(size: u16) -> Result<NonZeroU16, Box<dyn Error>> {
    Ok(NonZeroU16::try_from(size)?)
}

/// Takes output for `least`, then on until `shown` is on the screen.
fn wait(
    screen: &mut vt100::Parser,
    output: &mpsc::Receiver<Vec<u8>>,
    least: Duration,
    shown: &str,
) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    loop {
        if let Ok(bytes) = output.recv_timeout(Duration::from_millis(50)) {
            screen.process(&bytes);
        }
        if start.elapsed() > least && screen.screen().contents().contains(shown) {
            return Ok(());
        }
        if start.elapsed() > least + Duration::from_secs(10) {
            let told = format!("{shown:?} did not appear:\n{}", screen.screen().contents());
            return Err(told.into());
        }
    }
}

fn draw(parser: &vt100::Parser) -> String {
    let screen = parser.screen();
    let (rows, cols) = screen.size();
    let (rows, cols) = (u16::from(rows), u16::from(cols));
    let background = (0..rows)
        .find_map(|row| screen.cell(row, 0).and_then(|c| rgb(c.bgcolor())))
        .unwrap_or_else(|| "#16181d".to_owned());
    let (width, height) = (f32::from(cols) * CELL.0 + 16.0, f32::from(rows) * CELL.1 + 16.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" \
         font-family=\"'JetBrains Mono','DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{background}\"/>\n\
         <g transform=\"translate(8 8)\">\n"
    );
    for row in 0..rows {
        draw_row(&mut svg, screen, row, cols, &background);
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// What cells of one run of text have in common.
#[derive(Clone, PartialEq, Default)]
struct Ink {
    fg: String,
    is_bold: bool,
    is_underlined: bool,
}

fn draw_row(svg: &mut String, screen: &vt100::Screen, row: u16, cols: u16, background: &str) {
    let y = f32::from(row) * CELL.1;
    let mut run = (0, String::new(), 0_u16, Ink::default());
    let mut fill: Option<(u16, u16, String)> = None;
    let mut text = String::new();
    for col in 0..cols {
        let Some(cell) = screen.cell(row, col) else { continue };
        if cell.is_wide_continuation() {
            continue;
        }
        let span = if cell.is_wide() { 2 } else { 1 };
        let (mut fg, mut bg) = (rgb(cell.fgcolor()), rgb(cell.bgcolor()));
        if cell.inverse() {
            (fg, bg) = (bg.or(Some(background.to_owned())), fg.or(Some("#d7dae0".to_owned())));
        }
        let bg = bg.filter(|c| c != background);
        match (&mut fill, bg) {
            (Some((start, len, colour)), Some(bg)) if *colour == bg && *start + *len == col => {
                *len += span;
            }
            (_, bg) => {
                draw_fill(svg, y, fill.take());
                fill = bg.map(|colour| (col, span, colour));
            }
        }
        let ink = Ink {
            fg: fg.unwrap_or_else(|| "#d7dae0".to_owned()),
            is_bold: cell.bold(),
            is_underlined: cell.underline(),
        };
        let contents = cell.contents();
        let shape =
            contents.chars().next().and_then(|c| shape(c, f32::from(col) * CELL.0, y, &ink.fg));
        let is_blank = contents.trim().is_empty();
        if is_blank || shape.is_some() || run.3 != ink || run.0 + run.2 != col {
            draw_text(&mut text, y, &run);
            run = (col, String::new(), 0, ink);
        }
        if let Some(shape) = shape {
            text.push_str(&shape);
            run.0 = col + span;
        } else if is_blank {
            run.0 = col + span;
        } else {
            run.1.push_str(contents);
            run.2 += span;
        }
    }
    draw_fill(svg, y, fill);
    draw_text(&mut text, y, &run);
    svg.push_str(&text);
}

fn draw_fill(svg: &mut String, y: f32, fill: Option<(u16, u16, String)>) {
    if let Some((start, len, colour)) = fill {
        let (x, width) = (f32::from(start) * CELL.0, f32::from(len) * CELL.0);
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{}\" fill=\"{colour}\"/>",
            CELL.1
        );
    }
}

fn draw_text(svg: &mut String, y: f32, (start, text, len, ink): &(u16, String, u16, Ink)) {
    if text.is_empty() {
        return;
    }
    let mut extra = String::new();
    if ink.is_bold {
        extra.push_str(" font-weight=\"bold\"");
    }
    if ink.is_underlined {
        extra.push_str(" text-decoration=\"underline\"");
    }
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" textLength=\"{:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"{extra}>{escaped}</text>",
        f32::from(*start) * CELL.0,
        y + BASE,
        f32::from(*len) * CELL.0,
        ink.fg,
    );
}

/// Box and block characters as shapes.
fn shape(c: char, x: f32, y: f32, colour: &str) -> Option<String> {
    let (w, h) = CELL;
    let rect = |x: f32, y: f32, w: f32, h: f32| {
        format!(
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{w:.2}\" height=\"{h:.2}\" fill=\"{colour}\"/>\n"
        )
    };
    if let Some(eighths) = "▁▂▃▄▅▆▇█".chars().position(|b| b == c) {
        let height = h * (eighths + 1) as f32 / 8.0;
        return Some(rect(x, y + h - height, w, height));
    }
    if let Some(eighths) = "▏▎▍▌▋▊▉".chars().position(|b| b == c) {
        return Some(rect(x, y, w * (eighths + 1) as f32 / 8.0, h));
    }
    let (cx, cy) = (x + w / 2.0, y + h / 2.0);
    let (up, right, down, left, weight) = match c {
        '─' => (false, true, false, true, 1.0),
        '━' => (false, true, false, true, 2.2),
        '│' => (true, false, true, false, 1.0),
        '┃' => (true, false, true, false, 2.2),
        '╭' | '┌' => (false, true, true, false, 1.0),
        '╮' | '┐' => (false, false, true, true, 1.0),
        '╰' | '└' => (true, true, false, false, 1.0),
        '╯' | '┘' => (true, false, false, true, 1.0),
        '┏' => (false, true, true, false, 2.2),
        '┓' => (false, false, true, true, 2.2),
        '┗' => (true, true, false, false, 2.2),
        '┛' => (true, false, false, true, 2.2),
        '├' => (true, true, true, false, 1.0),
        '┤' => (true, false, true, true, 1.0),
        '┬' => (false, true, true, true, 1.0),
        '┴' => (true, true, false, true, 1.0),
        '┼' => (true, true, true, true, 1.0),
        _ => return None,
    };
    let mut path = String::new();
    if matches!(c, '╭' | '╮' | '╰' | '╯') {
        let (ex, ey) = (if right { x + w } else { x }, if down { y + h } else { y });
        let _ = write!(path, "M{ex:.2} {cy:.2}Q{cx:.2} {cy:.2} {cx:.2} {ey:.2}");
    } else {
        for (is_there, ex, ey) in
            [(up, cx, y), (right, x + w, cy), (down, cx, y + h), (left, x, cy)]
        {
            if is_there {
                let _ = write!(path, "M{cx:.2} {cy:.2}L{ex:.2} {ey:.2}");
            }
        }
    }
    Some(format!(
        "<path d=\"{path}\" stroke=\"{colour}\" stroke-width=\"{weight}\" stroke-linecap=\"square\" fill=\"none\"/>\n"
    ))
}

/// A colour as SVG has it; `None` for the terminal's default.
fn rgb(colour: vt100::Color) -> Option<String> {
    match colour {
        vt100::Color::Default => None,
        vt100::Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
        vt100::Color::Idx(index) => Some(indexed(index)),
    }
}

/// The 256 colours as xterm has them.
fn indexed(index: u8) -> String {
    const FIRST: [&str; 16] = [
        "#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5",
        "#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff",
    ];
    if let Some(first) = FIRST.get(usize::from(index)) {
        return (*first).to_owned();
    }
    if index >= 232 {
        let grey = 8 + 10 * (index - 232);
        return format!("#{grey:02x}{grey:02x}{grey:02x}");
    }
    let cube = index - 16;
    let part = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    format!("#{:02x}{:02x}{:02x}", part(cube / 36), part(cube / 6 % 6), part(cube % 6))
}

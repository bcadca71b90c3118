//! The terminal while it is ours: taken once, given back on every way out, a panic and a stopped job included.
//!
//! A frame goes out in one write, wrapped in a synchronized update, and only where something changed.

use crossterm::{
    cursor::{Hide, Show},
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture},
    execute, queue,
    style::ResetColor,
    terminal::{
        BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
        disable_raw_mode, enable_raw_mode,
    },
};
use ratatui::{Frame, Terminal, backend::CrosstermBackend};
use std::{
    io::{self, Write as _},
    panic,
    sync::{
        Arc, Mutex, Once, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, ThreadId},
};

/// Whether the terminal is ours now.
static IS_OURS: AtomicBool = AtomicBool::new(false);
/// The thread that draws; a panic there ends the face, a panic elsewhere only a worker.
static DRAWS: Mutex<Option<ThreadId>> = Mutex::new(None);
/// What workers said when they panicked, until somebody shows it.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The terminal, taken. Dropping it gives the terminal back.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Output>>,
    frame: Output,
    is_cursor_shown: bool,
    has_mouse: bool,
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Screen").field("has_mouse", &self.has_mouse).finish_non_exhaustive()
    }
}

impl Screen {
    /// Takes the terminal: alternate screen, raw keys, bracketed paste, and the mouse if wanted.
    ///
    /// From the first call on a panic gives the terminal back before it is reported; hooks that report panics
    /// must be set before.
    ///
    /// # Errors
    /// Where standard output is no terminal; nothing is changed then.
    pub fn enter(mouse: bool) -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(hook_panics);
        let frame = Output::default();
        let terminal = Terminal::new(CrosstermBackend::new(frame.clone()))?;
        let mut screen = Self { terminal, frame, is_cursor_shown: false, has_mouse: mouse };
        screen.take()?;
        Ok(screen)
    }

    /// Draws a frame. Nothing is written where it equals the last one, or while the terminal is not ours.
    ///
    /// # Errors
    /// When the terminal cannot be written to: it was closed.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if !IS_OURS.load(Ordering::Acquire) {
            return Ok(());
        }
        *DRAWS.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current().id());
        self.terminal.draw(render)?;
        let frame = self.frame.take();
        if is_idle(&frame) && !self.is_cursor_shown {
            return Ok(());
        }
        self.is_cursor_shown =
            frame.windows(6).rev().find_map(cursor_sequence).unwrap_or(self.is_cursor_shown);
        let mut bytes = Vec::with_capacity(frame.len() + 16);
        queue!(bytes, BeginSynchronizedUpdate)?;
        bytes.extend(frame);
        queue!(bytes, EndSynchronizedUpdate)?;
        let mut out = io::stdout().lock();
        out.write_all(&bytes)?;
        out.flush()
    }

    /// Forgets what is on the screen, so that the next frame is drawn whole.
    ///
    /// # Errors
    /// When the terminal's size cannot be read.
    pub fn clear(&mut self) -> io::Result<()> {
        // `Terminal::clear` would ask the terminal for its cursor, and fight for the answer with the keys.
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }

    /// Takes the mouse, or leaves it to the terminal for selecting text.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn set_mouse(&mut self, mouse: bool) -> io::Result<()> {
        self.has_mouse = mouse;
        if mouse {
            execute!(io::stdout(), EnableMouseCapture)
        } else {
            execute!(io::stdout(), DisableMouseCapture)
        }
    }

    /// Gives the terminal back for a while; the next [`Screen::take`] brings everything back.
    pub fn leave(&mut self) {
        restore();
    }

    /// Takes the terminal again after [`Screen::leave`], or after another program changed its modes.
    ///
    /// # Errors
    /// When the terminal cannot be changed.
    pub fn take(&mut self) -> io::Result<()> {
        if IS_OURS.load(Ordering::Acquire) {
            // The shell may have set its own modes while we were stopped; only a change sets ours.
            disable_raw_mode()?;
        }
        enable_raw_mode()?;
        IS_OURS.store(true, Ordering::Release);
        *DRAWS.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current().id());
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide)?;
        self.set_mouse(self.has_mouse)?;
        self.clear()
    }

    /// Runs a program that needs the terminal, such as an editor. Drop the stream of events before: its
    /// thread would read the other program's keys.
    ///
    /// # Errors
    /// When the terminal cannot be taken again.
    pub fn step_aside<T>(&mut self, run: impl FnOnce() -> T) -> io::Result<T> {
        self.leave();
        let result = run();
        self.take()?;
        Ok(result)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
        let mut stderr = io::stderr().lock();
        for panic in take_panics() {
            let _ = writeln!(stderr, "{panic}");
        }
    }
}

/// Gives the terminal back where it is ours; does nothing otherwise. Safe to call at any moment, from any thread.
pub fn restore() {
    if !IS_OURS.swap(false, Ordering::AcqRel) {
        return;
    }
    // Each on its own: when one cannot be written, the others may still be.
    let mut out = io::stdout().lock();
    let _ = queue!(out, EndSynchronizedUpdate);
    let _ = queue!(out, DisableMouseCapture);
    let _ = queue!(out, DisableBracketedPaste);
    let _ = queue!(out, ResetColor);
    let _ = queue!(out, LeaveAlternateScreen);
    let _ = queue!(out, Show);
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// Puts a hook before the present one: a panic of the drawing thread gives the terminal back before the
/// report is printed; one of a worker is kept for [`take_panics`], because the screen goes on.
fn hook_panics() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let draws = *DRAWS.lock().unwrap_or_else(PoisonError::into_inner);
        let is_ours = IS_OURS.load(Ordering::Acquire);
        if is_ours && draws != Some(thread::current().id()) {
            let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
            if panics.len() < 20 {
                panics.push(format!("A worker failed: {info}"));
            }
            return;
        }
        restore();
        report(info);
    }));
}

/// What workers said when they panicked since the last call.
pub fn take_panics() -> Vec<String> {
    std::mem::take(&mut *PANICS.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The bytes of one frame, gathered: ratatui writes and flushes many times in one.
#[derive(Debug, Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a frame holds only what ratatui writes when nothing changed.
fn is_idle(frame: &[u8]) -> bool {
    const IDLE: [&[u8]; 5] = [b"\x1b[39m", b"\x1b[49m", b"\x1b[59m", b"\x1b[0m", b"\x1b[?25l"];
    let mut rest = frame;
    while let Some(after) = IDLE.iter().find_map(|idle| rest.strip_prefix(*idle)) {
        rest = after;
    }
    rest.is_empty()
}

/// Whether these six bytes show (`true`) or hide the cursor.
fn cursor_sequence(bytes: &[u8]) -> Option<bool> {
    match bytes {
        b"\x1b[?25h" => Some(true),
        b"\x1b[?25l" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::widgets::Paragraph;

    #[test]
    fn a_second_equal_frame_is_known_as_idle() {
        let out = Output::default();
        let mut terminal = Terminal::with_options(
            CrosstermBackend::new(out.clone()),
            ratatui::TerminalOptions {
                viewport: ratatui::Viewport::Fixed(ratatui::layout::Rect::new(0, 0, 10, 2)),
            },
        )
        .unwrap();
        let mut draw = |text: &str| {
            terminal.draw(|frame| frame.render_widget(Paragraph::new(text), frame.area())).unwrap();
            is_idle(&out.take())
        };
        assert!(!draw("one"));
        assert!(draw("one"));
        assert!(!draw("two"));
    }

    #[test]
    fn restoring_what_was_never_taken_does_nothing() {
        restore();
        assert!(!IS_OURS.load(Ordering::Acquire));
    }
}

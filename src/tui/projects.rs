//! Asks which project to watch, where several run and none was named; before there is an engine.

use super::{
    face::{first_theme, is_ascii},
    probe::{self, LateAnswer},
    settings::Settings,
    signals::{Signal, Signals, ask_to_stop, stop},
    terminal::Screen,
    theme::{Role, Theme},
    view::{Canvas, Glyphs, HitMap, dialogs},
};
use crate::{model::SafeText, tui::colour::Depth};
use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures_util::StreamExt as _;
use ratatui::buffer::Buffer;
use std::{env, io};

/// One project to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its name.
    pub name: SafeText,
    /// Containers that run.
    pub running: usize,
    /// Containers in all.
    pub total: usize,
    /// Where it was brought up; may be empty.
    pub place: SafeText,
}

/// Asks on the screen which project to watch; `None` when its user wants none.
///
/// # Errors
/// When standard output is no terminal, or the terminal is gone.
pub async fn pick_project(choices: Vec<Choice>, settings: &Settings) -> io::Result<Option<usize>> {
    let var = |name: &str| env::var(name).ok();
    let depth = Depth::detect(var);
    let (kind, is_pending) = probe::kind(var);
    let theme = first_theme(settings, kind, depth, &mut Vec::new());
    let glyphs = if is_ascii(settings.symbols, var) { Glyphs::ASCII } else { Glyphs::UNICODE };
    let mut late = is_pending.then(LateAnswer::default);
    let mut signals = Signals::listen()?;
    let mut screen = Screen::enter(false)?;
    let mut keys = EventStream::new();
    let mut at = 0;
    loop {
        screen.draw(|frame| draw(frame.buffer_mut(), &choices, at, &theme, &glyphs))?;
        tokio::select! {
            biased;
            event = keys.next() => match event {
                Some(event) => {
                    let event = event?;
                    if late.as_mut().is_some_and(|late| late.swallows(&event)) {
                        continue;
                    }
                    match event {
                        Event::Key(key) if key.kind != KeyEventKind::Release => {
                            match answer(key, &mut at, choices.len()) {
                                Answer::Go => return Ok(Some(at)),
                                Answer::Quit => return Ok(None),
                                Answer::Stop => drop(ask_to_stop()),
                                Answer::Stay => {}
                            }
                        }
                        _ => {}
                    }
                }
                None => return Ok(None),
            },
            signal = signals.told() => match signal {
                Signal::End(_) => return Ok(None),
                Signal::Suspend => {
                    screen.leave();
                    stop();
                }
                Signal::Continue => screen.take()?,
            },
        }
    }
}

/// What a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Go,
    Quit,
    Stop,
    Stay,
}

fn answer(key: KeyEvent, at: &mut usize, rows: usize) -> Answer {
    let is_ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let last = rows.saturating_sub(1);
    match key.code {
        KeyCode::Char('c') if is_ctrl => return Answer::Quit,
        KeyCode::Char('z') if is_ctrl => return Answer::Stop,
        KeyCode::Esc | KeyCode::Char('q') => return Answer::Quit,
        KeyCode::Enter if rows > 0 => return Answer::Go,
        KeyCode::Up | KeyCode::Char('k') => *at = at.saturating_sub(1),
        KeyCode::Down | KeyCode::Char('j') => *at = (*at + 1).min(last),
        KeyCode::Home | KeyCode::Char('g') => *at = 0,
        KeyCode::End | KeyCode::Char('G') => *at = last,
        _ => {}
    }
    Answer::Stay
}

fn draw(buffer: &mut Buffer, choices: &[Choice], at: usize, theme: &Theme, glyphs: &Glyphs) {
    let area = buffer.area;
    buffer.set_style(area, theme.style(Role::Bg));
    let mut hits = HitMap::default();
    let mut canvas = Canvas { buffer, theme, glyphs, hits: &mut hits, has_frames: false };
    dialogs::projects(&mut canvas, choices, at);
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;

    fn choices() -> Vec<Choice> {
        [("broken-shop", 15, 16), ("blog", 3, 3), ("old-experiment", 0, 4)]
            .map(|(name, running, total)| Choice {
                name: name.into(),
                running,
                total,
                place: format!("/home/ana/{name}").into(),
            })
            .to_vec()
    }

    #[test]
    fn keys_move_choose_and_leave() {
        let press = |code| KeyEvent::new(code, KeyModifiers::NONE);
        let mut at = 0;
        for (code, want, row) in [
            (KeyCode::Up, Answer::Stay, 0),
            (KeyCode::Char('j'), Answer::Stay, 1),
            (KeyCode::Down, Answer::Stay, 2),
            (KeyCode::Down, Answer::Stay, 2),
            (KeyCode::Enter, Answer::Go, 2),
            (KeyCode::Char('g'), Answer::Stay, 0),
            (KeyCode::Esc, Answer::Quit, 0),
        ] {
            assert_eq!(answer(press(code), &mut at, 3), want, "{code:?}");
            assert_eq!(at, row, "{code:?}");
        }
        assert_eq!(answer(press(KeyCode::Enter), &mut 0, 0), Answer::Stay);
        let ctrl = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(answer(ctrl, &mut at, 3), Answer::Quit);
    }

    #[test]
    fn the_list_names_projects_and_what_runs() {
        let theme = Theme::load("dark", None).unwrap();
        let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
        draw(&mut buffer, &choices(), 1, &theme, &Glyphs::UNICODE);
        let rows: Vec<String> = (0..24)
            .map(|y| (0..80).map(|x| buffer[(x, y)].symbol()).collect::<String>())
            .map(|row| row.trim().to_owned())
            .filter(|row| !row.is_empty())
            .collect();
        insta::assert_snapshot!(rows.join("\n"));
        for (columns, height) in [(0, 0), (1, 1), (5, 3), (20, 5)] {
            let mut buffer = Buffer::empty(Rect::new(0, 0, columns, height));
            draw(&mut buffer, &choices(), 1, &theme, &Glyphs::ASCII);
        }
    }
}

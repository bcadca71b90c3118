//! A palette fitted to a terminal: its depth of colours and its three grounds (screen, panel, selection), on each
//! of which every ink is kept legible.

use super::{
    file,
    role::{Ground, Kind, Role},
};
use crate::tui::colour::{Depth, Rgb};
use ratatui::{
    buffer::{Buffer, Cell},
    layout::Rect,
    style::{Color, Modifier, Style},
};
use std::{collections::BTreeMap, fmt::Write as _, path::Path};

/// A palette fitted to a terminal.
#[derive(Debug, Clone)]
pub struct Theme {
    name: String,
    kind: Kind,
    depth: Depth,
    colours: BTreeMap<Role, Rgb>,
    /// Looked up by ground and role, because the arithmetic is too slow for each cell.
    styles: [[Style; Role::ALL.len()]; Ground::ALL.len()],
}

impl Theme {
    /// The theme of this name at full depth: the user's folder, then our own; `mono` has no colours at all.
    ///
    /// # Errors
    /// When there is none of this name, or its file is wrong; the message names file, line, key and known keys.
    pub fn load(name: &str, user_folder: Option<&Path>) -> Result<Self, file::Error> {
        let (name, depth) =
            if name == "mono" { ("dark", Depth::Mono) } else { (name, Depth::True) };
        let palette = file::load(name, user_folder)?;
        let name = if depth == Depth::Mono { "mono" } else { name };
        Ok(Self::new(name.to_owned(), palette.kind, depth, palette.colours))
    }

    /// Names of all themes: our own, those of the user's folder, and `mono`.
    pub fn names(user_folder: Option<&Path>) -> Vec<String> {
        let mut names = file::names(user_folder);
        names.push("mono".to_owned());
        names
    }

    /// The theme without colours, for `NO_COLOR` and terminals that have none.
    pub fn mono() -> Self {
        Self::new("mono".to_owned(), Kind::Dark, Depth::Mono, BTreeMap::new())
    }

    fn new(name: String, kind: Kind, depth: Depth, colours: BTreeMap<Role, Rgb>) -> Self {
        let styles = [[Style::new(); Role::ALL.len()]; Ground::ALL.len()];
        let mut theme = Self { name, kind, depth, colours, styles };
        theme.styles = Ground::ALL.map(|ground| Role::ALL.map(|role| theme.compute(ground, role)));
        theme
    }

    /// This theme for a terminal of that depth; the depth never rises again for `mono`.
    #[must_use]
    pub fn at_depth(self, depth: Depth) -> Self {
        if self.depth == Depth::Mono || self.depth == depth {
            return self;
        }
        Self::new(self.name, self.kind, depth, self.colours)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its ground is dark or bright.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The colours it is drawn with.
    pub const fn depth(&self) -> Depth {
        self.depth
    }

    /// How a role looks on the screen's ground. Grounds bring their ink, inks leave the ground alone.
    pub fn style(&self, role: Role) -> Style {
        self.on(Ground::Bg, role)
    }

    /// How a role looks on another ground, where its ink may have to differ to stay legible.
    pub fn on(&self, ground: Ground, role: Role) -> Style {
        self.styles[ground as usize][role as usize]
    }

    /// Lays a ground under what is drawn in `area` and fits its inks to it. Cells with a ground of their own,
    /// badges and hits, keep it.
    pub fn lay(&self, buffer: &mut Buffer, area: Rect, ground: Ground) {
        let under = self.on(ground, ground.role());
        let known = Ground::ALL.map(|g| self.on(g, g.role()).bg.unwrap_or(Color::Reset));
        for position in area.intersection(buffer.area).positions() {
            let Some(cell) = buffer.cell_mut(position) else { continue };
            if matches!(self.depth, Depth::Mono | Depth::Ansi16) {
                lay_reversed(cell, under);
                continue;
            }
            if cell.bg != Color::Reset && !known.contains(&cell.bg) {
                continue;
            }
            let ink = Role::BASE
                .into_iter()
                .skip(3)
                .find(|role| Ground::ALL.iter().any(|g| self.on(*g, *role).fg == Some(cell.fg)));
            cell.set_style(under.fg(match ink {
                Some(role) => self.on(ground, role).fg.unwrap_or(cell.fg),
                None => under.fg.unwrap_or(cell.fg),
            }));
        }
    }

    /// Its name, kind and roles as plain text, one role a line, with the contrast of each ink on its ground.
    pub fn preview(&self) -> String {
        let mut out = format!("{} ({})\n", self.name, self.kind.as_str());
        if self.colours.is_empty() || self.depth == Depth::Mono {
            out.push_str("  no colours: bold, underline and reverse only\n");
            return out;
        }
        let ground = self.rgb(Role::Bg);
        for role in Role::BASE {
            let colour = self.rgb(role);
            let _ = match role {
                Role::Bg | Role::Panel | Role::Sel => {
                    writeln!(out, "  {:<6} {colour}", role.as_str())
                }
                _ => writeln!(
                    out,
                    "  {:<6} {colour}  {:>4.1}",
                    role.as_str(),
                    colour.contrast(ground)
                ),
            };
        }
        out
    }

    fn compute(&self, ground: Ground, role: Role) -> Style {
        match self.depth {
            Depth::Mono => mono(role),
            Depth::Ansi16 => self.ansi16(role),
            Depth::Ansi256 | Depth::True => self.full(ground, role),
        }
    }

    pub(super) fn rgb(&self, role: Role) -> Rgb {
        self.colours.get(&role.base()).copied().unwrap_or(match self.kind {
            Kind::Dark => Rgb::WHITE,
            Kind::Light => Rgb::BLACK,
        })
    }

    fn full(&self, ground: Ground, role: Role) -> Style {
        let under = self.rgb(ground.role());
        let plain = Style::new();
        match role {
            Role::Bg | Role::Panel | Role::Sel => {
                let own = self.rgb(role);
                let style = plain.bg(self.ground_colour(own)).fg(self.ink(Role::Fg, own));
                if role == Role::Sel { style.add_modifier(Modifier::BOLD) } else { style }
            }
            Role::Strong | Role::Title | Role::FocusTitle | Role::Key => {
                plain.fg(self.ink(role, under)).add_modifier(Modifier::BOLD)
            }
            Role::Button
            | Role::Hit
            | Role::CurrentHit
            | Role::CritBadge
            | Role::ErrBadge
            | Role::WarnBadge
            | Role::InfoBadge => {
                let own = self.rgb(role);
                let ink = if self.rgb(Role::Bg).contrast(own) >= 4.5 {
                    self.rgb(Role::Bg)
                } else {
                    own.legible_on(own, 4.5)
                };
                let style = plain.bg(self.ground_colour(own)).fg(self.fixed(ink, own, 4.5));
                match role {
                    Role::Hit => style,
                    Role::CurrentHit => style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
                    _ => style.add_modifier(Modifier::BOLD),
                }
            }
            _ => plain.fg(self.ink(role, under)),
        }
    }

    fn ink(&self, role: Role, under: Rgb) -> Color {
        let floor = role.floor();
        self.fixed(self.rgb(role).legible_on(under, floor), under, floor)
    }

    fn ground_colour(&self, colour: Rgb) -> Color {
        if self.depth == Depth::True { colour.into() } else { Color::Indexed(colour.nearest_256()) }
    }

    fn fixed(&self, ink: Rgb, under: Rgb, floor: f64) -> Color {
        if self.depth == Depth::True {
            ink.into()
        } else {
            Color::Indexed(ink.nearest_256_on(under.nearest_256(), floor))
        }
    }

    /// Sixteen colours are the user's own: we name those that every palette keeps apart.
    fn ansi16(&self, role: Role) -> Style {
        let plain = Style::new();
        let is_dark = self.kind == Kind::Dark;
        let pick = |dark, light| if is_dark { dark } else { light };
        let bold = |style: Style| style.add_modifier(Modifier::BOLD);
        let reversed = |style: Style| style.add_modifier(Modifier::REVERSED);
        let crit = pick(Color::LightMagenta, Color::Magenta);
        let err = pick(Color::LightRed, Color::Red);
        let warn = pick(Color::LightYellow, Color::Yellow);
        let info = pick(Color::LightBlue, Color::Blue);
        match role {
            Role::Sel => bold(reversed(plain)),
            // Bright black is invisible in some palettes; what is muted is told by its place.
            Role::Bg | Role::Panel | Role::Fg | Role::Muted | Role::Border => plain,
            Role::Strong | Role::Title => bold(plain),
            Role::Focus | Role::Accent | Role::Ink4 => plain.fg(Color::Cyan),
            Role::FocusTitle | Role::Key => bold(plain.fg(Color::Cyan)),
            Role::Hit | Role::Button => reversed(plain.fg(Color::Cyan)),
            Role::CurrentHit => {
                bold(reversed(plain.fg(Color::Cyan))).add_modifier(Modifier::UNDERLINED)
            }
            // As a badge it is reversed; a whole line of reversed text could not be read.
            Role::Crit => bold(plain.fg(crit)),
            Role::CritBadge => reversed(plain.fg(crit)),
            Role::Err => plain.fg(err),
            Role::ErrBadge => reversed(plain.fg(err)),
            Role::Warn => plain.fg(warn),
            Role::WarnBadge => reversed(plain.fg(warn)),
            Role::Info => plain.fg(info),
            Role::InfoBadge => reversed(plain.fg(info)),
            Role::Ok => plain.fg(Color::Green),
            Role::Var => plain.fg(Color::Cyan).add_modifier(Modifier::UNDERLINED),
            Role::Ink1 | Role::Ink5 => plain.fg(Color::Blue),
            Role::Ink2 | Role::Ink6 => plain.fg(pick(Color::LightCyan, Color::Cyan)),
            Role::Ink3 | Role::Ink7 => plain.fg(pick(Color::LightBlue, Color::Blue)),
        }
    }
}

/// A ground where there are no colours for one: the selection is reversed as a whole, in the terminal's own ink.
///
/// What is reversed already, badges and hits, keeps its ink; without an ink it is turned back, to be seen at all.
fn lay_reversed(cell: &mut Cell, under: Style) {
    if !under.add_modifier.contains(Modifier::REVERSED) {
        return;
    }
    let is_reversed = cell.modifier.contains(Modifier::REVERSED);
    if is_reversed && cell.fg == Color::Reset {
        cell.modifier.remove(Modifier::REVERSED);
    } else if !is_reversed {
        cell.set_style(under.fg(Color::Reset));
    }
}

/// Weight, line and reversal in place of colours.
fn mono(role: Role) -> Style {
    let plain = Style::new();
    match role {
        Role::Sel | Role::Button | Role::CritBadge | Role::ErrBadge => {
            plain.add_modifier(Modifier::BOLD | Modifier::REVERSED)
        }
        Role::Hit | Role::WarnBadge | Role::InfoBadge => plain.add_modifier(Modifier::REVERSED),
        Role::CurrentHit => plain.add_modifier(Modifier::REVERSED | Modifier::UNDERLINED),
        Role::Crit
        | Role::Err
        | Role::Strong
        | Role::Title
        | Role::FocusTitle
        | Role::Key
        | Role::Focus
        | Role::Accent => plain.add_modifier(Modifier::BOLD),
        Role::Var => plain.add_modifier(Modifier::UNDERLINED),
        _ => plain,
    }
}

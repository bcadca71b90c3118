//! The arithmetic of colours: contrast, distance, and what a terminal of fewer colours shows.
//!
//! Only `theme` speaks to it; nothing here knows what a colour means.

use ratatui::style::Color;
use std::{fmt, str::FromStr, sync::LazyLock};

/// A colour of the sRGB space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// Black.
    pub const BLACK: Self = Self(0, 0, 0);
    /// White.
    pub const WHITE: Self = Self(255, 255, 255);

    /// Relative luminance after WCAG 2: 0 is black, 1 is white.
    pub fn luminance(self) -> f64 {
        let [r, g, b] = self.linear();
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// Contrast with another colour after WCAG 2: 1 is none, 21 is black on white.
    pub fn contrast(self, other: Self) -> f64 {
        contrast(self.luminance(), other.luminance())
    }

    /// Distance as the eye sees it (Oklab): about 0.02 is just noticeable.
    pub fn distance(self, other: Self) -> f64 {
        distance(self.oklab(), other.oklab())
    }

    /// This colour, moved towards black or white until its contrast with `ground` reaches `floor`.
    ///
    /// Unchanged where it reaches it already; where no mix does, the better of black and white.
    #[must_use]
    pub fn legible_on(self, ground: Self, floor: f64) -> Self {
        if self.contrast(ground) >= floor {
            return self;
        }
        let pole = if Self::WHITE.contrast(ground) >= Self::BLACK.contrast(ground) {
            Self::WHITE
        } else {
            Self::BLACK
        };
        (1..20)
            .map(|step| self.mix(pole, f64::from(step) / 20.0))
            .find(|mixed| mixed.contrast(ground) >= floor)
            .unwrap_or(pole)
    }

    /// This colour with a share of another: 0 is this one, 1 the other.
    #[must_use]
    pub fn mix(self, other: Self, share: f64) -> Self {
        let blend = |a: u8, b: u8| {
            (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round().clamp(0.0, 255.0) as u8
        };
        Self(blend(self.0, other.0), blend(self.1, other.1), blend(self.2, other.2))
    }

    /// The nearest of the 240 fixed colours of a 256-colour terminal; the first 16 belong to its user.
    pub fn nearest_256(self) -> u8 {
        self.nearest_where(|_| true)
    }

    /// The nearest of the 240 fixed colours whose contrast with one of them, `ground`, is at least `floor`.
    pub fn nearest_256_on(self, ground: u8, floor: f64) -> u8 {
        let ground = Self::of_256(ground).luminance();
        self.nearest_where(|fixed| contrast(fixed.luminance, ground) >= floor)
    }

    fn nearest_where(self, is_allowed: impl Fn(&Fixed) -> bool) -> u8 {
        let lab = self.oklab();
        FIXED
            .iter()
            .filter(|fixed| is_allowed(fixed))
            .map(|fixed| (distance(lab, fixed.oklab), fixed.index))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map_or(if self.luminance() > 0.18 { 231 } else { 16 }, |(_, index)| index)
    }

    /// What xterm and its kin show for an index from 16 on; below that black, since nobody can know.
    pub fn of_256(index: u8) -> Self {
        match index {
            0..=15 => Self::BLACK,
            16..=231 => {
                let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
                let cube = index - 16;
                Self(level(cube / 36), level(cube / 6 % 6), level(cube % 6))
            }
            232..=255 => {
                let grey = 8 + 10 * (index - 232);
                Self(grey, grey, grey)
            }
        }
    }

    fn linear(self) -> [f64; 3] {
        [self.0, self.1, self.2].map(|channel| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// Björn Ottosson's Oklab, from its published matrices.
    fn oklab(self) -> [f64; 3] {
        const TO_CONES: [[f64; 3]; 3] = [
            [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
            [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
            [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
        ];
        const TO_LAB: [[f64; 3]; 3] = [
            [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
            [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
            [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
        ];
        let times = |rows: [[f64; 3]; 3], v: [f64; 3]| {
            rows.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum::<f64>())
        };
        times(TO_LAB, times(TO_CONES, self.linear()).map(f64::cbrt))
    }
}

/// One of the 240 colours that 256-colour terminals have in common, with what is asked of it most.
struct Fixed {
    index: u8,
    luminance: f64,
    oklab: [f64; 3],
}

static FIXED: LazyLock<Vec<Fixed>> = LazyLock::new(|| {
    (16..=255)
        .map(|index| {
            let rgb = Rgb::of_256(index);
            Fixed { index, luminance: rgb.luminance(), oklab: rgb.oklab() }
        })
        .collect()
});

fn contrast(a: f64, b: f64) -> f64 {
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt()
}

/// A text that is not `#rrggbb`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a colour of the form #rrggbb")]
pub struct NotAColour;

impl FromStr for Rgb {
    type Err = NotAColour;

    fn from_str(text: &str) -> Result<Self, NotAColour> {
        let hex = text.strip_prefix('#').ok_or(NotAColour)?;
        if hex.len() != 6 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(NotAColour);
        }
        let number = u32::from_str_radix(hex, 16).map_err(|_| NotAColour)?;
        Ok(Self((number >> 16) as u8, (number >> 8) as u8, number as u8))
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

impl From<Rgb> for Color {
    fn from(rgb: Rgb) -> Self {
        Self::Rgb(rgb.0, rgb.1, rgb.2)
    }
}

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None, or none wanted: bold, underline and reverse only.
    Mono,
    /// The sixteen that its user chose.
    Ansi16,
    /// The fixed palette of 256.
    Ansi256,
    /// All of them.
    True,
}

impl Depth {
    /// What the environment promises: `NO_COLOR` first, then `COLORTERM`, then `TERM`.
    pub fn detect(env: impl Fn(&str) -> Option<String>) -> Self {
        let var = |name: &str| env(name).unwrap_or_default();
        let term = var("TERM");
        if !var("NO_COLOR").is_empty() || term == "dumb" {
            return Self::Mono;
        }
        let is_true = matches!(var("COLORTERM").as_str(), "truecolor" | "24bit")
            || term.ends_with("-direct")
            || ["kitty", "alacritty", "ghostty", "wezterm", "foot"]
                .iter()
                .any(|t| term.contains(t))
            || !var("WT_SESSION").is_empty();
        if is_true {
            Self::True
        } else if term.contains("256color") {
            Self::Ansi256
        } else {
            Self::Ansi16
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_runs_from_1_to_21() {
        assert!((Rgb::BLACK.contrast(Rgb::WHITE) - 21.0).abs() < 0.001);
        assert!((Rgb::WHITE.contrast(Rgb::WHITE) - 1.0).abs() < 0.001);
        // The known border case: #767676 is the lightest grey that passes AA on white.
        assert!(Rgb(0x76, 0x76, 0x76).contrast(Rgb::WHITE) >= 4.5);
        assert!(Rgb(0x77, 0x77, 0x77).contrast(Rgb::WHITE) < 4.5);
    }

    #[test]
    fn legible_moves_only_what_must_move() {
        let ground = Rgb(0x1e, 0x1e, 0x2e);
        let fine = Rgb(0xcd, 0xd6, 0xf4);
        assert_eq!(fine.legible_on(ground, 7.0), fine);
        assert!(Rgb(0x56, 0x5f, 0x89).legible_on(ground, 4.5).contrast(ground) >= 4.5);
        assert!(Rgb(0xff, 0xff, 0).legible_on(Rgb::WHITE, 4.5).contrast(Rgb::WHITE) >= 4.5);
    }

    #[test]
    fn fixed_colours_map_to_themselves() {
        for index in [16, 21, 60, 123, 196, 231, 232, 244, 255] {
            let colour = Rgb::of_256(index);
            assert_eq!(Rgb::of_256(colour.nearest_256()), colour, "{index}");
        }
    }

    #[test]
    fn nearest_keeps_the_contrast_that_is_asked_for() {
        let ground = Rgb(0x2e, 0x34, 0x40).nearest_256();
        let ink = Rgb(0x94, 0x9c, 0xae).nearest_256_on(ground, 4.5);
        assert!(Rgb::of_256(ink).contrast(Rgb::of_256(ground)) >= 4.5);
    }

    #[test]
    fn reads_and_writes_hex() {
        assert_eq!("#0a1B2c".parse(), Ok(Rgb(10, 27, 44)));
        assert_eq!(Rgb(10, 27, 44).to_string(), "#0a1b2c");
        for bad in ["", "#", "#12345", "#1234567", "#12345g", "red", "#+12345", "#é1234"] {
            assert_eq!(bad.parse::<Rgb>(), Err(NotAColour), "{bad}");
        }
    }

    #[test]
    fn depth_follows_the_environment() {
        for (vars, want) in [
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")][..], Depth::True),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "24bit")], Depth::True),
            (&[("TERM", "xterm-kitty")], Depth::True),
            (&[("TERM", "xterm-direct")], Depth::True),
            (&[("TERM", "screen-256color")], Depth::Ansi256),
            (&[("TERM", "linux")], Depth::Ansi16),
            (&[], Depth::Ansi16),
            (&[("TERM", "dumb")], Depth::Mono),
            (&[("TERM", "xterm-kitty"), ("NO_COLOR", "1")], Depth::Mono),
            (&[("TERM", "xterm-kitty"), ("NO_COLOR", "")], Depth::True),
        ] {
            let env = |name: &str| {
                vars.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(Depth::detect(env), want, "{vars:?}");
        }
    }
}

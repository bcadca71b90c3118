use super::*;
use crate::tui::colour::{Depth, Rgb};
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Modifier, Style},
};

const INKS: [Role; 17] = [
    Role::Muted,
    Role::Focus,
    Role::Accent,
    Role::Crit,
    Role::Err,
    Role::Warn,
    Role::Info,
    Role::Ok,
    Role::Var,
    Role::Ink1,
    Role::Ink2,
    Role::Ink3,
    Role::Ink4,
    Role::Ink5,
    Role::Ink6,
    Role::Ink7,
    Role::Key,
];

fn all() -> impl Iterator<Item = Theme> {
    Theme::names(None)
        .into_iter()
        .filter(|name| name != "mono")
        .map(|name| Theme::load(&name, None).unwrap())
}

fn rgb(colour: Option<Color>) -> Rgb {
    match colour {
        Some(Color::Rgb(r, g, b)) => Rgb(r, g, b),
        Some(Color::Indexed(index)) => Rgb::of_256(index),
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_keep_the_contrast_floors_by_themselves() {
    for theme in all() {
        let name = theme.name().to_owned();
        let ground = theme.rgb(Role::Bg);
        assert!(theme.rgb(Role::Fg).contrast(ground) >= 7.0, "{name} fg");
        for role in INKS {
            let contrast = theme.rgb(role).contrast(ground);
            assert!(contrast >= 4.5, "{name} {role:?} {contrast:.2}");
        }
    }
}

#[test]
fn inks_are_legible_on_every_ground_at_every_depth() {
    for depth in [Depth::True, Depth::Ansi256] {
        for theme in all() {
            let theme = theme.at_depth(depth);
            for ground in [Ground::Bg, Ground::Panel, Ground::Sel] {
                let under = rgb(theme.on(ground, ground.role()).bg);
                for role in INKS.into_iter().chain([Role::Fg, Role::Strong]) {
                    let contrast = rgb(theme.on(ground, role).fg).contrast(under);
                    assert!(
                        contrast >= 4.49,
                        "{} {depth:?} {role:?} on {ground:?}: {contrast:.2}",
                        theme.name()
                    );
                }
                for role in
                    [Role::Bg, Role::Panel, Role::Sel, Role::Button, Role::Hit, Role::CritBadge]
                {
                    let style = theme.on(ground, role);
                    let contrast = rgb(style.fg).contrast(rgb(style.bg));
                    assert!(contrast >= 4.49, "{} {role:?}: {contrast:.2}", theme.name());
                }
            }
        }
    }
}

#[test]
fn a_selected_row_is_seen_on_screen_and_panel() {
    for theme in all() {
        for ground in [Role::Bg, Role::Panel] {
            let contrast = theme.rgb(Role::Sel).contrast(theme.rgb(ground));
            assert!(contrast >= 1.12, "{} on {ground:?}: {contrast:.2}", theme.name());
        }
    }
}

#[test]
fn severities_look_different_in_every_theme() {
    for theme in all() {
        let inks = [Role::Crit, Role::Err, Role::Warn, Role::Info].map(|r| theme.rgb(r));
        for (at, a) in inks.iter().enumerate() {
            for b in &inks[at + 1..] {
                assert!(a.distance(*b) > 0.05, "{} {a} {b}", theme.name());
            }
        }
    }
}

#[test]
fn services_never_wear_a_colour_of_severity() {
    for theme in all() {
        for ink in Role::INKS {
            for severity in [Role::Crit, Role::Err, Role::Warn] {
                let distance = theme.rgb(ink).distance(theme.rgb(severity));
                // Where a palette's critical is violet itself, the badge and its letter tell them apart.
                assert!(distance > 0.02, "{} {ink:?} {severity:?} {distance:.3}", theme.name());
            }
        }
    }
}

#[test]
fn roles_stand_in_the_order_of_their_numbers() {
    for (at, role) in Role::ALL.into_iter().enumerate() {
        assert_eq!(role as usize, at);
    }
}

#[test]
fn mono_has_no_colour_and_keeps_the_shapes() {
    for theme in [
        Theme::mono(),
        Theme::load("mono", None).unwrap().at_depth(Depth::True),
        Theme::load("nord", None).unwrap().at_depth(Depth::Mono),
    ] {
        for role in Role::ALL {
            let style = theme.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
        assert_ne!(theme.style(Role::Sel), theme.style(Role::Fg));
        assert_ne!(theme.style(Role::CritBadge), theme.style(Role::Crit));
        assert_ne!(theme.style(Role::Crit), theme.style(Role::Info));
    }
}

#[test]
fn sixteen_colours_are_named_ones() {
    let theme = Theme::load("dark", None).unwrap().at_depth(Depth::Ansi16);
    assert_eq!(
        theme.style(Role::CritBadge),
        Style::new().fg(Color::LightMagenta).add_modifier(Modifier::REVERSED)
    );
    assert_eq!(theme.style(Role::Err).fg, Some(Color::LightRed));
    assert_eq!(theme.style(Role::Warn).fg, Some(Color::LightYellow));
    assert_eq!(theme.style(Role::Info).fg, Some(Color::LightBlue));
    assert_eq!(theme.style(Role::Ok).fg, Some(Color::Green));
    for role in Role::ALL {
        let style = theme.style(role);
        assert!(!matches!(style.fg, Some(Color::Rgb(..) | Color::Indexed(_))), "{role:?}");
        assert_eq!(style.bg, None, "{role:?}: the ground is the terminal's own");
    }
}

#[test]
fn laying_the_selection_fits_inks_and_spares_badges() {
    let theme = Theme::load("solarized-light", None).unwrap();
    let area = Rect::new(0, 0, 9, 1);
    let mut buffer = Buffer::empty(area);
    buffer.set_style(area, theme.style(Role::Bg));
    buffer.set_string(0, 0, "err", theme.style(Role::Err));
    buffer.set_string(3, 0, "bad", theme.style(Role::CritBadge));
    buffer.set_string(6, 0, "txt", theme.style(Role::Fg));
    theme.lay(&mut buffer, area, Ground::Sel);
    let cell = |x: u16| buffer.cell((x, 0)).unwrap();
    assert_eq!(Some(cell(0).bg), theme.style(Role::Sel).bg);
    assert_eq!(Some(cell(0).fg), theme.on(Ground::Sel, Role::Err).fg);
    assert_eq!(Some(cell(3).bg), theme.style(Role::CritBadge).bg);
    assert_eq!(Some(cell(6).fg), theme.on(Ground::Sel, Role::Fg).fg);
    assert!(cell(6).modifier.contains(Modifier::BOLD));
}

#[test]
fn the_background_tells_the_kind() {
    assert_eq!(Kind::of_background(Rgb(0x2e, 0x34, 0x40)), Kind::Dark);
    assert_eq!(Kind::of_background(Rgb(0xfd, 0xf6, 0xe3)), Kind::Light);
    for (value, want) in [
        ("15;0", Some(Kind::Dark)),
        ("0;15", Some(Kind::Light)),
        ("0;default;15", Some(Kind::Light)),
        ("12;8", Some(Kind::Dark)),
        ("default;default", None),
        ("", None),
    ] {
        assert_eq!(Kind::of_colorfgbg(value), want, "{value}");
    }
}

#[test]
fn preview_names_every_role() {
    let text = Theme::load("light", None).unwrap().preview();
    assert!(text.starts_with("light (light)\n  bg     #ffffff\n"));
    assert_eq!(text.lines().count(), 1 + Role::BASE.len());
    assert!(Theme::mono().preview().contains("no colours"));
}

#[test]
fn a_selection_without_grounds_is_reversed_as_a_whole_and_badges_stand_out() {
    for (depth, is_badge_turned) in [(Depth::Ansi16, false), (Depth::Mono, true)] {
        let theme = Theme::load("dark", None).unwrap().at_depth(depth);
        let area = Rect::new(0, 0, 4, 1);
        let mut buffer = Buffer::empty(area);
        buffer.set_string(0, 0, "er", theme.style(Role::Err));
        buffer.set_string(2, 0, "C", theme.style(Role::CritBadge));
        theme.lay(&mut buffer, area, Ground::Sel);
        for x in [0, 1, 3] {
            let cell = &buffer[(x, 0)];
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{depth:?}");
            assert!(cell.modifier.contains(Modifier::REVERSED), "{depth:?}");
        }
        let badge = &buffer[(2, 0)];
        assert_eq!(badge.modifier.contains(Modifier::REVERSED), !is_badge_turned, "{depth:?}");
    }
}

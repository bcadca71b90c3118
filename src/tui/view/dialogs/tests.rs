use super::*;
use crate::{
    action::TrackerInfo,
    model::{
        Category, Container, FiledIssue, Fingerprint, Guidance, Health, IssueDraft, Origin,
        RunState, SafeText, ServiceCount, Severity, Status, Trend,
    },
    source::Description,
    store::{Limits, Store},
    tui::{
        line::Line,
        message::{Note, NoteKind},
        palette::Palette,
        popup::{
            Confirm, Editor, Field, FilterLine, Help, Lookup, MuteMenu, Pick, ThemeList, Verb,
        },
        settings::Settings,
        state::Pane,
        theme::{Role, Theme},
        view::{Glyphs, HitMap},
    },
};
use ratatui::buffer::Buffer;
use std::{collections::VecDeque, sync::Arc};

/// A stack of eight services with one bad problem, and a screen in front of it.
pub(super) struct Stage {
    pub(super) state: State,
    pub(super) theme: Theme,
    pub(super) glyphs: Glyphs,
    services: Vec<Service>,
    group: ErrorGroup,
    link: Link,
    capabilities: Capabilities,
    store: Store,
}

fn now() -> DateTime<Utc> {
    "2026-03-01T21:48:21Z".parse().unwrap()
}

fn container(service: &str, state: RunState, health: Health, restarts: u64) -> Container {
    let needs =
        if ["api", "auth", "worker"].contains(&service) { vec!["db".into()] } else { vec![] };
    let origin = Arc::new(Origin {
        service: service.into(),
        container: format!("{service}0123456789abcdef").as_str().into(),
        replica: 1,
        is_tty: false,
    });
    Container {
        name: format!("broken-shop-{service}-1").into(),
        image: "shop:1".into(),
        state,
        health,
        restarts,
        started_at: Some(now() - chrono::Duration::minutes(3)),
        depends_on: needs,
        ..Container::new(origin)
    }
}

fn group() -> ErrorGroup {
    ErrorGroup {
        fingerprint: Fingerprint(0x7f3a_9100_0000_0001),
        template: "FATAL: remaining connection slots are reserved for <*>".into(),
        rule: "database.too-many-clients".into(),
        guidance: Arc::new(Guidance {
            title: "The database has no free connection".into(),
            hint: "Too many clients hold connections; cap the pools or raise the limit.".into(),
            ..Guidance::default()
        }),
        category: Category::Database,
        base_severity: Severity::Error,
        escalation: Some("50 events within a minute".into()),
        status: Status::New,
        count: 412,
        first_seen: now() - chrono::Duration::minutes(4),
        last_seen: now(),
        services: vec![
            ServiceCount { service: "db".into(), count: 381, last_seen: now() },
            ServiceCount { service: "worker".into(), count: 31, last_seen: now() },
        ],
        trend: Trend::default(),
        samples: VecDeque::new(),
        sessions: 1,
        issue: None,
        variety: crate::model::Variety::default(),
    }
}

impl Stage {
    pub(super) fn new() -> Self {
        let mut store = Store::new(Limits::default());
        for (service, state, health, restarts) in [
            ("api", RunState::Running, Health::Healthy, 0),
            ("auth", RunState::Running, Health::Healthy, 0),
            ("db", RunState::Running, Health::Unhealthy, 0),
            ("mailer", RunState::Running, Health::None, 1),
            ("migrate", RunState::Exited(0), Health::None, 0),
            ("redis", RunState::Running, Health::Healthy, 0),
            ("web", RunState::Running, Health::Healthy, 0),
            ("worker", RunState::Restarting, Health::None, 7),
        ] {
            store.put_container(container(service, state, health, restarts));
        }
        store.put_group(group());
        let settings = Settings::default();
        let names = Theme::names(None);
        Self {
            state: State::new(&settings, names),
            theme: Theme::load("dark", None).unwrap(),
            glyphs: Glyphs::UNICODE,
            services: store.services().cloned().collect(),
            group: group(),
            link: Link::Live,
            capabilities: Capabilities {
                source: Description {
                    name: "broken-shop".into(),
                    place: "unix:///var/run/docker.sock".into(),
                    is_live: true,
                },
                can_control: true,
                is_read_only: false,
                tracker: tracker(true),
                memory: Ok(()),
            },
            store,
        }
    }

    pub(super) fn with(popup: Popup) -> Self {
        let mut stage = Self::new();
        stage.state.popup = Some(popup);
        stage
    }

    pub(super) fn buffer(&self, columns: u16, rows: u16) -> Buffer {
        let area = Rect::new(0, 0, columns, rows);
        let mut buffer = Buffer::empty(area);
        buffer.set_style(area, self.theme.style(Role::Bg));
        for y in 0..rows {
            buffer.set_string(
                0,
                y,
                "·".repeat(usize::from(columns)),
                self.theme.style(Role::Border),
            );
        }
        let (keymap, _) = Keymap::new(&Settings::default());
        let mut hits = HitMap::default();
        let mut canvas = Canvas {
            buffer: &mut buffer,
            theme: &self.theme,
            glyphs: &self.glyphs,
            hits: &mut hits,
            has_frames: columns >= 100,
        };
        let scene = Scene {
            state: &self.state,
            keymap: &keymap,
            group: Some(&self.group),
            aliases: &[],
            services: &self.services,
            link: &self.link,
            watchdog: &Watchdog::default(),
            scalings: &Scalings::default(),
            capabilities: &self.capabilities,
            now: now(),
        };
        let log = Rect { y: rows * 2 / 3, height: rows - rows * 2 / 3, ..area };
        draw(&mut canvas, &scene, area, log);
        buffer
    }

    fn text(&self, columns: u16, rows: u16) -> String {
        let buffer = self.buffer(columns, rows);
        let mut out = String::new();
        for y in 0..rows {
            let mut row = String::new();
            let mut x = 0;
            while x < columns {
                let symbol = buffer[(x, y)].symbol();
                row.push_str(symbol);
                x += (unicode_width::UnicodeWidthStr::width(symbol) as u16).max(1);
            }
            out.push_str(row.trim_end());
            out.push('\n');
        }
        out
    }
}

fn tracker(is_signed_in: bool) -> TrackerInfo {
    TrackerInfo {
        repository: Some("netra/broken-shop".into()),
        is_signed_in,
        form: std::sync::Arc::default(),
        kind: crate::action::forge::Kind::default(),
        web: "https://github.com".into(),
    }
}

pub(super) fn confirm(verb: Verb, services: &[&str], with_dependants: bool) -> Popup {
    Popup::Confirm(Confirm {
        verb,
        services: services.iter().map(|s| (*s).into()).collect(),
        dependants: vec!["api".into(), "auth".into(), "worker".into()],
        with_dependants,
        enter_accepts: services.len() == 1 && verb != Verb::Stop,
    })
}

pub(super) fn pick() -> Popup {
    let rows = [("db", true), ("worker", false), ("api", false), ("auth", true), ("web", false)];
    Popup::Pick(Pick { rows: rows.map(|(s, c)| (s.into(), c)).to_vec(), at: 1 })
}

pub(super) fn palette(stage: &Stage, typed: &str) -> Popup {
    let mut palette = Palette::new(&stage.store, Some(&"db".into()), &stage.state.themes);
    palette.edit(|input| input.insert(typed));
    Popup::Palette(palette)
}

pub(super) fn filter(stage: &Stage, typed: &str) -> Popup {
    let mut line = FilterLine::new("", &stage.store);
    line.input = Line::new(typed);
    line.complete(&stage.store);
    Popup::Filter(line)
}

pub(super) fn editor(is_signed_in: bool, lookup: Lookup) -> Editor {
    let body = "\
## [CRITICAL] Database Connection - 412 occurrences in 2 service(s)

**Severity:** critical
**Affected Services:** `db`, `worker`
**First Seen:** 2026-03-01T21:44:21Z

### What It Says

```
FATAL: remaining connection slots are reserved for <*>
```

The database has no free connection.

### Error Samples

`db` at 2026-03-01T21:48:19Z

```text
LOG:  connection received: host=172.18.0.7 port=51822
FATAL:  remaining connection slots are reserved for roles with SUPERUSER
ERROR:  psycopg2.OperationalError: password=[redacted:password:fb4f]
```

### Occurrences

| Service | Occurrences | Last Seen |
|---|---|---|
| `db` | 381 | 21:48:19 |
| `worker` | 31 | 21:48:02 |

### Recommended Actions

- [ ] raise `max_connections` (now 100)
- [ ] cap the pool: `DB_POOL_SIZE` in api

<!-- dogwatch:fp2:7f3a910000000001 -->";
    let draft = IssueDraft {
        fingerprint: Fingerprint(0x7f3a_9100_0000_0001),
        title: "[CRITICAL] Database Connection - 412 occurrences in 2 service(s)".to_owned(),
        body: body.to_owned(),
        labels: ["bug", "severity:critical", "area:database", "dogwatch"].map(str::to_owned).into(),
        masked: 2,
    };
    let mut editor = Editor::new(draft, tracker(is_signed_in));
    editor.lookup = lookup;
    editor
}

pub(super) fn toasts(stage: &mut Stage) {
    for (kind, text) in [
        (NoteKind::Info, "dogwatch watches 8 services of broken-shop"),
        (NoteKind::Good, "Restarted db in 2.1 s; it is healthy"),
        (NoteKind::Bad, "Cannot restart worker: no such container — it was removed"),
        (NoteKind::Warning, "web: 12 lines were lost, the log was rotated while it was read"),
        (NoteKind::Progress, "Restarting api: waiting for it to be healthy"),
    ] {
        stage.state.tell(Note::new(kind, text), None, now());
    }
}

pub(super) fn scenes() -> Vec<(&'static str, Stage)> {
    let mut scenes = vec![
        ("confirm", Stage::with(confirm(Verb::Restart, &["db"], false))),
        ("confirm_dependants", Stage::with(confirm(Verb::Restart, &["db"], true))),
        ("confirm_stop", Stage::with(confirm(Verb::Stop, &["db", "redis"], false))),
        ("pick", Stage::with(pick())),
        ("mute", Stage::with(Popup::Mute(MuteMenu { problems: vec![group().fingerprint], at: 1 }))),
        ("help", Stage::with(Popup::Help(Help::default()))),
        ("why", Stage::with(Popup::Why(group().fingerprint))),
        ("editor", Stage::with(Popup::Editor(Box::new(editor(true, Lookup::None))))),
    ];
    let mut stage = Stage::new();
    stage.state.popup = Some(palette(&stage, "res"));
    scenes.push(("palette", stage));
    let mut stage = Stage::new();
    stage.state.popup = Some(filter(&stage, "refused sev:"));
    scenes.push(("filter", stage));
    let mut stage = Stage::new();
    let names = stage.state.themes.clone();
    stage.state.popup = Some(Popup::Themes(ThemeList { names, at: 7, before: "dark".to_owned() }));
    scenes.push(("themes", stage));
    let mut stage = Stage::with(Popup::Help(Help {
        search: Line::new("mark"),
        is_searching: true,
        ..Help::default()
    }));
    stage.state.focus = Pane::Logs;
    scenes.push(("help_search", stage));
    let url = SafeText::from("https://github.com/netra/broken-shop/issues/214");
    let mut found = editor(
        true,
        Lookup::Found(FiledIssue { number: 214, url, is_open: true, is_declined: false }),
    );
    found.focus(Field::Body);
    found.shows_preview = true;
    scenes.push(("editor_found", Stage::with(Popup::Editor(Box::new(found)))));
    let mut stage = Stage::with(Popup::Messages(0));
    toasts(&mut stage);
    for toast in &mut stage.state.toasts {
        toast.is_shown = false;
    }
    scenes.push(("messages", stage));
    let mut stage = Stage::new();
    toasts(&mut stage);
    scenes.push(("toasts", stage));
    let mut stage = Stage::with(Popup::Away(crate::tui::popup::Away));
    stage.link = Link::Away {
        since: now() - chrono::Duration::seconds(14),
        reason: "connection refused (the socket is there, nobody answers)".into(),
    };
    scenes.push(("away", stage));
    scenes
}

#[test]
fn popups_look_as_they_should() {
    for (name, stage) in scenes() {
        for (columns, rows) in [(80, 24), (120, 40)] {
            insta::assert_snapshot!(format!("{name}_{columns}"), stage.text(columns, rows));
        }
    }
}

#[test]
fn no_size_makes_a_popup_panic() {
    for (name, mut stage) in scenes() {
        for glyphs in [Glyphs::UNICODE, Glyphs::ASCII] {
            stage.glyphs = glyphs;
            for columns in [0, 1, 2, 3, 5, 9, 20, 39, 61, 99, 100, 200] {
                for rows in [0, 1, 2, 3, 5, 7, 16, 60] {
                    let buffer = stage.buffer(columns, rows);
                    assert_eq!(buffer.area, Rect::new(0, 0, columns, rows), "{name}");
                }
            }
        }
    }
}

#[test]
fn nothing_in_a_popup_is_illegible_in_any_theme() {
    use crate::tui::colour::Rgb;
    use ratatui::style::Color;
    let rgb = |colour| match colour {
        Color::Rgb(r, g, b) => Some(Rgb(r, g, b)),
        _ => None,
    };
    for (scene, mut stage) in scenes() {
        for name in Theme::names(None).into_iter().filter(|n| n != "mono") {
            stage.theme = Theme::load(&name, None).unwrap();
            let border = rgb(stage.theme.on(Ground::Panel, Role::Border).fg.unwrap());
            let buffer = stage.buffer(100, 30);
            for cell in &buffer.content {
                let symbol = cell.symbol();
                let (fg, bg) = (rgb(cell.fg), rgb(cell.bg));
                if symbol == " " || symbol == "·" || fg == border {
                    continue;
                }
                let (Some(fg), Some(bg)) = (fg, bg) else {
                    panic!("{scene} {name}: {symbol:?} has no colour: {cell:?}");
                };
                let contrast = fg.contrast(bg);
                assert!(contrast >= 4.4, "{scene} {name}: {symbol:?} {fg} on {bg}: {contrast:.2}");
            }
        }
    }
}

#[test]
fn help_shows_every_key_of_the_table_whole() {
    let mut stage = Stage::with(Popup::Help(Help::default()));
    let mut seen = String::new();
    for scroll in (0..200).step_by(10) {
        stage.state.popup = Some(Popup::Help(Help { scroll, ..Help::default() }));
        seen.push_str(&stage.text(80, 24));
    }
    let words: std::collections::HashSet<&str> = seen.split_whitespace().collect();
    let (keymap, _) = Keymap::new(&Settings::default());
    for scope in crate::tui::keymap::Scope::ALL {
        for binding in keymap.rows(scope).filter(|b| !b.keys.is_empty()) {
            for word in binding.action.description().split_whitespace() {
                assert!(words.contains(word), "{word} of {:?}", binding.action);
            }
        }
    }
    assert!(!seen.contains('…'));
}

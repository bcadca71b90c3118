//! Whole screens over a made-up stack.

mod show;
mod stage;

pub(crate) use self::{
    show::Show,
    stage::{Plan, Stage},
};
use super::{action::Action, message::Message, theme::Theme, update::refresh, view::Glyphs};
use crate::{
    model::{Category, Level, Severity},
    source::Link,
    store::{Limits, Store},
};
use chrono::Duration;

fn shop(columns: u16, rows: u16) -> Show {
    Show::new(Stage::shop(), columns, rows)
}

#[test]
fn the_screens_look_as_they_were_reviewed() {
    for (columns, rows) in [(80, 24), (120, 40), (200, 60), (20, 5)] {
        insta::assert_snapshot!(format!("{columns}x{rows}"), shop(columns, rows).text());
    }
}

#[test]
fn other_panes_look_as_they_were_reviewed() {
    let shows: [(&str, &[Action]); 4] = [
        ("logs", &[Action::FocusLogs, Action::MoveUp, Action::ToggleMark, Action::MoveUp]),
        ("services", &[Action::FocusServices, Action::MoveDown]),
        ("categories", &[Action::FocusCategories]),
        ("full_screen", &[Action::MoveDown, Action::Open]),
    ];
    for (name, actions) in shows {
        let mut show = shop(80, 24);
        for action in actions {
            show.send(Message::Do(*action));
        }
        insta::assert_snapshot!(name, show.text());
    }
}

#[test]
fn a_search_looks_as_it_was_reviewed() {
    let mut show = shop(120, 40);
    show.send(Message::Do(Action::Search));
    show.send(Message::Paste("connect".to_owned()));
    insta::assert_snapshot!("search", show.text());
}

#[test]
fn empty_screens_teach() {
    let mut show = Show::new(Stage::empty(), 80, 24);
    assert!(show.text().contains("Nothing was logged yet"));
    let mut stage = Stage::empty();
    stage.chatter(30);
    let mut show = Show::new(stage, 80, 24);
    show.stage.now += Duration::minutes(8);
    let text = show.text();
    assert!(text.contains("No problems in 8 minutes"), "{text}");
    assert!(text.contains("30 lines read from 5 services, 0 lost, 212 rules loaded"), "{text}");
    show.stage.link = Link::Connecting;
    assert!(show.text().contains("Connecting"));
    let mut show = shop(80, 24);
    show.send(Message::Do(Action::Search));
    assert!(show.text().contains("words look in all services"));
    let mut show = shop(80, 24);
    show.state.filter.set("svc:nowhere").unwrap();
    refresh(&mut show.state, &show.stage.world(), true);
    let text = show.text();
    assert!(text.contains("Nothing meets the filter") && text.contains("11 problems hidden"));
}

#[test]
fn a_lost_connection_is_said_with_its_age_and_keeps_the_data() {
    let mut stage = Stage::shop();
    let since = stage.now - Duration::seconds(14);
    stage.link = Link::Away { since, reason: "connection refused".into() };
    for (columns, word) in [(80, "AWAY 14s"), (120, "NOT REACHABLE 14s")] {
        let mut show = Show::new(Stage { link: stage.link.clone(), ..Stage::shop() }, columns, 40);
        show.state.popup = None;
        let text = show.text();
        assert!(text.contains(word), "{text}");
        assert!(text.contains("?api") || text.contains("? api"), "{text}");
        assert!(text.contains("JWT expired"));
    }
}

#[test]
fn no_size_and_no_key_breaks_the_screen() {
    for (columns, rows) in [
        (1, 1),
        (2, 2),
        (3, 1),
        (1, 9),
        (5, 3),
        (10, 4),
        (20, 5),
        (40, 12),
        (59, 15),
        (60, 16),
        (61, 17),
        (80, 10),
        (99, 19),
        (100, 16),
        (100, 29),
        (160, 45),
        (300, 100),
        (400, 20),
    ] {
        let mut show = shop(columns, rows);
        show.buffer();
        for action in Action::ALL {
            show.send(Message::Do(*action));
            show.buffer();
            if *action != Action::Zoom {
                show.state.popup = None;
            }
        }
    }
}

#[test]
fn the_smallest_terminals_still_tell_the_worst() {
    let text = shop(20, 5).text();
    assert!(text.contains("2C") && text.contains("4E"), "{text}");
    assert!(text.contains("OOMKilled"), "{text}");
    let text = shop(40, 1).text();
    assert!(text.contains("OOMKilled"), "{text}");
}

#[test]
fn hostile_text_never_leaves_its_row() {
    let hostile = [
        "\u{1b}[2J\u{1b}]0;title\u{7}cleared".to_owned(),
        "progress 10%\rprogress 100%".to_owned(),
        "\u{202e}gnp.exe".to_owned(),
        "👩\u{200d}👩\u{200d}👧\u{200d}👦 🇩🇪 1\u{fe0f}\u{20e3} 👍🏽".repeat(20),
        "日本語のログ".repeat(100),
        format!("Z{}", "\u{301}".repeat(5_000)),
        "x".repeat(1_000_000),
        String::new(),
        "<".repeat(500),
        "a\tb\tc".to_owned(),
    ];
    let mut stage = Stage::empty();
    for text in &hostile {
        let record = stage.line("ev\u{1b}[31mil日本", Level::Error, text);
        stage.problem(&Plan {
            at: Some(record),
            template: text,
            ..Plan::new("x", Severity::Error, Category::Other, "evil", &[1], 0)
        });
    }
    for (columns, rows) in [(80, 24), (120, 40), (200, 60), (30, 8)] {
        let mut show = Show::new(
            Stage { store: Store::new(Limits::default()), ..Stage::empty() },
            columns,
            rows,
        );
        std::mem::swap(&mut show.stage, &mut stage);
        for action in [
            Action::ToggleWrap,
            Action::FocusLogs,
            Action::ToggleWrap,
            Action::FocusProblems,
            Action::Open,
        ] {
            show.send(Message::Do(action));
            for _ in 0..12 {
                show.send(Message::Do(Action::MoveDown));
            }
            let buffer = show.buffer();
            let bottom_right = (columns - 1, rows - 2);
            let framed = columns >= 100;
            if framed {
                let corner = buffer[bottom_right].symbol();
                assert!(["╯", "│"].contains(&corner), "{corner:?} at {columns}x{rows}");
            }
            for cell in buffer.content() {
                assert!(!cell.symbol().chars().any(char::is_control));
            }
        }
        std::mem::swap(&mut show.stage, &mut stage);
    }
}

#[test]
fn ascii_is_enough_where_nothing_else_can_be_drawn() {
    let mut stage = Stage::shop();
    stage.link = Link::Live;
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        let mut show = shop(columns, rows);
        show.look.glyphs = Glyphs::ASCII;
        let strange: String = show.text().chars().filter(|c| !c.is_ascii()).collect();
        // Named keys and the sign of a cut are words of their own.
        let strange = strange.replace(['↵', '⇥', '…', '×', '⇧'], "");
        assert_eq!(strange, "", "{columns}x{rows}");
    }
}

#[test]
fn severity_is_told_without_colour() {
    let mut show = shop(120, 40);
    show.look.theme = Theme::mono();
    let text = show.text();
    for word in ["█C", "▌E", "▎W", "2 CRIT", "4 ERR", "+new", "↺reg", "~on"] {
        assert!(text.contains(word), "{word}");
    }
}

#[test]
fn every_theme_draws_every_severity_in_its_own_ink() {
    for name in Theme::names(None) {
        let mut show = shop(120, 40);
        show.look.theme = Theme::load(&name, None).unwrap();
        let buffer = show.buffer();
        let inks: std::collections::HashSet<_> = buffer
            .content()
            .iter()
            .filter(|cell| ["▌", "▎", "█"].contains(&cell.symbol()))
            .map(|cell| format!("{:?}", cell.fg))
            .collect();
        assert!(inks.len() >= 3 || name == "mono", "{name}: {inks:?}");
    }
}

#[test]
fn two_thousand_problems_and_many_lines_stay_quick() {
    let mut stage = Stage::empty();
    for n in 0..2_000 {
        let template = format!("problem number {n} of <n>");
        let severity = Severity::ALL[n % 4];
        stage.problem(&Plan::new(
            &template,
            severity,
            Category::ALL[n % 17],
            "api",
            &[1, 2],
            n as i64,
        ));
    }
    stage.chatter(20_000);
    let mut show = Show::new(stage, 200, 60);
    let start = std::time::Instant::now();
    for _ in 0..20 {
        show.send(Message::Do(Action::MoveDown));
        show.buffer();
    }
    let each = start.elapsed() / 20;
    // Unoptimised code on a busy machine; optimised it is a tenth.
    assert!(each < std::time::Duration::from_millis(400), "{each:?} a frame");
}

#[test]
fn an_unchanged_screen_is_the_same_frame() {
    let mut show = shop(120, 40);
    let before = show.buffer();
    assert_eq!(show.buffer(), before);
}

#[test]
fn what_happened_shortly_before_a_problem_is_said() {
    let mut stage = Stage::empty();
    let restart = stage.system("db", "db: restarted (exit 1), run 2");
    // What was only meant has not happened.
    stage.manager("cache", "watchdog: would act: start: exited with 1");
    stage.chatter(2);
    let record = stage.line("api", Level::Error, "connection refused");
    let fingerprint = stage.problem(&Plan {
        at: Some(record),
        ..Plan::new("connection refused", Severity::Error, Category::Database, "api", &[1], 0)
    });
    stage.store.group_mut(fingerprint).unwrap().first_seen = restart.time + Duration::seconds(20);
    let text = Show::new(stage, 120, 40).text();
    assert!(text.contains("20s after db restarted (exit 1), run 2"), "{text}");
    assert!(text.contains("── db restarted (exit 1), run 2 ──"), "{text}");
}

#[test]
fn gaps_and_losses_are_seen_on_the_first_screen() {
    for (columns, lost) in [(80, " lost 0 "), (120, " lost 0 ")] {
        let text = shop(columns, 40).text();
        let header = text.lines().next().unwrap();
        assert!(header.contains(lost) && !header.contains("gap"), "{header}");
    }
    let mut stage = Stage::shop();
    stage.store.totals_mut().lost = 1_234;
    stage.store.totals_mut().gaps = 2;
    stage.system(
        "api",
        "93 lines lost between 12:00:01.500 and 12:00:03.100 UTC: its log was emptied",
    );
    stage.manager("api", "dogwatch restarted api");
    let mut show = Show::new(stage, 120, 40);
    let text = show.text();
    let header = text.lines().next().unwrap();
    assert!(header.contains("lost 1 234") && header.contains("2 gaps"), "{header}");
    let gap = text.lines().find(|l| l.contains("93 lines lost")).unwrap();
    assert!(gap.contains("━━ api 93 lines lost between 12:00:01.500"), "{gap}");
    assert!(gap.contains("was emptied ━━━━━━━━━━━━"), "{gap}");
    let ours = text.lines().find(|l| l.contains("dogwatch restarted api")).unwrap();
    assert!(ours.contains("·· dogwatch restarted api ··"), "{ours}");
    let buffer = show.buffer();
    let inks: Vec<_> = (0..40)
        .flat_map(|y| (0..120).map(move |x| (x, y)))
        .filter(|at| buffer[*at].symbol() == "━")
        .map(|at| buffer[at].style().fg)
        .collect();
    let warn = show.look.theme.style(super::theme::Role::Warn).fg;
    assert!(inks.len() > 20 && inks.iter().all(|ink| *ink == warn));
}

#[test]
fn a_disk_that_refuses_is_said_in_the_header() {
    for (columns, words) in [(80, "not kept"), (120, "log store paused: no space left on the disk")]
    {
        let mut show = shop(columns, 30);
        show.stage.record.paused = Some("log store paused: no space left on the disk".into());
        let text = show.text();
        assert!(text.lines().next().unwrap().contains(words), "{text}");
    }
}

#[test]
fn a_log_that_rotates_lines_away_is_marked_and_says_what_helps() {
    let mut stage = Stage::shop();
    let mut web = stage.store.service(&"web".into()).unwrap().containers[0].clone();
    web.log.max_size = Some(1 << 20);
    web.log.max_file = 2;
    stage.store.put_container(web);
    let mut show = Show::new(stage, 200, 60);
    let text = show.text();
    assert!(text.contains("●!web") && !text.contains("raise max-size"), "{text}");
    show.send(Message::Click(super::message::Target::Service("web".into())));
    assert!(show.text().contains("! web: Docker keeps only 1 MB of its log"));
    show.send(Message::Do(Action::Messages));
    assert_eq!(show.text().matches("web: Docker keeps only 1 MB").count(), 2);
}

#[test]
fn the_lines_around_a_problem_fill_the_pane_until_the_user_says_how_many() {
    let mut show = shop(200, 60);
    show.send(Message::Do(Action::MoveDown));
    show.send(Message::Do(Action::Open));
    let filled = |show: &mut Show| {
        let text = show.text();
        text.lines().filter(|l| l.contains("│INFO") || l.contains("│WARN")).count()
    };
    assert!(filled(&mut show) > 30, "{}", show.text());
    for _ in 0..40 {
        show.send(Message::Do(Action::LessContext));
    }
    assert!(show.text().contains("+ - 0 lines around"));
    let few = filled(&mut show);
    for _ in 0..10 {
        show.send(Message::Do(Action::MoreContext));
    }
    assert!(show.text().contains("+ - 20 lines around"));
    assert!(filled(&mut show) > few);
}

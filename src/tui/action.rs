//! Everything a user can ask for by a key, the palette or a click, by name.
//!
//! Names are what the config file remaps; descriptions feed the help and the palette, labels the hint row.

macro_rules! actions {
    ($($variant:ident $name:literal $label:literal $description:literal;)*) => {
        /// One thing a user can ask for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) enum Action { $(#[doc = $description] $variant,)* }

        impl Action {
            /// All, in the order of the help.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in the config file.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// One or two words for the hint row.
            pub(crate) const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }

            /// A short sentence without a full stop, for help and palette.
            pub(crate) const fn description(self) -> &'static str {
                match self { $(Self::$variant => $description,)* }
            }

            /// The action of a name.
            pub(crate) fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

actions! {
    Open "open" "open" "Open the problem full screen";
    Restart "restart" "restart" "Restart the service";
    RestartWhich "restart_which" "restart which" "Restart chosen services, with dependants";
    ToggleFixed "toggle_fixed" "mark fixed" "Mark fixed, or reopen";
    Acknowledge "acknowledge" "acknowledge" "Acknowledge: known, not new";
    Mute "mute" "mute" "Mute until something happens";
    FileIssue "file_issue" "file issue" "File a GitHub issue, or open the filed one";
    OpenFile "open_file" "open file" "Open the file of the trace in $EDITOR, at its line";
    HandOff "hand_off" "hand off" "Copy all that is known of the problem, for whoever is to repair it";
    Merge "merge" "merge marked" "Merge the marked problems into the selected one";
    Split "split" "split" "Split a message off the problem";
    UndoTriage "undo_triage" "undo" "Undo the last triage";
    NextOccurrence "next_occurrence" "next" "Next occurrence";
    PreviousOccurrence "previous_occurrence" "previous" "Previous occurrence";
    SelectWorst "select_worst" "worst" "Select the worst problem";
    SelectNewest "select_newest" "newest" "Select the newest problem";
    MoreContext "more_context" "more context" "More context lines";
    LessContext "less_context" "less context" "Fewer context lines";
    CycleSort "cycle_sort" "sort" "Sort by severity, newest or count";
    CycleGroupBy "cycle_group_by" "group by" "Group by severity, category, service or not at all";
    ToggleFold "toggle_fold" "fold" "Fold or unfold the heading, or the trace of the problem";
    Fold "fold" "fold" "Fold the heading";
    Unfold "unfold" "unfold" "Unfold the heading";
    Why "why" "why" "Why is this a problem, of this category, in this group";
    CopyLine "copy_line" "copy" "Copy the line";
    CopyMarkdown "copy_markdown" "copy markdown" "Copy as Markdown with context";
    SaveView "save_view" "save" "Save the shown lines to a file";
    TogglePause "toggle_pause" "pause" "Pause and follow the log";
    Follow "follow" "follow" "Follow the newest line";
    NextProblemLine "next_problem_line" "next error" "Next line that belongs to a problem";
    PreviousProblemLine "previous_problem_line" "previous error" "Previous line that belongs to a problem";
    ToggleWrap "toggle_wrap" "wrap" "Wrap long lines";
    CycleTimestamps "cycle_timestamps" "time" "Timestamps: off, time, relative";
    ToggleJson "toggle_json" "pretty JSON" "Show JSON lines as they are, or as message and fields";
    ScrollLeft "scroll_left" "left" "Scroll to the left";
    ScrollRight "scroll_right" "right" "Scroll to the right";
    ToggleMark "toggle_mark" "mark" "Mark the line, or the problem";
    NextMark "next_mark" "next mark" "Go to the next mark";
    ClearView "clear_view" "only new" "Show only what is new from now on";
    SelectLines "select_lines" "select lines" "Begin or end a selection of lines";
    ShowOnly "show_only" "only this" "Show only this service or category";
    ShowAll "show_all" "all" "Show everything again";
    Stop "stop" "stop" "Stop the service";
    Start "start" "start" "Start the service";
    Up "up" "up" "Bring the whole project up";
    Down "down" "down" "Take the whole project down";
    Bulk "bulk" "bulk" "Do something to several services";
    OwnCommands "own_commands" "commands" "Your own commands for the service";
    Shell "shell" "shell" "A shell in the container";
    PreviousRun "previous_run" "previous run" "The log of the run before the last start";
    Watchdog "watchdog" "watchdog" "The watchdog: hold it, let it act, repair now";
    MoveUp "move_up" "up" "One line up";
    MoveDown "move_down" "down" "One line down";
    PageUp "page_up" "page up" "One page up";
    PageDown "page_down" "page down" "One page down";
    HalfPageUp "half_page_up" "half page up" "Half a page up";
    HalfPageDown "half_page_down" "half page down" "Half a page down";
    GoTop "go_top" "top" "To the top";
    GoBottom "go_bottom" "bottom" "To the bottom";
    Search "search" "search" "Search all services";
    NextHit "next_hit" "next hit" "Next hit of the search";
    PreviousHit "previous_hit" "previous hit" "Previous hit of the search";
    KeepAsFilter "keep_as_filter" "keep as filter" "Turn the search into a filter";
    Filter "filter" "filter" "Filter: svc: level: cat: sev: state: text, /regex/, leading ! excludes";
    SinceVisit "since_visit" "new" "Only what is new since your last visit, or everything again";
    CycleMinimum "cycle_minimum" "severity" "Minimum severity: all, warning, error, critical";
    NextPane "next_pane" "pane" "Next pane";
    PreviousPane "previous_pane" "previous pane" "Previous pane";
    FocusServices "focus_services" "services" "Go to the services";
    FocusProblems "focus_problems" "problems" "Go to the problems";
    FocusDetail "focus_detail" "detail" "Go to the detail";
    FocusLogs "focus_logs" "logs" "Go to the logs";
    FocusCategories "focus_categories" "categories" "Go to the categories";
    Zoom "zoom" "zoom" "Zoom the pane";
    Theme "theme" "theme" "Choose a theme";
    ToggleMouse "toggle_mouse" "mouse" "Mouse on and off";
    Messages "messages" "messages" "All messages of this run";
    Palette "palette" "commands" "Every action, service, problem and theme";
    Help "help" "help" "The keys of this pane and all others";
    Redraw "redraw" "redraw" "Draw the screen anew";
    Suspend "suspend" "suspend" "Put dogwatch into the background";
    Back "back" "back" "Unwind one step: popup, search, filter, zoom";
    BackOrQuit "back_or_quit" "quit" "Unwind one step, and quit at the root";
    Quit "quit" "quit" "Quit";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_read_back() {
        let names: HashSet<_> = Action::ALL.iter().map(|a| a.name()).collect();
        assert_eq!(names.len(), Action::ALL.len());
        for action in Action::ALL {
            assert_eq!(Action::from_name(action.name()), Some(*action));
            assert!(!action.description().ends_with('.'));
        }
    }
}

//! The tools: their names, what they tell of themselves, what they take; one entry each.

use super::{logs, problems, services, verify};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use schemars::JsonSchema;
use std::sync::Arc;

/// The tools; those that change a service only where `is_acting`.
pub(super) fn all(is_acting: bool) -> Vec<Tool> {
    let reading = || ToolAnnotations::new().read_only(true).open_world(false);
    let marking = || {
        ToolAnnotations::new()
            .read_only(false)
            .destructive(false)
            .idempotent(true)
            .open_world(false)
    };
    let mut tools = vec![
        tool::<problems::Next>(
            "next_problem",
            "The problem to fix first with all that is known: what, where, since when, lines of all services around it, \
             frames, its Compose definition, what changed (deploys, restarts, files, commits), what was tried, what helped \
             with problems like it.",
            reading(),
        ),
        tool::<problems::Wanted>(
            "list_problems",
            "What is wrong in the Docker Compose stack: equal errors are one problem with a stable id. The worst first.",
            reading(),
        ),
        tool::<problems::Named>(
            "read_problem",
            "One problem whole: what it means, what to try, its newest occurrences with their stack traces.",
            reading(),
        ),
        tool::<problems::Around>(
            "problem_context",
            "Log lines of all services around the newest occurrence of a problem, in order of time.",
            reading(),
        ),
        tool::<logs::Search>(
            "search_logs",
            "The newest log lines that are wanted, oldest first, over all services.",
            reading(),
        ),
        tool::<services::Nothing>(
            "list_services",
            "Services of the stack: state, health, restarts, what they need, how many problems they have.",
            reading(),
        ),
        tool::<services::Nothing>(
            "plan",
            "In which order to fix the open problems: the worst first, and of equals what other services need.",
            reading(),
        ),
        tool::<verify::Verification>(
            "verify_problem",
            "Watches the logs for a while and says whether a fix helped: fixed, still_there, came_back or not_running; \
             and which problems are new. Believe it rather than the fix.",
            reading(),
        ),
        tool::<problems::Marked>(
            "mark_problem",
            "Marks a problem fixed, acknowledged, muted or open again. Changes no service.",
            marking(),
        ),
    ];
    if is_acting {
        tools.push(tool::<services::Chosen>(
            RESTART,
            "Restarts all containers of one service and waits until it is healthy. It is written into the audit log.",
            ToolAnnotations::new().read_only(false).destructive(true).open_world(false),
        ));
    }
    tools
}

/// The tool that changes a service.
pub(super) const RESTART: &str = "restart_service";

fn tool<T: JsonSchema>(
    name: &'static str,
    description: &'static str,
    annotations: ToolAnnotations,
) -> Tool {
    let schema: JsonObject = schemars::schema_for!(T).as_object().cloned().unwrap_or_default();
    Tool::new(name, description, Arc::new(schema)).with_annotations(annotations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_says_what_it_takes_and_what_it_does() {
        for tool in all(true) {
            let schema = tool.schema_as_json_value();
            assert_eq!(schema["type"], "object", "{}", tool.name);
            assert_eq!(schema["additionalProperties"], false, "{}", tool.name);
            let fields = schema["properties"].as_object().cloned().unwrap_or_default();
            for (name, field) in fields {
                assert!(field["description"].is_string(), "{}: {name}", tool.name);
            }
            let notes = tool.annotations.unwrap();
            let is_acting = notes.is_destructive() && notes.read_only_hint != Some(true);
            assert_eq!(is_acting, tool.name == RESTART, "{}", tool.name);
        }
        assert!(all(false).iter().all(|tool| tool.name != RESTART));
    }
}

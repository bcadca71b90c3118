//! Traces of several languages.

use super::*;

fn last(text: &str) -> Option<&str> {
    exceptions(text.lines()).pop()
}

#[test]
fn finds_the_root_in_every_language() {
    for (text, want) in [
        (
            "Traceback (most recent call last):\n  File \"a.py\", line 1\n    x\nKeyError: 'X'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"b.py\", line 1\nredis.exceptions.ConnectionError: gone",
            "redis.exceptions.ConnectionError: gone",
        ),
        (
            "Traceback (most recent call last):\n  File \"a.py\", line 1\nbilliard.einfo.ExceptionWithTraceback: \n\"\"\"\nTraceback (most recent call last):\n  File \"a.py\", line 1\nZeroDivisionError: division by zero\n\"\"\"",
            "ZeroDivisionError: division by zero",
        ),
        (
            "Traceback (most recent call last):\n  File \"a.py\", line 1\npsycopg2.errors.UniqueViolation: duplicate key",
            "psycopg2.errors.UniqueViolation: duplicate key",
        ),
        (
            "java.lang.IllegalStateException: outer\n\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: inner\n\t... 3 more",
            "java.io.IOException: inner",
        ),
        (
            "Unhandled exception. System.InvalidOperationException: outer\n ---> Npgsql.NpgsqlException: inner\n   at A.B() in /a.cs:line 3",
            "Npgsql.NpgsqlException: inner",
        ),
        (
            "E, [12:00 #7] ERROR -- : job\nActiveRecord::RecordNotFound: no cart 7\n/app/cart.rb:3:in 'load'",
            "ActiveRecord::RecordNotFound: no cart 7",
        ),
        (
            "12:00 [error] GenServer x\n** (exit) it was raised:\n    ** (RuntimeError) cart is gone",
            "** (RuntimeError) cart is gone",
        ),
        (
            "node:internal/fs:1\n    throw err;\n    ^\n\nError: ENOENT: no such file",
            "Error: ENOENT: no such file",
        ),
    ] {
        assert_eq!(last(text), Some(want), "{text}");
    }
}

#[test]
fn what_stands_over_the_first_frame_was_thrown() {
    let lines = ["starting up", "    at parse (/app/pg.js:1:2)", "ready"];
    assert_eq!(above_frames(lines.into_iter()), Some("starting up"));
    assert_eq!(above_frames(["starting up", "ready"].into_iter()), None);
}

#[test]
fn the_class_is_told_from_its_message() {
    for (text, want) in [
        ("java.io.IOException: gone", Some("java.io.IOException")),
        ("** (Ecto.NoResultsError) expected one", Some("Ecto.NoResultsError")),
        ("** (exit) time out", None),
    ] {
        assert_eq!(exception_type(text), want, "{text}");
    }
}

#[test]
fn plain_words_are_no_exceptions() {
    for text in
        ["an Error occurred", "  at Error.captureStackTrace (x)", "errors: 3", "", "Processing"]
    {
        assert_eq!(last(text), None, "{text}");
    }
}

#[test]
fn the_message_below_the_name_of_a_class_is_told() {
    let text = "   Illuminate\\Database\\QueryException \n\n  Connection refused\n\n  at a.php:1";
    assert_eq!(last(text), Some("Connection refused"));
}

#[test]
fn a_few_plain_words_name_nothing() {
    for head in ["Application run failed", "Unexpected error.", "Uncaught exception"] {
        assert!(names_nothing(head), "{head}");
    }
    for head in ["", "Payment of order 7 failed", "RedisError", "login of Ann failed"] {
        assert!(!names_nothing(head), "{head}");
    }
}

#[test]
fn only_heads_that_announce_are_continued() {
    assert_eq!(continuation("it happened:", ["  this"].into_iter()), Some("this"));
    assert_eq!(continuation("it happened", ["this"].into_iter()), None);
    assert_eq!(continuation("it happened:", ["    at x (y)"].into_iter()), None);
    assert_eq!(continuation("it happened:", std::iter::empty()), None);
}

//! The terminal face: what is drawn, and what keys do. The only place that names ratatui and crossterm.

pub mod colour;
pub mod theme;

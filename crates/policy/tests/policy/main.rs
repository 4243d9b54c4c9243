//! What the policy promises, asked through its public face.

mod access;
mod allocation;
mod blocking;
mod calendar;
mod conduct;
mod expectations;
mod faults;
mod floor;
mod ladder;
mod modes;
mod paths;
mod school;
mod sentences;
mod trace;
mod views;

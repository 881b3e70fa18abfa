//! The happens-before engine.
#![no_std]

//! Tests of the code that is made.

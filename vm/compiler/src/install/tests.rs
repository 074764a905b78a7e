//! Tests of methods as objects.

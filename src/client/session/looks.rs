//! How often an item of a list is looked at before its token is told.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    /// At its token and then at all of it, as the server may be counting with its value.
    Two,
    /// Once, until a value comes that could be counted with.
    One,
}

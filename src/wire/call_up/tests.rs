//! Leaves under a root, and every way in which a leaf is not what it seems.


//! The acts: one act is one write transaction (load, decide, save, journal).

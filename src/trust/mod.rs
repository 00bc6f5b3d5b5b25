//! The journal chain, receipts and signature verdicts.

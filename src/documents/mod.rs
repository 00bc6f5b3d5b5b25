//! Results as printable documents, bilingual in Kazakh and Russian.

pub mod paper;

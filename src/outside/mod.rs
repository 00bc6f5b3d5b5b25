//! All that calls out of the process: ports and their clients.

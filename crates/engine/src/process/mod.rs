//! An engine as processes: started, watched, stopped, and never left behind.

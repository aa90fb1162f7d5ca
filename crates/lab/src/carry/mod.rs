//! Carries a plan out: block by block, arm by arm, scenario by scenario.

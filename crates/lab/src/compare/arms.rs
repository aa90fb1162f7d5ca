//! Which arm of a run is compared with which of the reference.

use tokenometer_core::Mistake;

use super::side::{ArmRead, RunRead};

/// The pairs of arms, the reference's first: the arms that were named, else the only ones,
/// else those of the same name.
pub(super) fn pairs<'a>(
    reference: &'a RunRead,
    other: &'a RunRead,
) -> Result<Vec<[&'a ArmRead; 2]>, Mistake> {
    let chosen = (chosen(reference), chosen(other));
    match chosen {
        (Some(one), Some(two)) if reference.is(other) && one.name == two.name => {
            let cure = format!("name two arms of it: it holds {}", reference.choices());
            Err(Mistake::new(&other.named, "it would be compared with itself", cure))
        }
        (Some(one), Some(two)) => Ok(vec![[one, two]]),
        (Some(one), None) => namesake(one, other).map(|two| vec![[one, two]]),
        (None, Some(two)) => namesake(two, reference).map(|one| vec![[one, two]]),
        (None, None) if reference.is(other) => {
            let cure = format!("name two arms of it: it holds {}", reference.choices());
            Err(Mistake::new(&other.named, "it would be compared with itself", cure))
        }
        (None, None) => shared(reference, other),
    }
}

/// The arm that was named, or the only one.
fn chosen(run: &RunRead) -> Option<&ArmRead> {
    match (&run.arm, run.arms.as_slice()) {
        (Some(name), _) => run.arm_of(name),
        (None, [only]) => Some(only),
        (None, _) => None,
    }
}

/// The arm of the same name in the other run.
fn namesake<'a>(arm: &ArmRead, other: &'a RunRead) -> Result<&'a ArmRead, Mistake> {
    other.arm_of(&arm.name).ok_or_else(|| {
        let problem = format!("it has several arms, and none is called {}", arm.name);
        Mistake::new(&other.named, problem, format!("say which: {}", other.choices()))
    })
}

/// Every arm that both have.
fn shared<'a>(
    reference: &'a RunRead,
    other: &'a RunRead,
) -> Result<Vec<[&'a ArmRead; 2]>, Mistake> {
    let both = reference.arms.iter().filter_map(|one| Some([one, other.arm_of(&one.name)?]));
    let both: Vec<[&ArmRead; 2]> = both.collect();
    if both.is_empty() {
        let problem = format!("no arm has the name of one in {}", reference.named);
        let cure = format!("say which: {} against {}", other.choices(), reference.choices());
        return Err(Mistake::new(&other.named, problem, cure));
    }
    Ok(both)
}

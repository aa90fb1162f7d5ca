//! A pair of arms for every field, that differ in it alone.

use tokenometer_verdict::comparability::{
    Declared, FIELDS, Facts, Field, Likeness, Refusal, Rules, Tier, Track, compare,
    idle_declarations,
};

/// An arm of which everything is known.
fn arm() -> Facts {
    let mut facts = Facts::default();
    for field in FIELDS {
        match field.likeness {
            Likeness::Exact => facts.word(field.name, Some("as it was")),
            Likeness::Within(_) => facts.number(field.name, Some(100_000.0)),
        };
    }
    facts
}

/// The same arm, but for one field.
fn but_for(field: &Field) -> Facts {
    let mut facts = arm();
    match field.likeness {
        Likeness::Exact => facts.word(field.name, Some("otherwise")),
        Likeness::Within(_) => facts.number(field.name, Some(94_000.0)),
    };
    facts
}

fn declaring(names: &[&str]) -> Rules {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Rules { differs: Declared::These(names), ..Rules::default() }
}

#[test]
fn arms_that_are_alike_are_comparable() {
    let seen = compare(&arm(), &arm(), &Rules::default());
    assert!(seen.is_given() && seen.unknown.is_empty() && seen.strategy.is_empty());
}

#[test]
fn what_nothing_may_be_ranked_with_is_refused_though_both_have_it() {
    let mut unfit = arm();
    unfit.unfit("dummy-weights", "they decide how much work there is");
    let all = Rules { differs: Declared::All, ..Rules::default() };
    for (one, other) in [(&unfit, &unfit), (&unfit, &arm()), (&arm(), &unfit)] {
        let seen = compare(one, other, &all);
        let refusals: Vec<String> = seen.refusals.iter().map(Refusal::to_string).collect();
        assert_eq!(refusals, ["dummy-weights: they decide how much work there is"]);
        assert!(!seen.is_given());
    }
}

#[test]
fn a_field_is_refused_declared_or_printed_as_its_tier_says() {
    for field in FIELDS {
        let seen = |rules: &Rules| compare(&but_for(field), &arm(), rules);
        let plain = seen(&Rules::default());
        let declared = seen(&declaring(&[field.name]));
        let all = seen(&Rules { differs: Declared::All, ..Rules::default() });
        let matched = seen(&Rules { track: Track::Matched, ..Rules::default() });
        let refuses = |seen: &tokenometer_verdict::comparability::Comparability| {
            let fields: Vec<&str> =
                seen.refusals.iter().map(|refusal| refusal.field().name).collect();
            fields == [field.name]
        };
        match field.tier {
            Tier::Identity => {
                assert!(refuses(&plain) && refuses(&declared) && refuses(&all), "{}", field.name);
            }
            Tier::Budget => {
                assert!(refuses(&plain), "{}", field.name);
                assert!(declared.is_given() && declared.has_declared(field.name));
                assert!(all.is_given() && all.has_declared(field.name));
                assert!(plain.refusals[0].cure().contains(&format!("differs: [{}]", field.name)));
            }
            Tier::Strategy => {
                assert!(plain.is_given() && plain.strategy.len() == 1, "{}", field.name);
                assert!(refuses(&matched), "{}", field.name);
            }
        }
    }
}

#[test]
fn a_refusal_names_the_field_and_both_sides() {
    let field = tokenometer_verdict::comparability::field("precision").unwrap();
    let seen = compare(&but_for(field), &arm(), &Rules::default());
    assert_eq!(seen.refusals[0].to_string(), "precision: otherwise against as it was");
}

#[test]
fn nearly_the_same_capacity_is_the_same() {
    let with = |tokens: f64| {
        let mut facts = arm();
        facts.number("kv-capacity", Some(tokens));
        facts
    };
    assert!(compare(&with(96_000.0), &with(100_000.0), &Rules::default()).is_given());
    assert!(!compare(&with(94_000.0), &with(100_000.0), &Rules::default()).is_given());
}

#[test]
fn what_is_not_known_is_said_and_refuses_only_the_strict() {
    let mut facts = Facts::default();
    facts.word("workload", Some("as it was"));
    let seen = compare(&facts, &arm(), &Rules::default());
    assert!(seen.is_given());
    assert_eq!(seen.unknown.len(), FIELDS.len() - 1);
    let strict = Rules { strict: true, ..Rules::default() };
    let seen = compare(&facts, &arm(), &strict);
    let free = FIELDS.iter().filter(|field| field.tier == Tier::Strategy).count();
    assert_eq!(seen.refusals.len(), FIELDS.len() - 1 - free);
    assert!(seen.refusals.iter().all(|refusal| matches!(refusal, Refusal::Unknown(_))));
}

#[test]
fn what_is_declared_and_not_found_is_a_mistake() {
    let rules = declaring(&["precision", "gpu"]);
    let precision = tokenometer_verdict::comparability::field("precision").unwrap();
    let seen = [compare(&but_for(precision), &arm(), &rules), compare(&arm(), &arm(), &rules)];
    assert_eq!(idle_declarations(&rules, &seen), ["gpu"]);
    // What can't be looked at isn't known to be the same.
    let blind = [compare(&Facts::default(), &arm(), &rules)];
    assert_eq!(idle_declarations(&rules, &blind), Vec::<&str>::new());
}

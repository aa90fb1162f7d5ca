//! Runs beside one another as a page.

use tokenometer_core::verdict::FieldDifference;

use super::{
    Check, Compared, FigurePair, Finding, How, LimitSeen, PairSeen, ScenarioPair, SideSeen,
};
use crate::Style;
use crate::console::load_words;
use crate::date::utc;
use crate::number::short;
use crate::page::{Page, Row, printable};

/// What stands where there is nothing.
const ABSENT: &str = "–";

/// Runs beside one another as a page.
pub fn compare(compared: &Compared, style: Style) -> String {
    let mut page = Page::new(style);
    page.line(&format!("{}  {}", style.bold("comparison"), style.dim(&compared.tool)));
    for seen in &compared.pairs {
        pair(&mut page, seen);
    }
    if let Some(seen) = &compared.limit {
        limit(&mut page, seen);
    }
    foot(&mut page, compared);
    page.into_text()
}

fn pair(page: &mut Page, seen: &PairSeen) {
    let names = [&seen.compared.name, &seen.reference.name].map(|name| printable(name));
    page.heading(&format!("{} against {}", names[0], names[1]), "");
    page.banner(match seen.how {
        How::Observational => {
            "OBSERVATIONAL: not randomised. These runs were not one study, so whatever else lay \
             between them (the time, the state of the machine, other work) is in each change, \
             and in no interval."
        }
        How::OneStudy => {
            "ONE STUDY has measured both, block by block: its own verdict is the better answer. \
             Each interval here stands as if there were no other."
        }
        How::NumbersOnly => {
            "NUMBERS ONLY: a result file of another tool has one value and no blocks, so nothing \
             says how far it would vary."
        }
    });
    if seen.could_end_early {
        page.banner(
            "It could end after each block, and no interval here allows for that: take its verdict.",
        );
    }
    if seen.reference.simulated || seen.compared.simulated {
        page.banner("SIMULATED: what was simulated says nothing about any real engine.");
    }
    page.line("");
    page.fact("Reference", &side(&seen.reference));
    page.fact("Compared", &side(&seen.compared));
    let mut label = "Its verdict";
    for sentence in &seen.study_says {
        page.fact(std::mem::take(&mut label), &printable(sentence));
    }
    for one in &seen.scenarios {
        scenario(page, one);
    }
    beside(page, seen);
}

fn side(side: &SideSeen) -> String {
    let began = side.began_ns.map(|began| format!(" · begun {}", utc(began))).unwrap_or_default();
    format!("{} · {}{began}", printable(&side.name), printable(&side.what))
}

fn scenario(page: &mut Page, seen: &ScenarioPair) {
    let sent = seen.load.as_ref().map(load_words).or_else(|| seen.asked.clone());
    let name = match seen.name == seen.compared_name {
        true => printable(&seen.name),
        false => format!("{} ({})", printable(&seen.name), printable(&seen.compared_name)),
    };
    page.heading(&name, &printable(&sent.unwrap_or_default()));
    for refusal in &seen.refusals {
        let mark = page.style.bad("✗");
        page.item(&mark, &format!("not comparable, because {}", printable(refusal)));
    }
    if seen.figures.is_empty() {
        page.aside("No trial counts on either side.");
    } else {
        let header = ["", "reference", "compared", "change", "95 % interval", "blocks"];
        let rows: Vec<Row> = seen.figures.iter().map(|figure| row(page, figure)).collect();
        page.table(&header, &rows);
        page.footnotes();
    }
    let mut label = "Left out";
    for why in &seen.left_out {
        page.fact(std::mem::take(&mut label), &printable(why));
    }
    differences(page, "Differ in", &seen.budget);
    differences(page, "Strategy", &seen.strategy);
}

fn row(page: &mut Page, figure: &FigurePair) -> Row {
    let mark = match figure.notes.is_empty() {
        true => String::new(),
        false => page.mark(&figure.notes.join("; ")),
    };
    let value = |mean: Option<f64>| match mean {
        Some(mean) if figure.in_points => format!("{:.1} %", 100.0 * mean),
        Some(mean) => short(mean),
        None => ABSENT.to_owned(),
    };
    let change = figure.effect.map(|effect| shown(figure, effect));
    let interval = figure.interval.map(|ends| {
        let [low, high] = ends.map(|end| signed(in_hundredths(figure, end)));
        format!("{low} to {high}")
    });
    let (left, right) = (figure.reference.len(), figure.compared.len());
    let blocks = if left == right { left.to_string() } else { format!("{left} and {right}") };
    let title = match figure.unit.as_str() {
        "ms" => format!("{} ms", figure.title),
        // A sentence would leave the table no room.
        _ if figure.in_points => figure.metric.clone(),
        _ => figure.title.clone(),
    };
    Row::Main(vec![
        format!("{title}{mark}"),
        value(figure.reference_mean),
        value(figure.compared_mean),
        change.unwrap_or_else(|| ABSENT.to_owned()),
        interval.unwrap_or_else(|| ABSENT.to_owned()),
        blocks,
    ])
}

/// An effect with its unit: `+5.4 %`, `-1.2 points`.
fn shown(figure: &FigurePair, effect: f64) -> String {
    let unit = if figure.in_points { "points" } else { "%" };
    format!("{} {unit}", signed(in_hundredths(figure, effect)))
}

/// An effect in per cent, or in points.
fn in_hundredths(figure: &FigurePair, effect: f64) -> f64 {
    100.0 * if figure.in_points { effect } else { effect - 1.0 }
}

/// A number to about three digits, with its sign.
fn signed(value: f64) -> String {
    // By its size when it is rounded: what is just below 10 is shown as 10.
    let places = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:+.places$}");
    // What rounds to nothing has no direction.
    if text.contains(|c: char| ('1'..='9').contains(&c)) {
        text
    } else {
        text.trim_start_matches(['+', '-']).to_owned()
    }
}

fn differences(page: &mut Page, label: &str, fields: &[FieldDifference]) {
    let mut label = label;
    for field in fields {
        let FieldDifference { field, arm, reference } = field;
        let told = format!("{field}: {arm}, reference {reference}");
        page.fact(std::mem::take(&mut label), &printable(&told));
    }
}

/// What belongs to a pair, and to none of its scenarios.
fn beside(page: &mut Page, seen: &PairSeen) {
    let alone = [("reference", &seen.only_reference), ("compared", &seen.only_compared)];
    for (side, names) in alone.into_iter().filter(|(_, names)| !names.is_empty()) {
        page.heading(&format!("Only of the {side}"), "nothing on the other side was sent alike");
        for name in names {
            page.item("·", &printable(name));
        }
    }
    let mut unknown: Vec<&str> = Vec::new();
    for field in seen.scenarios.iter().flat_map(|scenario| &scenario.unknown) {
        if !unknown.contains(&field.as_str()) {
            unknown.push(field);
        }
    }
    if !unknown.is_empty() {
        page.heading("Not known of both", "may be the same, or not");
        page.aside(&unknown.join(", "));
    }
    if !seen.definitions.is_empty() {
        page.heading("Defined otherwise", "the same word, and not the same thing");
        for one in &seen.definitions {
            page.item("·", &format!("{}, reference: {}", one.what, one.reference));
            page.below_item(&format!("{}, compared: {}", one.what, one.compared));
        }
    }
    if !seen.unchecked.is_empty() {
        page.heading("Can't be checked", "since a result file doesn't hold it");
        for what in &seen.unchecked {
            page.item("·", what);
        }
    }
}

fn limit(page: &mut Page, seen: &LimitSeen) {
    let times = plain(1.0 / seen.miss);
    let note = match (seen.checks.len(), seen.checks.iter().any(|check| check.interval.is_some())) {
        (_, false) => String::new(),
        (1, true) => format!("one check, which errs once in {times} times"),
        (count, true) => format!("{count} checks, which together err once in {times} times"),
    };
    page.heading(&format!("Limit of {} %", plain(100.0 * seen.limit)), &note);
    let header = ["", "loss", "interval", "limit"];
    let rows: Vec<Row> = seen.checks.iter().map(|check| check_row(page, check)).collect();
    page.table(&header, &rows);
    page.footnotes();
    page.aside("A loss is how far a metric lies on the wrong side of the reference's.");
    let is_sure =
        seen.checks.iter().all(|check| check.finding != seen.finding || check.interval.is_some());
    let (mark, words) = match seen.finding {
        Finding::Beyond if is_sure => (page.style.bad("✗"), "the limit is surely crossed"),
        Finding::Beyond => {
            (page.style.bad("✗"), "the limit is crossed by plain numbers; nothing says how sure")
        }
        Finding::Within if is_sure => (page.style.good("✓"), "the limit is surely kept"),
        Finding::Within => {
            (page.style.good("✓"), "the limit is kept by plain numbers; nothing says how sure")
        }
        Finding::Open => {
            (page.style.doubtful("?"), "whether the limit is kept can't be said from this")
        }
    };
    page.line("");
    page.item(&mark, words);
}

fn check_row(page: &mut Page, check: &Check) -> Row {
    let mark = check.why.as_ref().map(|why| page.mark(why)).unwrap_or_default();
    let metric = check.metric.as_deref().unwrap_or("all metrics");
    let name = format!("{}, {}: {metric}{mark}", check.compared, check.scenario);
    let percent = |loss: f64| signed(100.0 * loss);
    let finding = match check.finding {
        Finding::Beyond => "crossed",
        Finding::Within => "kept",
        Finding::Open => "can't be said",
    };
    Row::Main(vec![
        printable(&name),
        check.loss.map_or(ABSENT.to_owned(), |loss| format!("{} %", percent(loss))),
        check.interval.map_or(ABSENT.to_owned(), |[low, high]| {
            format!("{} to {}", percent(low), percent(high))
        }),
        finding.to_owned(),
    ])
}

/// A number without needless zeros.
fn plain(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn foot(page: &mut Page, compared: &Compared) {
    let has = |how: How| compared.pairs.iter().any(|pair| pair.how == how);
    page.line("");
    page.aside(
        "Each figure is the geometric mean over the blocks that count, so that the change is the \
         ratio of two of them; shares are plain means. These are numbers, and no verdict.",
    );
    if has(How::Observational) || has(How::NumbersOnly) {
        page.aside(
            "To know which is which, measure both as arms of one study: tokenometer run STUDY.yaml.",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_has_a_sign_and_about_three_digits() {
        for (value, text) in [
            (5.432, "+5.43"),
            (-12.34, "-12.3"),
            (9.999, "+10.0"),
            (250.4, "+250"),
            (0.001, "0.00"),
            (-0.004, "0.00"),
        ] {
            assert_eq!(signed(value), text);
        }
        assert_eq!([3.0, 2.5, 20.0].map(plain), ["3", "2.5", "20"]);
    }
}

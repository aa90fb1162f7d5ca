//! The tables of `docs/simulator.md`, made from the data and from what was
//! simulated.

use std::fmt::Write as _;

use tokenometer_core::roofline::{Attention, Calibration, Machine, Model, Scheduling};

use crate::compare::{self, COMPARED, Compared, Metric};
use crate::exceptions::{self, EXCEPTIONS};
use crate::row::{Row, Study};
use crate::stack::Stack;

/// What the tables begin with.
const HEAD_OF_MACHINES: &str = "
| name | device | most | BF16, TFLOP/s | FP8, TFLOP/s | memory, GB/s | memory, GB | link, GB/s |
|---|---|---|---|---|---|---|---|
";
const HEAD_OF_MODELS: &str = "
| name | parameters | active | layers × width | heads, KV heads | weights | cache, bytes a token | context | on the hub |
|---|---|---|---|---|---|---|---|---|
";
const HEAD_OF_SHARES: &str = "
| name | η_c | η_m | η_a | η_p | t_step, ms | t_seq, µs | t_pre, ms | α_c, µs | later steps |
|---|---|---|---|---|---|---|---|---|---|
";
const HEAD_OF_SCHEDULING: &str = "
| name | policy | admission | most running | tokens a step | blocks of | prefix cache | memory share | KV tokens |
|---|---|---|---|---|---|---|---|---|
";
const HEAD_OF_IDEAL: &str = "
| engine | machine | load | output tok/s | TTFT | TPOT | E2E |
|---|---|---|---|---|---|---|
";
const HEAD_OF_SUMS: &str = "
| | figures | within 10 % | within 25 % | within 40 % | further |
|---|---|---|---|---|---|
";

/// What the page has between its markers: a name, and what stands there.
pub fn parts() -> [(&'static str, String); 7] {
    [
        ("machines", machines()),
        ("models", models()),
        ("calibrations", calibrations()),
        ("ideal", ideal()),
        ("sums", sums()),
        ("exceptions", exceptions()),
        ("figures", figures()),
    ]
}

/// A number without noughts that say nothing.
fn plain(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn or_none(number: Option<f64>, by: f64) -> String {
    number.map_or_else(|| "–".to_owned(), |number| plain(number / by))
}

fn machines() -> String {
    let mut text = HEAD_OF_MACHINES.to_owned();
    for Machine { name, title, most_gpus, bf16, fp8, bandwidth, memory, link, .. } in Machine::all()
    {
        let (bf16, fp8, link) = (plain(bf16 / 1e12), or_none(*fp8, 1e12), or_none(*link, 1e9));
        let (bandwidth, memory) = (plain(bandwidth / 1e9), plain(memory / 1e9));
        let _ = writeln!(
            text,
            "| `{name}` | {title} | {most_gpus} | {bf16} | {fp8} | {bandwidth} | {memory} | {link} |"
        );
    }
    text.push_str("\nSources:\n");
    for machine in Machine::all() {
        for source in &machine.sources {
            let _ = writeln!(text, "- `{}`: {source}", machine.name);
        }
    }
    text + "\n"
}

fn models() -> String {
    let mut text = HEAD_OF_MODELS.to_owned();
    for model in Model::all() {
        let heads = match model.attention {
            Attention::Grouped { heads, kv_heads, .. } => format!("{heads}, {kv_heads}"),
            Attention::Latent { heads, kv_rank, rope_dim, .. } => {
                format!("{heads}, latent {kv_rank} + {rope_dim}")
            }
        };
        let active = model.active_parameters() + model.head_parameters();
        let hub: Vec<String> = model.hub_names.iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(
            text,
            "| `{}` | {:.2} G | {:.2} G | {} × {} | {heads} | {} | {} | {} | {} |",
            model.name,
            model.parameters() / 1e9,
            active / 1e9,
            model.layers,
            model.hidden,
            model.weights.name(),
            model.cache_bytes(),
            model.context,
            hub.join(", ")
        );
    }
    text + "\n"
}

fn calibrations() -> String {
    let lines = |line: fn(&Calibration) -> String| -> String {
        Calibration::all().iter().map(|one| line(one) + "\n").collect()
    };
    [
        HEAD_OF_SHARES,
        &lines(shares),
        HEAD_OF_SCHEDULING,
        &lines(scheduling),
        "\n",
        &lines(described),
        "\n",
    ]
    .concat()
}

fn shares(one: &Calibration) -> String {
    let later = match one.scheduling.decode_steps {
        1 => "–".to_owned(),
        steps => {
            let (step, sequence) = (plain(one.inner_step), plain(one.inner_sequence));
            format!("of {steps}: {step} t_step, {sequence} t_seq")
        }
    };
    let shares = [one.compute, one.bandwidth, one.attention, one.prefill_attention];
    let times = [one.step * 1e3, one.sequence * 1e6, one.prefill * 1e3, one.all_reduce * 1e6];
    let cells: Vec<String> = shares.iter().chain(&times).map(|cell| plain(*cell)).collect();
    format!("| `{}` | {} | {later} |", one.name, cells.join(" | "))
}

fn scheduling(one: &Calibration) -> String {
    let Scheduling { policy, admission, max_num_seqs, token_budget, block_size, .. } =
        one.scheduling;
    let cache = if one.scheduling.prefix_cache { "on" } else { "off" };
    let share = plain(one.scheduling.memory_share);
    let tokens = one.scheduling.kv_tokens.map_or("from memory".to_owned(), |it| it.to_string());
    format!(
        "| `{}` | {} | {} | {max_num_seqs} | {token_budget} | {block_size} | {cache} | {share} | {tokens} |",
        one.name,
        policy.name(),
        admission.name(),
    )
}

/// What a calibration was fitted to, how far it is off elsewhere, and where that was
/// published.
fn described(one: &Calibration) -> String {
    let mut text = format!("- **`{}`**: {}. ", one.name, one.title);
    let Some(fit) = &one.fit else {
        return text + "Assumed, and fitted to nothing: *uncalibrated*.";
    };
    let _ = write!(text, "Fitted to {fit}. ");
    let held_out = one.held_out.as_deref().unwrap_or("nothing else was published of it");
    let _ = write!(text, "Elsewhere: {held_out}. ");
    text + &one.sources.join(", ")
}

/// How far the rows that a calibration wasn't fitted to are off, as its data says it;
/// `None` where there is none.
pub fn held_out(calibration: &Calibration) -> Option<String> {
    let rows = COMPARED.iter().flat_map(|(_, rows)| rows).filter(|compared| {
        compared.stack.calibration == calibration.name
            && compared.stack.borrowed.is_none()
            && !compared.row.fitted
    });
    let rows: Vec<&Compared> = rows.collect();
    let ranges = Metric::ALL.into_iter().filter_map(|metric| {
        let errors = rows.iter().filter(|row| exceptions::of(row, metric).is_none());
        let mut errors: Vec<f64> = errors.filter_map(|row| row.error(metric)).collect();
        errors.sort_unstable_by(f64::total_cmp);
        let (first, last) = (errors.first()?, errors.last()?);
        let range = match percent(*first) == percent(*last) {
            true => percent(*first),
            false => format!("{}…{}", percent(*first), percent(*last)),
        };
        Some(format!("{} {range} %", metric.name()))
    });
    let ranges: Vec<String> = ranges.collect();
    let excepted = |row: &&Compared| {
        Metric::ALL.into_iter().any(|metric| exceptions::of(row, metric).is_some())
    };
    let apart = if rows.iter().any(excepted) { ", exceptions apart" } else { "" };
    (!ranges.is_empty()).then(|| ranges.join(", ") + apart)
}

fn percent(error: f64) -> String {
    let whole = (error * 100.0).round();
    match whole {
        0.0 => "0".to_owned(),
        whole if whole < 0.0 => format!("−{}", -whole),
        whole => format!("+{whole}"),
    }
}

/// How far off the calibration is that is fitted to nothing, by the first run of each
/// stack that has one of its own.
fn ideal() -> String {
    let mut text = HEAD_OF_IDEAL.to_owned();
    for one in Calibration::all() {
        let of = |(study, rows): &'static (Study, Vec<Compared>)| {
            let own =
                |row: &&Compared| row.stack.calibration == one.name && row.stack.borrowed.is_none();
            Some((study.medians, rows.iter().find(own)?))
        };
        let Some((medians, compared)) = COMPARED.iter().find_map(of) else { continue };
        let row = &compared.row;
        let stack = Stack { borrowed: Some("fitted to nothing"), ..compared.stack };
        let simulated = compare::under_ideal(row, medians);
        let ideal = Compared { row: row.clone(), stack, simulated };
        let cells = Metric::ALL.map(|metric| cell(&ideal, metric)).join(" | ");
        let Row { engine, version, machine, load, .. } = row;
        let _ = writeln!(text, "| {engine} {version} | {machine} | {} | {cells} |", load.name());
    }
    text + "\n"
}

/// How many figures there are, and how many of them are how far off.
fn sums() -> String {
    let mut text = HEAD_OF_SUMS.to_owned();
    type Choice = (&'static str, fn(&Compared) -> bool);
    let choices: [Choice; 3] = [
        ("own calibration, fitted to it", |compared| {
            compared.stack.borrowed.is_none() && compared.row.fitted
        }),
        ("own calibration, not fitted to it", |compared| {
            compared.stack.borrowed.is_none() && !compared.row.fitted
        }),
        ("another stack's calibration", |compared| compared.stack.borrowed.is_some()),
    ];
    for (name, chosen) in choices {
        let rows = || COMPARED.iter().flat_map(|(_, rows)| rows).filter(|row| chosen(row));
        let errors: Vec<f64> =
            rows().flat_map(|row| Metric::ALL.map(|metric| row.error(metric))).flatten().collect();
        let within = |bound: f64| errors.iter().filter(|error| error.abs() <= bound).count();
        let (ten, quarter, forty) = (within(0.10), within(0.25), within(0.40));
        let further = errors.len() - forty;
        let _ = writeln!(
            text,
            "| {name} | {} of {} runs | {ten} | {quarter} | {forty} | {further} |",
            errors.len(),
            rows().count()
        );
    }
    text + "\n"
}

fn exceptions() -> String {
    let mut text = "\n".to_owned();
    for (number, exception) in EXCEPTIONS.iter().enumerate() {
        let _ = writeln!(text, "{}. {}: {}.", number + 1, exception.place(), exception.why);
    }
    text + "\n"
}

fn figures() -> String {
    let mut text = String::new();
    for (study, rows) in &*COMPARED {
        let kind = if study.medians { "medians" } else { "means" };
        let _ = writeln!(
            text,
            "\n### {}\n\n{}; latencies are {kind}, in ms.\n",
            study.title, study.source
        );
        text.push_str(&table(study, rows));
        text.push_str(&borrowed(rows));
    }
    text + "\n"
}

fn table(study: &Study, rows: &[Compared]) -> String {
    let places = study.rows.iter().any(|row| !row.host.is_empty() || !row.run.is_empty());
    let column = if places { " run |" } else { "" };
    let mut text = format!(
        "| engine | machine | load |{column} under | output tok/s | TTFT | TPOT | E2E |\n|---|---|---|{}---|---|---|---|---|\n",
        if places { "---|" } else { "" }
    );
    for compared in rows {
        let row = &compared.row;
        let run = format!(" {} |", [&*row.host, &*row.run].join(" ").trim());
        let of = if row.fitted { " (fitted)" } else { "" };
        let other = if compared.stack.borrowed.is_some() { "*" } else { "" };
        let _ = write!(
            text,
            "| {} {} | {} | {} |{} {other}{}{other}{of} |",
            row.engine,
            row.version,
            row.machine,
            row.load.name(),
            if places { &*run } else { "" },
            compared.stack.calibration
        );
        for metric in Metric::ALL {
            let _ = write!(text, " {} |", cell(compared, metric));
        }
        text.push('\n');
    }
    text
}

/// Why rows aren't under a calibration of their own, and what was set otherwise for
/// them.
fn borrowed(rows: &[Compared]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for Compared { row, stack, .. } in rows {
        let Some(why) = stack.borrowed else { continue };
        let set = stack.set.iter().map(|(key, value)| format!("; `{key}: {value}`"));
        let set: String = set.collect();
        let Stack { calibration, .. } = stack;
        let line = format!("- {} {} under *{calibration}*: {why}{set}", row.engine, row.version);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if lines.is_empty() { String::new() } else { format!("\n{}\n", lines.join("\n")) }
}

/// `published → simulated, error`, and the number of its exception.
fn cell(compared: &Compared, metric: Metric) -> String {
    let Some(error) = compared.error(metric) else { return "–".to_owned() };
    let (published, simulated) =
        (metric.of(&compared.row.figures).unwrap(), metric.of(&compared.simulated).unwrap());
    let digits = |number: f64| match number {
        number if number < 100.0 => format!("{number:.1}"),
        number => format!("{number:.0}"),
    };
    let note = exceptions::of(compared, metric).filter(|_| compared.stack.borrowed.is_none());
    let note = note.map_or_else(String::new, |number| format!(" ({})", number + 1));
    format!("{} → {}, {} %{note}", digits(published), digits(simulated), percent(error))
}

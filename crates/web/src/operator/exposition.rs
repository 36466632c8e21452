//! The figures in the text format that Prometheus reads (OpenMetrics 1.0). Labels are names of
//! stores, verbs, states, classes and patterns of routes; nothing else may become one.

use std::{collections::BTreeMap, fmt};

use habeas_engine::{BOUNDS, Counts, Durations, Figures};
use jiff::Timestamp;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, text},
    metrics::{MetricType, exemplar::Exemplar},
    registry::Registry,
};

use crate::vitals::Answer;

/// Everything that one scrape tells.
#[derive(Debug)]
pub(super) struct Exposition {
    /// As of that moment; `None` when the database did not answer.
    pub figures: Option<(Timestamp, Figures)>,
    pub counts: Counts,
    pub answers: BTreeMap<Answer, u64>,
    pub version: &'static str,
}

impl Exposition {
    pub fn text(self) -> Result<String, fmt::Error> {
        let mut registry = Registry::with_prefix("habeas");
        registry.register_collector(Box::new(self));
        let mut text = String::new();
        text::encode(&mut text, &registry)?;
        Ok(text)
    }
}

type Encoded = Result<(), fmt::Error>;

impl Collector for Exposition {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> Encoded {
        let mut page = Page(encoder);
        let version = [("version", self.version)];
        page.gauge("build", "The program; always 1.", [(version, 1)])?;
        let up = i64::from(self.figures.is_some());
        page.gauge(
            "database_up",
            "Whether the control database answers.",
            [([], up)],
        )?;
        if let Some((now, figures)) = &self.figures {
            page.database(*now, figures)?;
        }
        page.process(&self.counts)?;
        page.http(&self.answers)
    }
}

/// The page that is being written.
struct Page<'a>(DescriptorEncoder<'a>);

type Labels<'a, const N: usize> = [(&'static str, &'a str); N];

impl Page<'_> {
    fn database(&mut self, now: Timestamp, figures: &Figures) -> Encoded {
        let waiting: Vec<(Labels<'_, 2>, &habeas_engine::StepFigures)> = figures
            .steps
            .iter()
            .map(|steps| {
                let labels = [("store", &*steps.store), ("state", steps.state.as_str())];
                (labels, steps)
            })
            .collect();
        self.gauge(
            "steps",
            "Open steps, by store and state.",
            waiting
                .iter()
                .map(|(labels, steps)| (*labels, whole(steps.count))),
        )?;
        self.gauge(
            "steps_oldest_seconds",
            "How long ago the oldest open step was queued.",
            waiting
                .iter()
                .map(|(labels, steps)| (*labels, since(steps.oldest, now))),
        )?;
        self.gauge(
            "steps_late",
            "Open steps whose own due time has passed.",
            waiting
                .iter()
                .map(|(labels, steps)| (*labels, whole(steps.late))),
        )?;
        let gates = || {
            figures
                .gates
                .iter()
                .map(|gate| ([("store", &*gate.store)], gate))
        };
        self.gauge(
            "store_paused",
            "Whether somebody stopped the store.",
            gates().map(|(labels, gate)| (labels, i64::from(gate.paused))),
        )?;
        self.gauge(
            "store_max_running",
            "Calls that the store serves at the same time.",
            gates().map(|(labels, gate)| (labels, whole(gate.max_running))),
        )?;
        self.gauge(
            "store_breaker",
            "The breaker of the store: 1 for the state that it is in.",
            figures
                .gates
                .iter()
                .map(|gate| ([("store", &*gate.store), ("breaker", gate.breaker)], 1)),
        )?;
        let requests = figures.requests;
        let late = requests.first_due.map_or(0, |due| since(due, now));
        for (name, help, value) in [
            (
                "requests_open",
                "Requests that are not closed.",
                whole(requests.open),
            ),
            (
                "requests_overdue",
                "Open requests past their due date.",
                whole(requests.overdue),
            ),
            (
                "requests_at_risk",
                "Open requests that are due within five days.",
                whole(requests.at_risk),
            ),
            (
                "requests_lateness_seconds",
                "How long ago the open request that is longest overdue was due.",
                late,
            ),
            (
                "effects_unconfirmed",
                "Changes to stores that were begun and are not confirmed.",
                whole(figures.unconfirmed_effects),
            ),
            (
                "workers",
                "Workers with a lease.",
                whole(figures.live_workers),
            ),
        ] {
            self.gauge(name, help, [([], value)])?;
        }
        Ok(())
    }

    fn process(&mut self, counts: &Counts) -> Encoded {
        self.counter(
            "claims",
            "Steps that this process claimed.",
            counts
                .claims
                .iter()
                .map(|(store, count)| ([("store", &**store)], *count)),
        )?;
        self.counter(
            "outcomes",
            "How attempts of this process ended: a final state, or the class of a failure.",
            counts.outcomes.iter().map(|((store, verb, class), count)| {
                let labels = [
                    ("store", &**store),
                    ("verb", verb.as_str()),
                    ("class", *class),
                ];
                (labels, *count)
            }),
        )?;
        self.counter(
            "letters",
            "Letters that were handed over, or could not be.",
            [
                ([("sent", "yes")], counts.letters_sent),
                ([("sent", "no")], counts.letters_failed),
            ],
        )?;
        for (name, help, value) in [
            (
                "leases_lost",
                "Leases that ran out before the work was done.",
                counts.leases_lost,
            ),
            (
                "steps_recovered",
                "Steps taken back from workers that had gone.",
                counts.recovered,
            ),
            ("packages", "Packages that were sealed.", counts.packages),
            (
                "package_bytes",
                "Bytes of the packages that were sealed.",
                counts.package_bytes,
            ),
        ] {
            self.counter(name, help, [([], value)])?;
        }
        self.histogram(
            "database_write_seconds",
            "How long writes to the control database took.",
            &counts.writes,
        )
    }

    fn http(&mut self, answers: &BTreeMap<Answer, u64>) -> Encoded {
        let statuses: Vec<String> = answers.keys().map(|a| a.status.to_string()).collect();
        self.counter(
            "http_requests",
            "Requests that this process answered, by the pattern of the route.",
            answers
                .iter()
                .zip(&statuses)
                .map(|((answer, count), status)| {
                    let labels = [
                        ("method", answer.method),
                        ("route", &*answer.route),
                        ("status", &**status),
                    ];
                    (labels, *count)
                }),
        )
    }

    fn gauge<'a, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Labels<'a, N>, i64)>,
    ) -> Encoded {
        let mut gauge = self.begin(name, help, MetricType::Gauge)?;
        for (labels, value) in values {
            match N {
                0 => gauge.encode_gauge(&value)?,
                _ => gauge.encode_family(&labels)?.encode_gauge(&value)?,
            }
        }
        Ok(())
    }

    fn counter<'a, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Labels<'a, N>, u64)>,
    ) -> Encoded {
        let mut counter = self.begin(name, help, MetricType::Counter)?;
        for (labels, value) in values {
            let none: Option<&Exemplar<NoLabelSet, u64>> = None;
            match N {
                0 => counter.encode_counter(&value, none)?,
                _ => counter
                    .encode_family(&labels)?
                    .encode_counter(&value, none)?,
            }
        }
        Ok(())
    }

    fn histogram(&mut self, name: &str, help: &str, durations: &Durations) -> Encoded {
        let bounds = BOUNDS.iter().map(std::time::Duration::as_secs_f64);
        let buckets: Vec<(f64, u64)> = bounds
            .chain([f64::INFINITY])
            .zip(durations.counts.iter().copied())
            .collect();
        let count = durations.counts.iter().sum();
        self.begin(name, help, MetricType::Histogram)?
            .encode_histogram::<NoLabelSet>(durations.sum.as_secs_f64(), count, &buckets, None)
    }

    fn begin<'s>(
        &'s mut self,
        name: &'s str,
        help: &str,
        kind: MetricType,
    ) -> Result<MetricEncoder<'s>, fmt::Error> {
        self.0.encode_descriptor(name, help, None, kind)
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Whole seconds from then until now; a clock that went back gives nothing.
fn since(then: Timestamp, now: Timestamp) -> i64 {
    now.duration_since(then).as_secs().max(0)
}

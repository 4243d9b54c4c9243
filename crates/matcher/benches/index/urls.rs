//! 40,000 rules for URLs, of which some hosts have many.

use crate::{generated, vocabulary};
use matcher::{Artefact, Compiler, Coverage, ListMeta, Secret, UrlEnd, UrlRule};
use model::{Host, HostBuffer, Target};
use std::hint::black_box;
use std::time::Instant;

pub(crate) fn urls() {
    let vocabulary = vocabulary();
    let games = vocabulary.find("games").unwrap();
    let mut compiler = Compiler::new(&vocabulary);
    let list = compiler.list(ListMeta::new("bench", [games]));
    let mut room = HostBuffer::new();
    for number in 0..40_000u64 {
        let host = generated(number - number % (1 + number % 7));
        let path = format!("/folder{}/page-{number}.html", number % 13);
        let rule = UrlRule {
            host: Host::normalise(&host, &mut room).unwrap(),
            coverage: Coverage::NameAndBelow,
            path: &path,
            end: UrlEnd::Segment,
        };
        compiler.url(list, &rule).unwrap();
    }
    let secret = Secret::new([1; 32]);
    let compiled = compiler.compile(&secret).unwrap();
    let artefact = Artefact::from_bytes(compiled.into_bytes(), &secret).unwrap();
    println!("\n40000 rules for URLs");
    let url = |host: String, number: u64| {
        format!(
            "https://{host}/folder{}/page-{number}.html?x=1",
            number % 13
        )
    };
    for (kind, texts) in [
        (
            "listed page",
            (0..40_000)
                .map(|n| url(generated(n - n % (1 + n % 7)), n))
                .collect(),
        ),
        (
            "listed host, other page",
            (0..40_000).map(|n| url(generated(n), n + 1)).collect(),
        ),
        (
            "other host",
            (0..40_000)
                .map(|n| url(generated(n + 50_000), n))
                .collect::<Vec<_>>(),
        ),
    ] {
        let mut rooms: Vec<HostBuffer> = texts.iter().map(|_| HostBuffer::new()).collect();
        let targets: Vec<Target<'_>> = texts
            .iter()
            .zip(&mut rooms)
            .map(|(text, room)| Target::parse(text, room).unwrap())
            .collect();
        let hosts = least_of(&targets, |target| {
            !artefact.label(&target.host).categories.is_empty()
        });
        let all = least_of(&targets, |target| {
            !artefact.label_target(target).categories.is_empty()
        });
        println!(
            "  {kind:<24} {:>5.0} ns, of which the host {hosts:>3.0}",
            all
        );
    }
}

fn least_of(targets: &[Target<'_>], look: impl Fn(&Target<'_>) -> bool) -> f64 {
    let pass = |_| {
        let began = Instant::now();
        black_box(targets.iter().filter(|target| look(target)).count());
        began.elapsed().as_nanos() as f64 / targets.len() as f64
    };
    (0..9).map(pass).fold(f64::INFINITY, f64::min)
}

//! The literals of an expression: texts of which one stands in everything that it matches.

use super::LEAST_LITERAL;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Hir, HirKind};

/// Texts in lower case of which at least one must stand in a match; `None` where there are none
/// long enough, or too many.
pub(super) fn required(expression: &str) -> Option<Vec<Vec<u8>>> {
    let hir = ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .nest_limit(50)
        .build()
        .parse(expression)
        .ok()?;
    let mut literals = best(&hir)?;
    for literal in &mut literals {
        literal.make_ascii_lowercase();
    }
    literals.sort_unstable();
    literals.dedup();
    Some(literals)
}

/// The best literals that an expression offers.
fn best(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    let own = beginnings(hir);
    let inner = match hir.kind() {
        HirKind::Concat(parts) => (0..parts.len())
            .flat_map(|at| {
                let rest = Hir::concat(parts[at..].to_vec());
                [beginnings(&rest), best(&parts[at])]
            })
            .flatten()
            .max_by(|one, two| worth(one).cmp(&worth(two))),
        HirKind::Alternation(branches) => {
            let all: Option<Vec<_>> = branches.iter().map(best).collect();
            all.map(|all| all.concat())
        }
        HirKind::Capture(capture) => best(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => best(&repetition.sub),
        HirKind::Repetition(_)
        | HirKind::Empty
        | HirKind::Literal(_)
        | HirKind::Class(_)
        | HirKind::Look(_) => None,
    };
    [own, inner]
        .into_iter()
        .flatten()
        .filter(|literals| literals.len() <= MOST_LITERALS)
        .max_by(|one, two| worth(one).cmp(&worth(two)))
}

/// What every match of a part begins with.
fn beginnings(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    let sequence = Extractor::new().limit_total(MOST_LITERALS).extract(hir);
    let literals = sequence.literals()?;
    let literals: Vec<Vec<u8>> = literals
        .iter()
        .map(|literal| literal.as_bytes().to_vec())
        .collect();
    let long = |literal: &Vec<u8>| literal.len() >= LEAST_LITERAL;
    (!literals.is_empty() && literals.iter().all(long)).then_some(literals)
}

/// Long ones are rare in texts, and few of them cost little.
fn worth(literals: &[Vec<u8>]) -> (usize, std::cmp::Reverse<usize>) {
    let shortest = literals.iter().map(Vec::len).min().unwrap_or(0);
    (shortest.min(8), std::cmp::Reverse(literals.len()))
}

/// More would make one expression dearer than all names of a list.
const MOST_LITERALS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(expression: &str) -> Option<Vec<String>> {
        let literals = required(expression)?;
        Some(
            literals
                .into_iter()
                .map(|one| String::from_utf8(one).unwrap())
                .collect(),
        )
    }

    #[test]
    fn literals_are_found_behind_what_is_not_one() {
        let of = |words: &[&str]| Some(words.iter().map(|&word| word.to_owned()).collect());
        assert_eq!(texts("casino"), of(&["casino"]));
        assert_eq!(
            texts("(^|[-/_.])(CASINO|poker)([-/_.]|$)"),
            of(&["casino", "poker"])
        );
        assert_eq!(texts(r"\d*games?\.example"), of(&[".example"]));
        assert_eq!(texts("(slots){2,}"), of(&["slotsslots"]));
        assert_eq!(texts("(lots)?of[a-z]+slots"), of(&["slots"]));
    }

    #[test]
    fn what_names_no_text_has_none() {
        for expression in ["[a-z]+", "a.b", "(casino|..)", "(casino)?", r"\d{3}", "^$"] {
            assert_eq!(texts(expression), None, "{expression}");
        }
    }
}

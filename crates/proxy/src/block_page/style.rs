/// The style of the page. It stands in the page itself, for nothing else may be fetched.
///
/// Colours hold at least 7:1 for text and 3:1 for edges, light and dark; targets are 44 px high.
pub(crate) const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1c20;--paper:#fff;--soft:#f1f3f6;--edge:#6b7280;--act:#0b4f9e;--on:#fff}\
@media(prefers-color-scheme:dark){:root{--ink:#f2f3f5;--paper:#16181d;--soft:#23262d;--edge:#9aa3b2;--act:#9cc7ff;--on:#0b1a2b}}\
*{box-sizing:border-box}\
body{margin:0;background:var(--paper);color:var(--ink);font:1.125rem/1.55 system-ui,sans-serif;overflow-wrap:anywhere}\
main{max-width:40rem;margin:0 auto;padding:1.5rem 1rem 3rem}\
h1{font-size:1.9rem;line-height:1.2;margin:.5rem 0 1rem}\
h2{font-size:1.25rem;margin:2rem 0 .5rem}\
.asked{background:var(--soft);border-left:.3rem solid var(--edge);padding:.6rem .8rem;margin:1rem 0}\
a{color:var(--act)}\
button,.call{display:inline-block;min-height:44px;padding:.6rem 1.1rem;font:inherit;font-weight:600;color:var(--on);background:var(--act);border:2px solid var(--act);border-radius:.4rem;text-decoration:none;cursor:pointer}\
button:focus-visible,a:focus-visible,textarea:focus-visible{outline:4px solid var(--edge);outline-offset:3px}\
textarea{display:block;width:100%;min-height:5rem;margin:.3rem 0 .8rem;padding:.5rem;font:inherit;color:var(--ink);background:var(--paper);border:2px solid var(--edge);border-radius:.4rem}\
ul{padding-left:1.2rem}li{margin:.4rem 0}\
.small{font-size:1rem}\
.pictures{text-align:center;font-size:1.6rem}.pictures h1{font-size:2.6rem}\
.pictures ul{list-style:none;padding:0}\
.pictures svg{display:block;width:100%;max-width:15rem;height:auto;margin:1rem auto}\
.pictures button,.pictures .call{font-size:1.6rem;padding:.9rem 1.6rem}\
";

/// The digest of [`STYLE`] as the content security policy names it.
pub(crate) const STYLE_DIGEST: &str = "sha256-vWuT4dDCD7ZAOHBRfwQKqqfiXv2hyG0xz72k8PzrX0o=";

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    #[test]
    fn the_policy_of_the_page_names_its_style() {
        let digest = model::Digest::of(STYLE.as_bytes()).0;
        let digest = base64::engine::general_purpose::STANDARD.encode(digest);
        assert_eq!(STYLE_DIGEST, format!("sha256-{digest}"));
    }
}

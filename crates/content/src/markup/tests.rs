use super::*;

fn read(html: &str) -> String {
    let whole = pieces(html, html.len());
    for cut in 0..=html.len() {
        assert_eq!(pieces(html, cut), whole, "cut at {cut}: {html}");
    }
    whole
}

fn pieces(html: &str, cut: usize) -> String {
    let mut out = Folder::new();
    let mut markup = Markup::default();
    markup.feed(&html.as_bytes()[..cut], &mut out);
    markup.feed(&html.as_bytes()[cut..], &mut out);
    markup.finish(&mut out);
    out.space();
    let text = String::from_utf8(out.bytes).unwrap();
    text.split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
        .replace('\n', "/")
}

#[test]
fn text_joins_across_inline_elements_and_parts_at_blocks() {
    assert_eq!(read("por<b>no</b>gra<x-y>phy"), "pornography");
    assert_eq!(
        read("one<p>two<div>three</div>four"),
        "one / two / three / four"
    );
    assert_eq!(read("one<br>two"), "one two");
    assert_eq!(read("a<!-- hidden -->b<script>hidden</script>c"), "abc");
    assert_eq!(read("<tr><td>one<td>two"), "/ one / two");
}

#[test]
fn title_description_and_alternative_texts_are_read() {
    assert_eq!(read("<title>A &amp; B</title>"), "/ a b /");
    assert_eq!(
        read("<meta name=Description content='One &quot;two&quot;'>"),
        "/ one two /"
    );
    assert_eq!(read("<meta content=\"one\" name='keywords'/>"), "/ one /");
    assert_eq!(read("<meta name=viewport content='width=device'>"), "/");
    assert_eq!(
        read("<img src=x alt='A dog' title=Rex>x"),
        "/ a dog / rex / x"
    );
    assert_eq!(read("<a href=\"/p?alt=1\" data-alt='no'>link</a>"), "link");
}

#[test]
fn references_are_characters() {
    assert_eq!(read("caf&eacute; &#112;&#x4f;rn &#000112;"), "cafe porn p");
    assert_eq!(read("s&shy;elf &shyself se&zwnj;lf"), "self self self");
    assert_eq!(read("AT&T R&D &unknown; &"), "at t r d unknown");
    assert_eq!(read("&popf;&oscr;&rfr;n &#xffffffff;x"), "porn x");
    assert_eq!(read("a&#65"), "aa");
}

#[test]
fn nothing_seen_is_taken_for_hidden() {
    assert_eq!(read("<!-->seen"), "seen");
    assert_eq!(read("<!--->seen"), "seen");
    assert_eq!(read("<!-- x --!>seen"), "seen");
    assert_eq!(read("<title><!--</title>seen"), "/ seen");
    assert_eq!(read("<textarea><script></textarea>seen"), "/ script / seen");
    assert_eq!(read("<noscript><!--</noscript>seen"), "seen");
    assert_eq!(read("<iframe><!--</iframe>seen"), "/ seen");
    assert_eq!(read("<script>'</scripty>'</script >seen"), "seen");
    assert_eq!(read("<svg><script/></svg>seen"), "/ seen");
    assert_eq!(read("a < b <1 </> <? x > seen"), "a b 1 seen");
    assert_eq!(read("<a title='>'>seen</a>"), "/ seen");
    assert_eq!(read("<style>x</style>seen"), "seen");
}

#[test]
fn hidden_text_is_not_read() {
    assert_eq!(read("<!-- a > b -- c -->d"), "d");
    assert_eq!(read("<script>if (a < b) '<p>x'</script>d"), "d");
    assert_eq!(read("<!DOCTYPE html><style>p > a {}</style>d"), "d");
    assert_eq!(read("<![CDATA[ x ]]>d"), "d");
}

#[test]
fn a_tag_without_end_takes_bounded_memory() {
    let mut out = Folder::new();
    let mut markup = Markup::default();
    markup.feed(b"<meta content='", &mut out);
    for _ in 0..100 {
        markup.feed(&[b'a'; 1000], &mut out);
    }
    markup.feed(b"' name=description><img alt=", &mut out);
    for _ in 0..100 {
        markup.feed(&[b'b'; 1000], &mut out);
    }
    assert!(out.bytes.len() < 5000);
}

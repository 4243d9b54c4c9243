/// A closed gate with a lock: this page is closed.
pub(crate) const CLOSED: &str = "\
<svg viewBox=\"0 0 120 100\" aria-hidden=\"true\" focusable=\"false\">\
<rect x=\"6\" y=\"20\" width=\"10\" height=\"74\" rx=\"3\" fill=\"#8a5a2b\"/>\
<rect x=\"104\" y=\"20\" width=\"10\" height=\"74\" rx=\"3\" fill=\"#8a5a2b\"/>\
<g fill=\"#c98f4e\"><rect x=\"20\" y=\"30\" width=\"12\" height=\"60\" rx=\"5\"/><rect x=\"36\" y=\"30\" width=\"12\" height=\"60\" rx=\"5\"/><rect x=\"72\" y=\"30\" width=\"12\" height=\"60\" rx=\"5\"/><rect x=\"88\" y=\"30\" width=\"12\" height=\"60\" rx=\"5\"/><rect x=\"16\" y=\"42\" width=\"88\" height=\"8\"/><rect x=\"16\" y=\"70\" width=\"88\" height=\"8\"/></g>\
<path d=\"M50 50v-8a10 10 0 0 1 20 0v8\" fill=\"none\" stroke=\"#3b3f46\" stroke-width=\"5\"/>\
<rect x=\"43\" y=\"49\" width=\"34\" height=\"28\" rx=\"5\" fill=\"#f2c230\" stroke=\"#3b3f46\" stroke-width=\"2\"/>\
<circle cx=\"60\" cy=\"60\" r=\"4\" fill=\"#3b3f46\"/><rect x=\"58\" y=\"61\" width=\"4\" height=\"9\" fill=\"#3b3f46\"/>\
</svg>\n";

/// A child who talks to a grown-up: tell somebody.
pub(crate) const TELL: &str = "\
<svg viewBox=\"0 0 120 100\" aria-hidden=\"true\" focusable=\"false\">\
<path d=\"M8 10h34a6 6 0 0 1 6 6v14a6 6 0 0 1-6 6H30l-4 9-4-9H8a6 6 0 0 1-6-6V16a6 6 0 0 1 6-6z\" fill=\"#fff\" stroke=\"#3b3f46\" stroke-width=\"2\"/>\
<circle cx=\"15\" cy=\"23\" r=\"3\" fill=\"#3b3f46\"/><circle cx=\"25\" cy=\"23\" r=\"3\" fill=\"#3b3f46\"/><circle cx=\"35\" cy=\"23\" r=\"3\" fill=\"#3b3f46\"/>\
<circle cx=\"32\" cy=\"60\" r=\"10\" fill=\"#c98f4e\"/><path d=\"M16 96c0-16 7-24 16-24s16 8 16 24z\" fill=\"#2f80c2\"/>\
<circle cx=\"82\" cy=\"32\" r=\"13\" fill=\"#8a5a2b\"/><path d=\"M60 96c0-32 9-48 22-48s22 16 22 48z\" fill=\"#2e8b57\"/>\
<path d=\"M46 82c8 0 12-4 18-10\" fill=\"none\" stroke=\"#c98f4e\" stroke-width=\"6\" stroke-linecap=\"round\"/>\
</svg>\n";

"""What does the page look like, on a phone and on a desk, by day and by night?"""

from html import escape

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #f6f7f9; --card: #ffffff; --ink: #1d2128; --soft: #5a616d;
  --rule: #dfe3e8; --accent: #0072b2;
  --good: #0b6b4b; --good-paper: #e2f3ec; --bad: #9a3412; --bad-paper: #fdeee4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171c; --card: #1d2128; --ink: #e8eaee; --soft: #a2a9b5;
    --rule: #343a44; --accent: #56b4e9;
    --good: #6fd6ae; --good-paper: #17352b; --bad: #f5ac84; --bad-paper: #3b2418;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 1.5rem 1rem 3rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main { max-width: 74rem; margin: 0 auto; }
header { margin: 0 0 1.5rem; }
h1 { margin: 0 0 .4rem; font-size: clamp(1.4rem, 1rem + 2vw, 2rem);
  line-height: 1.25; text-wrap: balance; overflow-wrap: anywhere; }
h2 { margin: 2.4rem 0 .8rem; font-size: 1.25rem; }
h3 { margin: 0 0 .6rem; font-size: 1rem; overflow-wrap: anywhere; }
p { margin: 0 0 .8rem; max-width: 68ch; }
.soft { color: var(--soft); font-size: .9rem; }
.lead { font-size: 1.15rem; margin: .4rem 0 0; max-width: 60ch;
  overflow-wrap: anywhere; }
.kicker { color: var(--soft); margin: 0 0 .3rem; overflow-wrap: anywhere; }
.grid { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); }
.tiles { display: grid; gap: 1rem; margin: 1rem 0;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 11rem), 1fr)); }
.card, .tile { background: var(--card); border: 1px solid var(--rule);
  border-radius: .6rem; padding: 1rem; }
.tile { display: flex; flex-direction: column; }
.tile span { overflow-wrap: anywhere; }
.tile b { font-size: 1.6rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
figure { margin: 0; }
figure img { display: block; width: 100%; max-width: 36rem; height: auto;
  margin: 0 auto; background: #fff; border-radius: .35rem; }
figure:last-child:nth-child(odd) { grid-column: 1 / -1; }
a { color: var(--accent); }
figcaption { margin-top: .6rem; color: var(--soft); font-size: .9rem; }
table { width: 100%; border-collapse: collapse; font-size: .94rem;
  font-variant-numeric: tabular-nums; }
th, td { padding: .45rem .5rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--rule); }
th:first-child, td:first-child { padding-left: 0; overflow-wrap: anywhere; }
th:last-child, td:last-child { padding-right: 0; }
tr:last-child td { border-bottom: 0; }
th { color: var(--soft); font-weight: 600; font-size: .85rem; }
.count { text-align: right; white-space: nowrap; }
.mark { display: inline-block; padding: 0 .5rem; border-radius: 1rem;
  font-size: .85rem; font-weight: 600; white-space: nowrap; }
.good { color: var(--good); background: var(--good-paper); }
.bad { color: var(--bad); background: var(--bad-paper); }
.plain { color: var(--soft); border: 1px solid var(--rule); }
dl { margin: 0; }
dt { color: var(--soft); font-size: .85rem; }
dd { margin: 0 0 .2rem; overflow-wrap: anywhere; }
dd dl { padding-left: .8rem; }
details { margin: .8rem 0 0; }
summary { cursor: pointer; color: var(--accent); padding: .3rem 0; }
code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace;
  overflow-wrap: anywhere; }
footer { margin-top: 2.4rem; border-top: 1px solid var(--rule); padding-top: 1rem; }
footer h2 { margin-top: 0; }
ul { padding-left: 1.2rem; margin: 0 0 1rem; }
li { max-width: 76ch; margin-bottom: .3rem; overflow-wrap: anywhere; }
.story td { overflow-wrap: anywhere; }
.story details { margin: 0; }
.story summary { padding: 0; }
@media (min-width: 44.01rem) {
  .story { table-layout: fixed; }
  .story th:nth-child(1) { width: 4rem; }
  .story th:nth-child(2) { width: 27%; }
  .story th:nth-child(3) { width: 11%; }
  .story th:nth-child(6) { width: 16%; }
}
@media (max-width: 44rem) {
  body { padding: 1rem .7rem 2rem; }
  .card { padding: .8rem; }
  table { font-size: .88rem; }
  th, td { padding: .4rem .3rem; }
  :is(.story, .wide) thead { position: absolute; clip-path: inset(50%); }
  :is(.story, .wide) tr { display: block; padding: .6rem 0; }
  :is(.story, .wide) tr + tr { border-top: 1px solid var(--rule); }
  :is(.story, .wide) td { display: flex; gap: .8rem; padding: .15rem 0; border: 0; }
  :is(.story, .wide) td::before { content: attr(data-label); color: var(--soft); }
  .story td::before { flex: 0 0 6.5rem; }
  .story td > * { min-width: 0; }
  .wide td { justify-content: space-between; text-align: right; white-space: normal; }
  .wide td:first-child { display: block; text-align: left; font-weight: 600; }
  .wide td:first-child::before { content: none; }
  .wide td:first-child .soft { font-weight: 400; }
}
@media print { body { background: #fff; } .card, .tile { break-inside: avoid; } }
"""


def page_of(title: str, body: str) -> str:
    """A page that asks nothing of the net, around ready HTML.

    title:  text, whatever it contains
    """
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="gemel">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body><main>
{body}
</main></body>
</html>
"""


def again(command: str) -> str:
    """What to type for the same page."""
    return f"<h2>Do it again</h2><p><code>{escape(command)}</code></p>"

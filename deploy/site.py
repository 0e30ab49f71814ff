"""Build the documents as a folder of HTML pages, and check every link between them.

``python deploy/site.py out/docs`` writes the pages; a link or an anchor that leads nowhere ends it
with the list of them. Nothing is fetched: links to other hosts are not followed.
"""

import functools
import html
import itertools
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[1]
ORDER = (
    (
        "Begin",
        ("README", "docs/start", "docs/gallery", "docs/real-data", "docs/deploy", "docs/tune"),
    ),
    ("Watch", ("docs/alarms", "docs/runbooks", "docs/operations", "docs/traces")),
    ("From files", ("docs/solve", "docs/locate", "docs/watch", "docs/exports")),
    ("Why", ("docs/methods", "docs/models", "docs/accuracy", "docs/performance")),
    (
        "Reference",
        ("docs/architecture", "docs/configuration", "docs/topics", "docs/metrics"),
    ),
    ("Project", ("helm/streamstress/README", "CONTRIBUTING", "CHANGELOG")),
)
"""Pages in the order of the menu; one that does not exist is left out, others come at the end."""

STYLE = """
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; color: #1d2430; background: #fff; }
nav { position: fixed; inset: 0 auto 0 0; width: 13rem; overflow: auto; padding: 1.2rem;
  background: #f3f5f8; border-right: 1px solid #dde2ea; font-size: 14px; }
nav b { display: block; margin: 1rem 0 .2rem; color: #67718a; font-weight: 600; }
nav a { display: block; padding: .1rem 0; }
nav a[aria-current] { font-weight: 700; color: #1d2430; }
main { margin-left: 15rem; padding: 1.5rem 2rem 5rem; max-width: 60rem; }
a { color: #1f5fae; text-decoration: none; } a:hover { text-decoration: underline; }
table { border-collapse: collapse; display: block; overflow-x: auto; margin: 1rem 0; }
th, td { border: 1px solid #dde2ea; padding: .3rem .6rem; text-align: left; vertical-align: top; }
th { background: #f3f5f8; }
code { background: #f3f5f8; padding: .1em .3em; border-radius: 3px; font-size: 90%; }
pre { background: #f3f5f8; padding: .8rem 1rem; overflow-x: auto; } pre code { padding: 0; }
img { max-width: 100%; }
@media (max-width: 50rem) { nav { position: static; width: auto; } main { margin: 0; } }
"""

_markdown = MarkdownIt("commonmark").enable("table")


def pages() -> list[Path]:
    """Documents of the site, seen from the root, in the order of the menu."""
    listed = [Path(f"{name}.md") for _, names in ORDER for name in names]
    others = [path.relative_to(ROOT) for path in sorted((ROOT / "docs").glob("*.md"))]
    return [path for path in dict.fromkeys([*listed, *others]) if (ROOT / path).exists()]


def address(page: Path) -> str:
    """File name of a page on the site."""
    if page.name == "README.md":
        return "index.html" if page.parent == Path() else f"{page.parent.name}-chart.html"
    return f"{page.stem.lower()}.html"


def anchors(page: Path) -> list[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    found: list[str] = []
    for heading in _headings(_markdown.parse((ROOT / page).read_text())):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found.append(slug if slug not in found else f"{slug}-{found.count(slug)}")
    return found


@functools.cache
def title(page: Path) -> str:
    """First heading of a page."""
    return next(_headings(_markdown.parse((ROOT / page).read_text())), "streamstress")


def _headings(tokens: list[Token]) -> Iterator[str]:
    for token, inline in itertools.pairwise(tokens):
        if token.type == "heading_open":
            yield "".join(child.content for child in inline.children or [])


def links(page: Path) -> Iterator[str]:
    """Targets of a page's links and pictures."""
    for token in _markdown.parse((ROOT / page).read_text()):
        for child in token.children or []:
            target = child.attrGet("href") or child.attrGet("src")
            if target is not None:
                yield str(target)


def is_elsewhere(target: str) -> bool:
    """Whether a link leads to another host."""
    return re.match(r"[a-z]+:", target) is not None


def broken_links() -> list[str]:
    """Each link that leads nowhere, with its page."""
    known = {page: set(anchors(page)) for page in pages()}
    found = []
    for page in pages():
        for target in links(page):
            if not is_elsewhere(target) and not _leads_somewhere(page, target, known):
                found.append(f"{page}: {target}")
    return found


def _leads_somewhere(page: Path, target: str, known: Mapping[Path, set[str]]) -> bool:
    name, _, anchor = target.partition("#")
    place = _place(page, name)
    return (ROOT / place).exists() and (not anchor or anchor in known.get(place, set()))


def _place(page: Path, name: str) -> Path:
    """What a link's file is, seen from the root; the page itself where there is none."""
    if not name:
        return page
    return ((ROOT / page).parent / name).resolve().relative_to(ROOT)


def rendered(page: Path) -> str:
    """HTML of a page within the site."""
    tokens = _markdown.parse((ROOT / page).read_text())
    slugs = iter(anchors(page))
    for token in tokens:
        if token.type == "heading_open":
            token.attrSet("id", next(slugs))
        for child in token.children or []:
            for key in ("href", "src"):
                target = child.attrGet(key)
                if target is not None and not is_elsewhere(str(target)):
                    child.attrSet(key, _address_of_link(page, str(target)))
    body = _markdown.renderer.render(tokens, _markdown.options, {})
    name = html.escape(title(page))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style><nav>{_menu(page)}</nav><main>{body}</main></html>\n"
    )


def _address_of_link(page: Path, target: str) -> str:
    name, sign, anchor = target.partition("#")
    place = _place(page, name)
    if place in pages():
        return address(place) + sign + anchor
    return f"files/{place}"


def _menu(current: Path) -> str:
    lines, left = [], pages()
    for heading, names in (*ORDER, ("More", tuple(str(p.with_suffix("")) for p in left))):
        here = [page for page in left if str(page.with_suffix("")) in names]
        left = [page for page in left if page not in here]
        if here:
            lines.append(f"<b>{heading}</b>")
        for page in here:
            mark = ' aria-current="page"' if page == current else ""
            lines.append(f'<a href="{address(page)}"{mark}>{html.escape(title(page))}</a>')
    return "".join(lines)


def build(target: Path) -> int:
    """Write the site; returns the number of pages."""
    shutil.rmtree(target, ignore_errors=True)
    for page in pages():
        (target / address(page)).parent.mkdir(parents=True, exist_ok=True)
        (target / address(page)).write_text(rendered(page))
        for link in links(page):
            place = _place(page, link.partition("#")[0]) if not is_elsewhere(link) else page
            if place not in pages() and (ROOT / place).is_file():
                copy = target / "files" / place
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / place, copy)
    return len(pages())


def main() -> None:
    """Check, then build."""
    if broken := broken_links():
        sys.exit("links that lead nowhere:\n" + "\n".join(broken))
    target = Path(sys.argv[1])
    print(f"{build(target)} pages in {target}, every link between them leads somewhere")


if __name__ == "__main__":
    main()

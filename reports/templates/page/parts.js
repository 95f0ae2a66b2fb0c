// Parts that several views have: verdicts as marks, bars and legends, and the choice of chapters.

import { few, h, listed, plural } from "./dom.js";
import { format } from "./address.js";
import { ISSUE } from "./causes.js";
import { changeMark, changesInUse, hasEarlier, when } from "./changes.js";
import { atLevel, counts, coverage, inChapters, shortTitle, standing } from "./data.js";

// The class of a cell: its verdict, and whether the adapter lists it.
export function look(cell) {
  const { known, unreviewed } = cell;
  return `v-${cell.verdict.name}${known === null ? "" : " known"}${unreviewed ? " unreviewed" : ""}`;
}

// A verdict in words: "fail, known".
export function inWords(cell) {
  return cell.verdict.name + (cell.known === null ? "" : `, ${standing(cell)}`);
}

export function mark(cell) {
  return h("span", { class: `mark ${look(cell)}`, "aria-hidden": "true" }, cell.verdict.symbol);
}

// The mark and the word of a verdict.
export function badge(cell) {
  return h("span", { class: "badge" }, mark(cell), " ", inWords(cell));
}

// A bar with the share of each verdict.
export function bar(model, column, chapters) {
  const found = counts(model, column, inChapters(model.judged, chapters));
  const label = found.map(({ verdict, count }) => `${count} ${verdict.name}`).join(", ");
  const parts = found.map(({ verdict, count }) => {
    const part = h("span", { class: `v-${verdict.name}` });
    part.style.flexGrow = count;
    return part;
  });
  return h("div", { class: "bar", role: "img", "aria-label": label || "nothing judged" }, parts);
}

// `more`: marks that only one view has, and what they mean.
export function legend(model, more = []) {
  const items = model.verdicts.map((verdict) => {
    const cell = { verdict, known: null };
    return h("li", {}, mark(cell), h("span", {}, h("b", {}, verdict.name), `: ${verdict.meaning}`));
  });
  const fail = model.verdicts[model.rank.get("fail")];
  const listed = (unreviewed, meaning) => {
    const cell = { verdict: fail, known: "", unreviewed };
    return h("li", {}, mark(cell), h("span", {}, h("b", {}, standing(cell)), `: ${meaning}`));
  };
  items.push(
    listed(false, "outlined; its adapter file lists the deviation, with a reason"),
    listed(true, "outlined with dashes; listed, but nobody has reviewed why it is so"),
    h(
      "li",
      {},
      h("span", { class: "mark none", "aria-hidden": "true" }, "·"),
      h("span", {}, "no case was run"),
    ),
    ...[["(✓)", "kept, but fewer than half of the clauses were judged"], ...more].map(
      ([text, meaning]) =>
        h(
          "li",
          {},
          h("span", { class: "mark", "aria-hidden": "true" }, text),
          h("span", {}, meaning),
        ),
    ),
  );
  if (hasEarlier(model)) {
    // In the corner of a cell, and in the lines about what has changed.
    for (const { name, title, meaning } of changesInUse(model)) {
      items.push(
        h(
          "li",
          {},
          h("span", { class: `mark changed ${changeMark({ kind: name })}`, "aria-hidden": "true" }),
          h("span", {}, h("b", {}, title.toLowerCase()), `: ${meaning}`),
        ),
      );
    }
  }
  return h(
    "details",
    { class: "legend" },
    h("summary", {}, "What the marks mean"),
    h("ul", {}, items),
  );
}

// A list of boxes to tick: `chosen` are the names that are ticked, `choose` gets the new list.
export function boxes(items, chosen, choose) {
  return items.map(({ name, label }) =>
    h(
      "label",
      { class: "box" },
      h("input", {
        type: "checkbox",
        value: name,
        checked: chosen.includes(name),
        change: (event) => {
          const kept = chosen.filter((one) => one !== name);
          const next = event.target.checked ? [...kept, name] : kept;
          choose(items.map((one) => one.name).filter((one) => next.includes(one)));
        },
      }),
      h("span", {}, label),
    ),
  );
}

// A field for words to look for, which go into the address.
export function searchField(placeholder, go) {
  const search = h("input", { type: "search", id: "search", placeholder });
  let typed;
  search.addEventListener("input", () => {
    clearTimeout(typed); // a redraw for each letter would make typing slow
    typed = setTimeout(() => search.isConnected && go({ q: search.value.trim() }), 120);
  });
  const element = h("span", { class: "field" }, h("label", { for: "search" }, "Search"), search);

  function update(state) {
    if (document.activeElement !== search) search.value = state.q;
  }
  return { element, update };
}

// Whether a text has every word that a reader looks for.
export function hasWords(text, words) {
  const found = text.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => found.includes(word));
}

export function chapterItems(model) {
  return model.chapters.map((chapter) => ({ name: chapter.name, label: shortTitle(chapter) }));
}

// What holds for every view in which chapters are chosen.
export function onlyChapters(model, state) {
  if (!state.chapters.length) return null;
  const titles = model.chapters
    .filter((chapter) => state.chapters.includes(chapter.name))
    .map(shortTitle);
  return h(
    "p",
    { class: "only" },
    `Only ${plural(titles.length, "chapter")}: ${titles.join(", ")}. `,
    h("a", { href: format({ ...state, chapters: [] }) }, "Show all"),
  );
}

// What was judged, where a score could look better than it is: a line, or null.
export function judgedLine(model, column, state) {
  const { judged, total, absent, little } = coverage(model, column, state.chapters);
  if (!little && !absent.length) return null;
  const offered = ({ name }) =>
    !column.implementation.omits?.includes(name) &&
    !model.judged.some(({ id, chapter }) => chapter === name && column.cells.has(id));
  const titles = (chapters) => listed(chapters.map(shortTitle));
  const skipped = absent.filter(offered);
  const missing = absent.filter((chapter) => !offered(chapter));
  const parts = [
    `${judged} of ${total} judged`,
    missing.length ? `${titles(missing)}: not offered` : "",
    skipped.length ? `${titles(skipped)}: not run` : "",
  ];
  return h("p", { class: "judged" }, `${parts.filter(Boolean).join("; ")}.`);
}

// Chapters whose programs have threads, and so also an exit that waits for them.
const WITH_THREADS = ["thread", "timer"];
const EXIT = "daemon";

// What breaks at the end of a program that uses the chosen chapters, where it has threads and the
// chapter about that is not among them: a line, or null.
export function atExit(model, column, state) {
  const { chapters } = state;
  if (chapters.includes(EXIT) || !WITH_THREADS.some((name) => chapters.includes(name))) return null;
  const broken = atLevel(model.judged, "must")
    .filter(({ id, chapter }) => chapter === EXIT && id.startsWith("program."))
    .filter(({ id }) => column.cells.get(id)?.bad)
    .map(({ id }) => id);
  if (!broken.length) return null;
  const href = format({ view: "implementation", id: column.label, chapters: [EXIT] });
  return h(
    "p",
    { class: "exit" },
    "Not chosen, but breaks at program exit: ",
    h("a", { href }, few(broken)),
    ".",
  );
}

export function implementationLink(column, state) {
  const href = format({ view: "implementation", id: column.label, chapters: state.chapters });
  return h("a", { href }, column.label, column.own ? " (opened here)" : "");
}

export function clauseLink(id) {
  return h("a", { href: format({ view: "clause", id }) }, h("code", {}, id));
}

// The interpreter in which an implementation ran, in a few words.
export function interpreter({ implementation }) {
  return implementation.interpreter + (implementation.gil === false ? ", no GIL" : "");
}

// What an adapter says that changes how an implementation is judged, and what leads to its people.
export function notes({ implementation }) {
  const { mapped = {}, omits = [], homepage, tracker } = implementation;
  const pairs = Object.entries(mapped).map(([name, own]) => `${name} to ${own}`);
  return [
    pairs.length ? `its adapter maps ${listed(pairs)}` : null,
    omits.length
      ? `its adapter omits the ${omits.length === 1 ? "chapter" : "chapters"} ${listed(omits)}`
      : null,
    outside(homepage, "home page"),
    outside(tracker, "issues"),
  ].filter(Boolean);
}

// A link to another site, or null where the address is none that a browser may follow.
export function outside(address, text) {
  if (!/^https?:\/\//.test(address ?? "")) return null;
  return h("a", { href: address, rel: "noreferrer" }, text);
}

// The reason of a known divergence, in which issues are links.
export function reason(text) {
  return text.split(ISSUE).map((part, number) => {
    if (number % 2 === 0) return part;
    const [repository, issue] = part.split("#");
    return outside(`https://github.com/${repository}/issues/${issue}`, part);
  });
}

// When an implementation was judged.
export function day(column) {
  return when(column, column.since ? [column.since] : []);
}

// Whether there is room for what a narrow screen folds.
export function isWide() {
  return matchMedia("(min-width: 48rem)").matches;
}

// The overview: all implementations in a table, the best first.

import { h, plural, redraw } from "./dom.js";
import { format } from "./address.js";
import {
  atLevel,
  coverage,
  inChapters,
  isHardlyJudged,
  score,
  share,
  shortTitle,
  stateOf,
} from "./data.js";
import { compare, sentence } from "./causes.js";
import { regressions, sinceLine } from "./changes.js";
import {
  atExit,
  bar,
  boxes,
  chapterItems,
  day,
  hasWords,
  implementationLink,
  interpreter,
  isWide,
  judgedLine,
  legend,
  notes,
  searchField,
} from "./parts.js";

const LIMITS =
  "A clause that is kept was kept in all its cases, on that machine, in that run. Conformance does " +
  "not tell how fast an implementation is, how much memory it takes, whether its wake-ups are fair, " +
  "or whether it has names of later manuals; and a race that happens once in a thousand rounds may " +
  "not have been seen.";

export function overview(model, go) {
  const chooser = h("div", {
    class: "chips",
    role: "group",
    "aria-label": "My program uses only",
  });
  const order = h("select", { id: "order", change: () => go({ sort: order.value }) });
  const search = searchField("name or interpreter", go);
  const found = h("p", { class: "found", role: "status" });
  const place = h("div", {});
  const worse = h("div", {});
  const element = h(
    "div",
    {},
    h("h1", { tabindex: -1 }, "What implementations of threading keep"),
    h(
      "p",
      { class: "lead" },
      `${plural(model.columns.length, "implementation")} of Python's `,
      h("code", {}, "threading"),
      ", judged by what its Python 2.6 manual documents: ",
      `${model.judged.length} clauses, each with the evidence. `,
      h("b", {}, "must"),
      " counts the clauses that the manual states, ",
      h("b", {}, "should"),
      " its recommendations: kept, of those judged.",
    ),
    worse,
    h(
      "details",
      { class: "uses", open: isWide() },
      h("summary", {}, "My program uses only …"),
      chooser,
    ),
    h(
      "div",
      { class: "order" },
      search.element,
      h("span", { class: "field" }, h("label", { for: "order" }, "Sort by"), order),
    ),
    found,
    place,
    legend(model),
    h("h2", {}, "What this does not tell"),
    h("p", { class: "prose" }, LIMITS),
    missing(model),
    model.gone.length
      ? [h("h2", {}, "Only in the earlier records"), h("p", {}, model.gone.join(", "))]
      : null,
  );

  function update(state) {
    redraw(chooser, ...boxes(chapterItems(model), state.chapters, (chapters) => go({ chapters })));
    const keys = sortKeys(model, state);
    order.replaceChildren(
      ...keys.map(({ name, label }) => h("option", { value: name === "must" ? "" : name }, label)),
    );
    order.value = keys.some(({ name }) => name === state.sort) ? state.sort : "";
    worse.replaceChildren(regressions(model, state) ?? "");
    search.update(state);
    const columns = model.columns.filter((column) => hasWords(described(column), state.q));
    const everything = h("a", { href: format({ ...state, q: "", cell: null }) }, "Show all");
    const number = `${columns.length} of ${plural(model.columns.length, "implementation")}. `;
    found.replaceChildren(...(state.q ? [number, everything] : []));
    redraw(place, table(model, columns, state, keys, go));
  }
  return { element, update, title: "Implementations" };
}

// What the table can be sorted by: a value for each column, and the least of them comes first.
function sortKeys(model, state) {
  const clauses = inChapters(model.judged, state.chapters);
  const share = (column, some) => {
    const { kept, judged } = score(column, some);
    return judged ? -kept / judged : 1;
  };
  const must = atLevel(clauses, "must");
  const should = atLevel(clauses, "should");
  // A score of a few clauses tells little, so it comes after the others.
  const little = new Map(
    model.columns.map((column) => [column, coverage(model, column, state.chapters).little]),
  );
  const best = (column) => [little.get(column), share(column, must), share(column, should)];
  const keys = [
    { name: "must", label: "must kept, best first", key: best },
    {
      name: "should",
      label: "should kept, best first",
      key: (column) => [little.get(column), share(column, should)],
    },
    { name: "name", label: "name", key: (column) => [versions(column.label)] },
    {
      name: "interpreter",
      label: "interpreter",
      key: (column) => [versions(interpreter(column))],
    },
    {
      name: "version",
      label: "version",
      key: (column) => [versions(column.implementation.version ?? "")],
    },
    { name: "date", label: "date, newest first", key: (column) => [-Date.parse(column.made)] },
  ];
  for (const chapter of model.chapters) {
    const some = model.judged.filter((clause) => clause.chapter === chapter.name);
    keys.push({
      name: chapter.name,
      label: `${shortTitle(chapter)}, best first`,
      key: (column) => [
        isHardlyJudged(column, some),
        share(column, atLevel(some, "must")),
        share(column, some),
        ...best(column),
      ],
    });
  }
  return keys;
}

// A text in which numbers sort as numbers: 3.6 before 3.10.
function versions(text) {
  return text.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(6, "0"));
}

// What an implementation is found by.
function described(column) {
  const { about, module, version } = column.implementation;
  return [column.label, about, module, version, interpreter(column)].join(" ");
}

function table(model, columns, state, keys, go) {
  const sort = state.sort || "must";
  const { key } = keys.find(({ name }) => name === sort) ?? keys[0];
  const ordered = columns
    .map((column) => ({ column, key: key(column) }))
    .sort((one, other) => compare(one.key, other.key))
    .map(({ column }) => column);
  const head = (name, label, attributes = {}) =>
    h(
      "th",
      { scope: "col", "aria-sort": sort === name ? "ascending" : null, ...attributes },
      h(
        "button",
        { type: "button", value: name, click: () => go({ sort: name === "must" ? "" : name }) },
        label,
      ),
    );
  const chosen = (chapter) => !state.chapters.length || state.chapters.includes(chapter.name);
  const chapters = model.chapters.filter(chosen);
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Implementations" },
    h(
      "table",
      { class: "implementations" },
      h("caption", { class: "hidden" }, "Implementations, with the clauses that each keeps"),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          head("name", "Implementation"),
          head("must", "must", { class: "number" }),
          head("should", "should", { class: "number" }),
          h("th", { scope: "col" }, "Verdicts"),
          chapters.map((chapter) => head(chapter.name, chapter.name, { class: "turned" })),
        ),
      ),
      ordered.map((column) => group(model, state, column, chapters)),
    ),
  );
}

// Two rows: the figures, and below them what they mean.
function group(model, state, column, chapters) {
  const clauses = inChapters(model.judged, state.chapters);
  const { version } = column.implementation;
  const ran = [
    version && `version ${version}`,
    interpreter(column),
    day(column) + (column.foreign ? " (another catalogue)" : ""),
    ...notes(column),
  ].filter(Boolean);
  return h(
    "tbody",
    { class: column.own ? "own" : null },
    h(
      "tr",
      {},
      h("th", { scope: "rowgroup" }, implementationLink(column, state)),
      figure("must", column, atLevel(clauses, "must")),
      figure("should", column, atLevel(clauses, "should")),
      h("td", { class: "verdicts" }, bar(model, column, state.chapters)),
      chapters.map((chapter) => {
        const some = model.judged.filter((clause) => clause.chapter === chapter.name);
        const must = atLevel(some, "must");
        return figure(chapter.name, column, must.length ? must : some, "chapter");
      }),
    ),
    h(
      "tr",
      { class: "meaning" },
      h(
        "td",
        { colspan: 4 + chapters.length },
        judgedLine(model, column, state),
        h("p", { class: "sentence" }, sentence(model, column, state.chapters)),
        atExit(model, column, state),
        sinceLine(model, column, state),
        h(
          "p",
          { class: "ran" },
          ran.flatMap((one, number) => (number ? [" · ", one] : [one])),
        ),
      ),
    ),
  );
}

function figure(name, column, clauses, more = "") {
  const found = score(column, clauses);
  const state = stateOf(column, clauses);
  // On a narrow screen there are no heads; the style shows data-name instead.
  // A chapter that is kept as a whole needs no figure.
  const short = more && { whole: "✓", part: "(✓)" }[state];
  return h(
    "td",
    {
      class: `number ${state} ${more}`,
      "data-name": name,
      title: state === "part" && `${found.judged} of ${clauses.length} judged`,
    },
    short
      ? [
          h("span", { "aria-hidden": "true" }, short),
          h(
            "span",
            { class: "hidden" },
            share(found) + (state === "part" ? ` of ${clauses.length}` : ""),
          ),
        ]
      : share(found),
  );
}

function missing(model) {
  if (!model.missing.length) return null;
  return [
    h("h2", {}, "Could not be judged"),
    h(
      "ul",
      {},
      model.missing.map(({ name, reason }) => h("li", {}, h("b", {}, name), `: ${reason}`)),
    ),
  ];
}

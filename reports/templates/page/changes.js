// What has changed since an earlier record: how it is counted, named and marked.
//
// reports/diff.py decides what a change is; a column has `since` where it was compared, and its
// changes by clause in `changes`. Those that are `quiet` are only counted.

import { capital, h, listed, plural } from "./dom.js";
import { format } from "./address.js";

// How a cell of the matrix is marked, by the kind of the change.
const MARKS = {
  worse: ["regressed", "kit", "known"],
  better: ["mended"],
};

export function hasEarlier(model) {
  return model.columns.some((column) => column.since);
}

// The change of a clause that a reader should look at, or undefined.
export function changeOf(column, id) {
  const change = column.changes.get(id);
  return change?.quiet ? undefined : change;
}

export function changeMark({ kind }) {
  return Object.keys(MARKS).find((name) => MARKS[name].includes(kind)) ?? "other";
}

export function titleOf(model, kind) {
  return model.changes.find(({ name }) => name === kind).title;
}

// The verdicts of a change in words: "pass → fail", or nothing where they are the same.
export function verdictsOf({ before, after }) {
  if (before === after) return "";
  return [before, after].filter(Boolean).join(" → ");
}

// When a record was made: the day, and the time where one of the others was made on the same day.
export function when({ made }, others = []) {
  const day = made.slice(0, 10);
  const twice = others.some((other) => other.made !== made && other.made.startsWith(day));
  return twice ? made.slice(0, 16).replace("T", " ") : day;
}

// The same, with the label that the maker of the record gave it.
export function moment(record, others) {
  return when(record, others) + (record.label ? ` (${record.label})` : "");
}

// The changes of some chapters, or of all, by kind, in the order of the kinds.
export function changesByKind(model, column, chapters) {
  const chosen = [...column.changes.values()].filter(
    ({ clause }) => !chapters.length || chapters.includes(model.clause.get(clause)?.chapter),
  );
  return model.changes
    .map((kind) => ({ ...kind, changes: chosen.filter((one) => one.kind === kind.name) }))
    .filter(({ changes }) => changes.length);
}

// The kinds of which there is a change anywhere.
export function changesInUse(model) {
  const used = new Set(
    model.columns.flatMap(({ changes }) => [...changes.values()].map(({ kind }) => kind)),
  );
  return model.changes.filter(({ name }) => used.has(name));
}

// "2 regressed, 1 mended".
export function changeCounts(found) {
  return (
    found.map(({ title, changes }) => `${changes.length} ${title.toLowerCase()}`).join(", ") ||
    "no change"
  );
}

// The same, each count with what it means.
function explained(found) {
  if (!found.length) return changeCounts(found);
  return found.map((kind, number) => [
    number ? ", " : "",
    h("span", { title: capital(kind.meaning) }, changeCounts([kind])),
  ]);
}

// A line about one implementation, which leads to the rows of the matrix that have changed.
export function sinceLine(model, column, state) {
  if (!column.since) return null;
  const found = changesByKind(model, column, state.chapters);
  const loud = found.some(({ changes }) => changes.some((one) => !one.quiet));
  const href = format({
    view: "matrix",
    columns: [column.label],
    rows: "changed",
    chapters: state.chapters,
  });
  const worse = found.some(({ name }) => name === "regressed");
  const text = explained(found);
  return h(
    "p",
    { class: worse ? "since worse" : "since" },
    `Since ${moment(column.since, [column])}: `,
    loud ? h("a", { href }, text) : text,
  );
}

// What has become worse anywhere, for the beginning of the page. A deviation that an adapter lists
// is no regression, but may be worse than before; with another kit, nobody knows.
export function regressions(model, state) {
  if (!hasEarlier(model)) return null;
  const { chapters } = state;
  const of = (name) =>
    model.columns
      .map(({ label, since }, number) => {
        const kinds = since ? changesByKind(model, model.columns[number], chapters) : [];
        const changes = kinds.find((kind) => kind.name === name)?.changes ?? [];
        return { label, count: changes.length };
      })
      .filter(({ count }) => count);
  const [regressed, known, kit] = ["regressed", "known", "kit"].map(of);
  const link = (found, one, many) => {
    const count = found.reduce((sum, column) => sum + column.count, 0);
    const columns = found.map(({ label }) => label);
    const href = format({ view: "matrix", columns, rows: "changed", chapters });
    return count ? ["; ", h("a", { href }, plural(count, one, many))] : "";
  };
  const text = regressed.length
    ? `Regressed since the earlier records: ${listed(regressed.map(({ label, count }) => `${label} (${plural(count, "clause")})`))}`
    : known.length || kit.length
      ? "No unlisted regression since the earlier records"
      : "Nothing has regressed since the earlier records";
  return h(
    "p",
    { class: regressed.length ? "since worse" : "since" },
    text,
    link(known, "listed deviation is worse", "listed deviations are worse"),
    link(kit, "clause is worse with another kit", "clauses are worse with another kit"),
    ". ",
    h(
      "a",
      { href: format({ view: "matrix", rows: "changed", chapters }) },
      "All changes in the matrix",
    ),
  );
}

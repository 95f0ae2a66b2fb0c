// The evidence: what stands behind a cell, in a panel beside the view.

import { capital, command, h, plural, quoted } from "./dom.js";
import { format } from "./address.js";
import { moment } from "./changes.js";
import { casesOn, standing } from "./data.js";
import { badge, clauseLink, implementationLink, inWords, mark, reason } from "./parts.js";

// The content of the panel. `source` gives the source of a case, as a promise.
export function evidence(model, column, clause, state, source) {
  const cell = column.cells.get(clause.id);
  const cases = casesOn(model, column, clause.id);
  return [
    h("h2", { tabindex: -1, id: "evidence-title" }, clauseLink(clause.id)),
    h("p", { class: "on" }, "on ", implementationLink(column, state)),
    cell
      ? h("p", {}, badge(cell), `: ${cell.verdict.meaning}`)
      : h("p", {}, "No case was run on this implementation."),
    h(
      "dl",
      { class: "facts" },
      h("dt", {}, "Required"),
      h("dd", {}, clause.says, " ", h("span", { class: "level" }, clause.level)),
      clause.reading ? [h("dt", {}, "Reading"), h("dd", {}, clause.reading)] : null,
      cell?.observed
        ? [h("dt", {}, "Observed"), h("dd", { class: "observed" }, cell.observed)]
        : null,
      cell?.known ? [h("dt", {}, capital(standing(cell))), h("dd", {}, reason(cell.known))] : null,
      earlier(model, column, clause, cell),
    ),
    cell ? [h("h3", {}, "Repeat it"), command(again(column, [clause.id]))] : null,
    cases.length ? h("h3", {}, plural(cases.length, "case")) : null,
    // The worst first: it decides the verdict on the clause.
    cases
      .sort((one, other) => model.rank.get(other.verdict.name) - model.rank.get(one.verdict.name))
      .map((one, number) => caseEvidence(model, column, one, number === 0, source)),
  ];
}

// What the earlier record says of a clause.
function earlier(model, column, clause, cell) {
  const { since } = column;
  const change = column.changes.get(clause.id);
  if (!since || !(cell || change)) return null;
  const said = change ? (change.before ?? "not judged") : "the same verdict";
  const kind = change && model.changes.find(({ name }) => name === change.kind);
  return [
    h("dt", {}, "Before"),
    h(
      "dd",
      {},
      `${said}, on ${moment(since, [column])}`,
      change?.observed ? h("span", { class: "observed" }, change.observed) : null,
    ),
    kind
      ? [
          h("dt", {}, "Change"),
          h(
            "dd",
            {},
            h("b", {}, kind.title),
            `: ${kind.meaning}`,
            change.note ? ` (${change.note})` : "",
          ),
        ]
      : null,
  ];
}

// The command that runs the cases of some clauses again.
export function again(column, clauses) {
  return ["pytest", `--impl=${column.implementation.name}`, ...clauses].map(quoted).join(" ");
}

function caseEvidence(model, column, one, open, source) {
  const name = one.id
    .split("::")
    .at(-1)
    .replace(/^test_/, "")
    .replaceAll("_", " ");
  const fact = (term, value) => (value ? [h("dt", {}, term), h("dd", {}, value)] : null);
  const waits = Object.entries(one.waits ?? {}).map(
    ([duration, seconds]) => `${seconds.toFixed(3)} s within ${duration}`,
  );
  const counts = Object.entries(one.counts ?? {}).map(
    ([verdict, count]) => `${count} × ${verdict}`,
  );
  return h(
    "details",
    { class: "case", open },
    h("summary", {}, mark(one), " ", name, h("span", { class: "hidden" }, `: ${inWords(one)}`)),
    h(
      "dl",
      { class: "facts" },
      fact("Observed", one.observed),
      fact("Check", one.check && h("code", {}, one.check)),
      fact("Failed at", one.where && h("code", {}, `battery/${one.where}`)),
      fact(
        "Evidence",
        one.evidence?.length &&
          h(
            "ul",
            {},
            one.evidence.map((line) => h("li", {}, line)),
          ),
      ),
      fact("Repeated", counts.join(", ")),
      one.known === null ? null : fact(capital(standing(one)), reason(one.known)),
      fact("Took", `${one.milliseconds} ms${waits.length ? `; waited ${waits.join(", ")}` : ""}`),
      fact("Case", one.place ? h("code", {}, `battery/${one.place}`) : h("code", {}, one.id)),
    ),
    one.output ? folded("Output and stacks", one.output) : null,
    one.place ? sourceOf(model, column, one, source) : null,
  );
}

function folded(title, text) {
  return h("details", { class: "folded" }, h("summary", {}, title), listing(text));
}

// Listings may be wider than the panel, and are scrolled with the keyboard as well.
function listing(text) {
  return h("pre", { tabindex: 0 }, text);
}

// The source of a case, unpacked when it is asked for.
function sourceOf(model, column, one, source) {
  const place = h("div", {});
  const details = h("details", { class: "folded" }, h("summary", {}, "Source of the case"), place);
  details.addEventListener("toggle", async () => {
    if (!details.open || place.childElementCount) return;
    const text = await source(one.id);
    place.replaceChildren(
      column.kit.battery === model.battery_digest
        ? ""
        : h("p", {}, "The record was made with another version of the battery than this source."),
      text ? listing(text) : h("p", {}, "This page does not have it."),
    );
  });
  return details;
}

// The address of the evidence for a clause on an implementation, beside what is shown now.
export function evidenceLink(state, clause, label, ...content) {
  return h("a", { href: format({ ...state, cell: [clause, label] }) }, ...content);
}

// The data of the page: unpacking it, and what can be asked about it.
//
// The model has `verdicts`, `chapters`, `clauses`, `cases`, `missing`, and the kinds of `changes` as
// reports/page.py wrote them, and `columns`: one for each implementation, made by column() from the data or from a record
// that a reader has dropped onto the page.

import { fromData, fromRecord } from "./schedules.js";

// The JSON values in a packed block: base64 of zlib.
export async function unpack(element) {
  const bytes = Uint8Array.from(atob(element.textContent.trim()), (one) => one.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(plain).json();
}

export function read(data) {
  const model = {
    ...data,
    rank: new Map(data.verdicts.map((verdict, number) => [verdict.name, number])),
    clause: new Map(data.clauses.map((clause, number) => [clause.id, { ...clause, number }])),
    caseNumber: new Map(data.cases.map((one, number) => [one.id, number])),
    casesOf: new Map(),
    columns: [],
  };
  model.clauses = [...model.clause.values()];
  // Clauses of the level info have no cases.
  model.judged = model.clauses.filter((clause) => clause.level !== "info");
  model.cases.forEach((_, number) => enter(model, number));
  const rankOf = new Map(data.verdicts.map((verdict, number) => [verdict.symbol, number]));
  for (const one of data.implementations) {
    // Symbols are single characters, so this takes one for each case.
    const ranks = [...one.verdicts].map((symbol) => rankOf.get(symbol) ?? -1);
    const details = new Map();
    for (const [number, detail] of Object.entries(one.details)) {
      details.set(Number(number), withTexts(detail, data.texts));
    }
    for (const change of one.since?.changes ?? []) {
      if ("observed" in change) change.observed = data.texts[change.observed];
    }
    const exploration = one.exploration && fromData(one.exploration, data);
    model.columns.push(column(model, { ...one, ranks, details, exploration }));
  }
  delete model.implementations;
  delete model.texts;
  return model;
}

function enter(model, number) {
  const { clause } = model.cases[number];
  if (!model.casesOf.has(clause)) model.casesOf.set(clause, []);
  model.casesOf.get(clause).push(number);
}

// A detail with the texts themselves in the places of their numbers.
function withTexts(detail, texts) {
  const found = { ...detail };
  for (const name of ["observed", "where", "check", "output"]) {
    if (name in detail) found[name] = texts[detail[name]];
  }
  if (detail.evidence) found.evidence = detail.evidence.map((number) => texts[number]);
  if (detail.divergence) {
    const { verdict, reason } = detail.divergence;
    found.divergence = { verdict, reason: texts[reason] };
  }
  return found;
}

// One implementation. `cells` has an entry for each clause that was judged: the number of its
// verdict, the worst of its cases, and of the case with that verdict.
function column(
  model,
  {
    label,
    implementation,
    kit,
    made,
    time_scale,
    ranks,
    milliseconds,
    details,
    own,
    since,
    history,
    exploration,
  },
) {
  const found = {
    label,
    implementation,
    kit,
    made,
    timeScale: time_scale,
    own: Boolean(own),
    since: since ?? null,
    changes: new Map(since?.changes.map((change) => [change.clause, change])),
    history: history ?? [],
    exploration: exploration ?? null,
    foreign: kit.clauses !== model.clauses_digest,
    ranks,
    milliseconds,
    details,
    cells: new Map(),
  };
  for (const clause of model.judged) {
    let worst = null;
    for (const number of model.casesOf.get(clause.id) ?? []) {
      const rank = ranks[number] ?? -1;
      if (rank >= 0 && (worst === null || rank > worst.rank)) worst = { rank, number };
    }
    if (worst === null) continue;
    found.cells.set(clause.id, { ...worst, ...judgement(model, found, worst.number) });
  }
  return found;
}

// What a column says of a case: its verdict, whether something is wrong, what was observed, and the
// reason of a known divergence, or null, and whether nobody has reviewed that reason. A divergence
// that is expected to vary may deviate in any way.
function judgement(model, { ranks, details }, number) {
  const verdict = model.verdicts[ranks[number]];
  const { observed = "", divergence } = details.get(number) ?? {};
  const isKnown = verdict.deviation && [verdict.name, "varies"].includes(divergence?.verdict);
  const unreviewed = isKnown && divergence.reason.startsWith(model.unreviewed);
  return {
    verdict,
    bad: verdict.deviation || verdict.name === "error",
    observed,
    known: isKnown ? divergence.reason.slice(unreviewed ? model.unreviewed.length : 0) : null,
    unreviewed,
  };
}

// Add the column of a record, a JSON document that a reader has dropped onto the page.
// Throws an error whose message is for the reader.
export function addRecord(model, document, file) {
  const schema = document?.schema;
  if (typeof schema !== "string" || !schema.startsWith("threadspec-record/")) {
    throw new Error(`${file} is not a record of threadspec; write one with pytest --impl-report.`);
  }
  if (!model.schemas.includes(schema)) {
    throw new Error(
      `${file} has the format ${schema}, but this page reads ${model.schemas.join(" and ")}; ` +
        "write it again with the same version of the kit as this page.",
    );
  }
  if (!document.finished) {
    throw new Error(`${file} is of a run that was interrupted; run the battery to its end.`);
  }
  if (document.exploration && !document.cases?.length) {
    throw new Error(
      `${file} is of an exploration alone; add it to a record with threadspec explore --add-to.`,
    );
  }
  const ranks = [];
  const milliseconds = [];
  const details = new Map();
  let added;
  try {
    for (const result of document.cases) {
      const number = caseNumber(model, result);
      if (!model.rank.has(result.verdict)) throw new TypeError(result.verdict);
      ranks[number] = model.rank.get(result.verdict);
      milliseconds[number] = Math.round(result.seconds * 1000);
      details.set(number, result);
    }
    const { implementation, kit, made, time_scale } = document;
    const label = freeLabel(model, implementation.name);
    added = column(model, {
      label,
      implementation,
      kit,
      made,
      time_scale,
      ranks,
      milliseconds,
      details,
      own: true,
      exploration: document.exploration && fromRecord(document.exploration),
    });
  } catch (error) {
    throw new Error(`${file} is damaged (${error.message}); write it again with --impl-report.`);
  }
  model.columns.push(added);
  return added;
}

function caseNumber(model, { case: id, clause }) {
  if (!model.caseNumber.has(id)) {
    model.cases.push({ id, clause });
    model.caseNumber.set(id, model.cases.length - 1);
    enter(model, model.cases.length - 1);
  }
  return model.caseNumber.get(id);
}

function freeLabel(model, name) {
  const taken = new Set(model.columns.map((one) => one.label));
  let label = name;
  for (let number = 2; taken.has(label); number += 1) label = `${name} #${number}`;
  return label;
}

// The standings of a deviation: whether the adapter lists it, and whether the reason is reviewed.
export const STANDINGS = ["new", "unreviewed", "known"];

export function standing({ known, unreviewed }) {
  return known === null ? "new" : unreviewed ? "unreviewed" : "known";
}

// What is known of each case of a clause on an implementation, in the order of the battery.
export function casesOn(model, column, clause) {
  return (model.casesOf.get(clause) ?? [])
    .filter((number) => (column.ranks[number] ?? -1) >= 0)
    .map((number) => ({
      ...model.cases[number],
      ...column.details.get(number),
      ...judgement(model, column, number),
      milliseconds: column.milliseconds[number],
    }));
}

// How many of these clauses an implementation keeps, and how many were judged: a clause for which
// something is not offered was not.
export function score(column, clauses) {
  let kept = 0;
  let judged = 0;
  for (const { id } of clauses) {
    const name = column.cells.get(id)?.verdict.name;
    if (name === undefined || name === "not-offered") continue;
    judged += 1;
    if (name === "pass") kept += 1;
  }
  return { kept, judged, broken: judged - kept };
}

// The clauses that decide how much of some was judged: the required ones, where there are any.
function deciding(clauses) {
  const must = atLevel(clauses, "must");
  return must.length ? must : clauses;
}

// Whether fewer than half of some clauses were judged, so that what is kept of them tells little.
export function isHardlyJudged(column, clauses) {
  const some = deciding(clauses);
  return score(column, some).judged * 2 < some.length;
}

// How much of some chapters, or of all, was judged: the numbers, the chapters of which nothing was,
// and whether the score tells too little to be ranked among others.
export function coverage(model, column, chapters) {
  const clauses = inChapters(model.judged, chapters);
  const some = deciding(clauses);
  const absent = model.chapters.filter(({ name }) => {
    const own = deciding(clauses.filter(({ chapter }) => chapter === name));
    return own.length && !score(column, own).judged;
  });
  return {
    judged: score(column, some).judged,
    total: some.length,
    absent,
    // A program that uses a chapter cannot do without it.
    little: isHardlyJudged(column, clauses) || (chapters.length > 0 && absent.length > 0),
  };
}

// What became of some clauses, as the class of a figure. A part that was kept is no whole.
export function stateOf(column, clauses) {
  const { judged, broken } = score(column, clauses);
  if (!judged) return "nothing";
  if (broken) return "broken";
  return isHardlyJudged(column, clauses) ? "part" : "whole";
}

export function share({ kept, judged }) {
  return judged ? `${kept}/${judged}` : "·";
}

// The clauses of some chapters, or of all where none is chosen.
export function inChapters(clauses, chapters) {
  return chapters.length ? clauses.filter((one) => chapters.includes(one.chapter)) : clauses;
}

export function atLevel(clauses, level) {
  return clauses.filter((clause) => clause.level === level);
}

// How many of these clauses have each verdict, in the order of the verdicts, without zeros.
export function counts(model, column, clauses) {
  const found = new Map();
  for (const { id } of clauses) {
    const name = column.cells.get(id)?.verdict.name;
    if (name) found.set(name, (found.get(name) ?? 0) + 1);
  }
  return model.verdicts
    .filter(({ name }) => found.has(name))
    .map((verdict) => ({ verdict, count: found.get(verdict.name) }));
}

// A chapter's title, shorter: "Lock" for "Lock Objects".
export function shortTitle(chapter) {
  return chapter.title.replace(" Objects", "");
}

// What a clause is about: the beginning of its id, such as lock.acquire.
export function subject(clause) {
  return clause.id.split(".").slice(0, -1).join(".");
}

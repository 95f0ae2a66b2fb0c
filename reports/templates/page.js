// The page: reads its data, and shows the view that its address names.
//
// A view has an `element`, a `title`, and update(state), which draws it for another state of the
// address; it may have mark(cell) and focusCell(cell) for the cell whose evidence is shown. What a reader chooses goes into the address first, and is drawn from there.

import { h, listed } from "./page/dom.js";
import { format, parse } from "./page/address.js";
import { addRecord, read, unpack } from "./page/data.js";
import { overview } from "./page/overview.js";
import { matrix } from "./page/matrix.js";
import { implementation } from "./page/implementation.js";
import { clausePage } from "./page/clause.js";
import { evidence } from "./page/evidence.js";

const VIEWS = { overview, matrix, implementation, clause: clausePage };

function start(model) {
  const main = document.querySelector("#view");
  const panel = document.querySelector("#evidence");
  const alert = document.querySelector("#alert");
  const notice = document.querySelector("#notice");
  let state = null;
  let view = null;
  let sources = null;

  // Change what is chosen. A change of filters replaces the address; one with `push` can be taken
  // back with the browser's button.
  function go(changes, { push = false } = {}) {
    const address = format({ ...state, ...changes });
    if (address === location.hash) return;
    if (push) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    show(parse(address));
  }

  function show(asked) {
    const before = state;
    const { next, absent } = existing(model, asked);
    state = next;
    notice.replaceChildren(
      absent.length ? h("p", {}, `This page does not have ${listed(absent)}.`) : "",
    );
    const opened = openedCell();
    // The view is narrower beside the evidence, so this comes first.
    document.body.classList.toggle("beside", opened !== null);
    if (view === null || before.view !== state.view || before.id !== state.id) {
      view = VIEWS[state.view](model, go, state);
      main.replaceChildren(view.element);
      view.update(state);
      document.title = `${view.title} · threadspec`;
      for (const link of document.querySelectorAll("header nav a")) {
        if (link.dataset.view === state.view) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
      if (before) {
        scrollTo(0, 0);
        main.querySelector("h1")?.focus({ preventScroll: true });
      }
    } else if (withoutCell(before) !== withoutCell(state)) view.update(state);
    view.mark?.(state.cell);
    for (const link of document.querySelectorAll("header nav a")) {
      link.href = format({ view: link.dataset.view, chapters: state.chapters });
    }
    showEvidence(opened, before?.cell);
    // For programs that wait until a view is drawn, such as the tests.
    document.body.dataset.shown = location.hash || "#";
  }

  // -- the evidence -------------------------------------------------------------------------------

  // The clause and the implementation whose evidence the address names, or null.
  function openedCell() {
    const [id, label] = state.cell ?? [];
    const clause = model.clause.get(id);
    const column = model.columns.find((one) => one.label === label);
    return clause && column ? { clause, column } : null;
  }

  function showEvidence(opened, before) {
    if (!opened) {
      if (panel.open) panel.close();
      return;
    }
    if (String(before) === String(state.cell) && panel.open) return;
    const { column, clause } = opened;
    const content = evidence(model, column, clause, { ...state, cell: null }, sourceOf);
    panel.querySelector(".content").replaceChildren(...content.flat(Infinity).filter(Boolean));
    panel.scrollTop = 0;
    // On a narrow screen the panel covers everything, so nothing else may get the focus.
    const narrow = matchMedia("(max-width: 60rem)").matches;
    if (!panel.open) narrow ? panel.showModal() : panel.show();
    panel.querySelector("h2").focus({ preventScroll: true });
  }

  function closeEvidence() {
    const { cell } = state;
    if (!cell) return;
    const link = main.querySelector(`a[href="${CSS.escape(format(state))}"]`);
    go({ cell: null });
    if (view.focusCell) view.focusCell(cell);
    else if (link && !link.closest("details:not([open])")) link.focus();
    else main.querySelector("h1")?.focus({ preventScroll: true });
  }

  panel.querySelector("button").addEventListener("click", closeEvidence);
  panel.addEventListener("cancel", (event) => {
    event.preventDefault();
    closeEvidence();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel.open) closeEvidence();
  });

  async function sourceOf(id) {
    sources ??= await unpack(document.querySelector("#sources"));
    return sources.texts[sources.of[id]];
  }

  // -- records that a reader opens ----------------------------------------------------------------

  async function open(files) {
    alert.replaceChildren();
    let added = null;
    for (const file of files) {
      try {
        added = addRecord(model, await documentOf(file), file.name);
      } catch (error) {
        alert.append(h("p", {}, error.message));
      }
    }
    if (!added) return;
    view = null;
    const { label, implementation } = added;
    // An earlier record of the same implementation shows what has changed.
    const other = model.columns.find((one) => one !== added && one.label === implementation.name);
    const compare = other && { view: "matrix", columns: [other.label, label], rows: "differ" };
    alert.append(
      h(
        "p",
        {},
        `${label} was added for as long as this page is open. `,
        h("a", { href: format({ view: "implementation", id: label }) }, "Its page"),
        compare
          ? [" · ", h("a", { href: format(compare) }, `Compare it with ${other.label}`)]
          : null,
      ),
    );
    show(state);
  }

  const input = document.querySelector("#open");
  input.addEventListener("change", async () => {
    await open(input.files);
    input.value = ""; // so that the same file can be opened again
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    open(event.dataTransfer.files);
  });

  // -- the rest -----------------------------------------------------------------------------------

  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address is ours
    main.querySelector("h1").focus();
  });
  // What is folded would be missing on paper.
  addEventListener("beforeprint", () => {
    for (const details of main.querySelectorAll("article details")) details.open = true;
  });
  addEventListener("hashchange", () => show(parse(location.hash)));
  show(parse(location.hash));
}

// What an address asks for, without what this page does not have, and a list of that. The
// implementations, and the clause or the implementation of a page, are the business of the views.
function existing(model, asked) {
  const absent = asked.unknown && asked.view === "overview" ? [`a view ${asked.unknown}`] : [];
  const next = { ...asked };
  const known = {
    chapters: ["the chapter", model.chapters.map(({ name }) => name)],
    levels: ["the level", ["must", "should", "free"]],
    verdicts: ["the verdict", model.verdicts.map(({ name }) => name)],
  };
  for (const [list, [kind, names]] of Object.entries(known)) {
    next[list] = asked[list].filter((name) => names.includes(name));
    const others = asked[list].filter((name) => !names.includes(name));
    absent.push(...others.map((name) => `${kind} ${name}`));
  }
  if (asked.cell) {
    const [id, label] = asked.cell;
    const isThere = model.clause.has(id) && model.columns.some((one) => one.label === label);
    if (!isThere) absent.push(`evidence for ${asked.cell.join(" on ")}`);
  }
  return { next, absent };
}

// The address of a view, whatever evidence is shown beside it.
function withoutCell(state) {
  return format({ ...state, cell: null });
}

// The JSON document in a file, which may be compressed.
async function documentOf(file) {
  try {
    const plain = file.name.endsWith(".gz")
      ? file.stream().pipeThrough(new DecompressionStream("gzip"))
      : file.stream();
    return await new Response(plain).json();
  } catch (error) {
    throw new Error(`${file.name} is not complete JSON (${error.message}).`);
  }
}

try {
  start(read(await unpack(document.querySelector("#results"))));
  document.querySelector(".plain").remove();
} catch (error) {
  // The plain table is still there.
  document.documentElement.classList.remove("scripted");
  throw error;
}

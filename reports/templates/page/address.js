// The address: what is shown, as the part behind # of the page's address, so that a link shows what
// its sender saw.
//
// #matrix?chapters=lock,rlock&rows=differ       a view, and what is chosen in it
// #implementation/stdlib@3.13                   the page of an implementation
// #clause/lock.acquire.held-blocks              the page of a clause; also without "clause/"

const LISTS = ["chapters", "levels", "verdicts", "columns", "open"];
const TEXTS = ["rows", "q", "sort"];
const VIEW_NAMES = ["overview", "matrix", "implementation", "clause"];

export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?");
  const [view, ...rest] = path.split("/");
  const state = { view, id: decode(rest.join("/")), cell: null };
  for (const name of LISTS) state[name] = [];
  for (const name of TEXTS) state[name] = "";
  for (const part of query.split("&")) {
    const [name, value = ""] = part.split("=");
    if (LISTS.includes(name)) state[name] = value.split(",").filter(Boolean).map(decode);
    else if (TEXTS.includes(name)) state[name] = decode(value);
    else if (name === "cell") state.cell = value.split(",").map(decode);
  }
  if (!VIEW_NAMES.includes(view)) {
    state.view = path.includes(".") ? "clause" : "overview";
    state.id = state.view === "clause" ? decode(path) : "";
    state.unknown = decode(path); // the reader is told, unless it is a clause
  }
  return state;
}

export function format(state) {
  const query = [];
  for (const name of LISTS) {
    if (state[name]?.length) query.push(`${name}=${state[name].map(encode).join(",")}`);
  }
  for (const name of TEXTS) {
    if (state[name]) query.push(`${name}=${encode(state[name])}`);
  }
  if (state.cell) query.push(`cell=${state.cell.map(encode).join(",")}`);
  const path = state.id ? `${state.view}/${encode(state.id)}` : state.view;
  return `#${path}${query.length ? `?${query.join("&")}` : ""}`;
}

// Commas separate the items of a list; what looks better plain stays so.
function encode(text) {
  return encodeURIComponent(text).replace(/%(40|2F|3A|20)/g, (code) =>
    code === "%20" ? "+" : decodeURIComponent(code),
  );
}

function decode(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", "%20"));
  } catch {
    return text; // a link that was cut
  }
}

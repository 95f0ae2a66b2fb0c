// Small helpers that make elements.

// An element: its attributes (a function is a listener, false and null leave one out), and its
// children: nodes, texts, lists of these, or null.
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== false));
  return element;
}

// A text for a place in HTML that is written as a string, as the cells of the matrix are.
export function escape(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function plural(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

// Replace what is in a place, and keep the focus on the same control: the one with the same `value`.
export function redraw(place, ...content) {
  const focused = place.contains(document.activeElement) ? document.activeElement.value : "";
  place.replaceChildren(...content);
  if (focused) place.querySelector(`[value="${CSS.escape(focused)}"]`)?.focus();
}

export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// "a, b and c".
export function listed(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

// "a, b, c and 5 more".
export function few(words) {
  const shown = words.slice(0, words.length === 4 ? 4 : 3);
  return listed(
    words.length > shown.length ? [...shown, `${words.length - shown.length} more`] : shown,
  );
}

// A command for a shell, with a button that copies it.
export function command(text) {
  const button = h("button", { type: "button", class: "quiet" }, "Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  });
  // Pages from the disk may not be allowed to use the clipboard.
  return h(
    "p",
    { class: "command" },
    h("code", { tabindex: 0 }, text), // it scrolls where it is too long
    navigator.clipboard ? button : null,
  );
}

// A word for a shell: in quotes where it needs them.
export function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

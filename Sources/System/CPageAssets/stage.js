// The stage view: pictures, slider, formula and one chart on one screen, for the back row.

// What a lecture needs of the page, by the name of its place on the stage.
function stageParts() {
  const first = document.querySelector("main > section");
  const outside = selector => all(selector).filter(element => !element.parentElement.closest(".custom"));
  const shown = first && [".pictures", ".custom", ".many"].map(kind => first.querySelector(kind)).find(Boolean);
  const charts = outside(".chart"), numbers = outside(".numbers");
  return {
    pictures: shown ? [shown] : [],
    side: charts.length ? charts : numbers.slice(0, 1),
    formula: outside(".formula"),
    line: all(".timeline", first || document).slice(0, 1),
  };
}

function startStage() {
  const parts = stageParts();
  if (!parts.pictures.length || !parts.line.length) return;
  const shown = { pictures: 0, side: 0, formula: 0, line: 0 };
  let stage = null, opener = null, back = [];

  const button = document.createElement("button");
  button.type = "button";
  button.className = "to-stage";
  button.innerHTML = "Stage view <kbd>P</kbd>";
  button.addEventListener("click", enter);
  (document.querySelector("header .place") || document.querySelector("header")).append(button);

  // Moves the part that is shown to its place; `back` remembers where it came from.
  function put(name) {
    const part = parts[name][shown[name]];
    if (!part) return;
    const mark = document.createComment(name);
    part.before(mark);
    back.push([name, mark, part]);
    stage.querySelector(`.on-${name}`).append(part);
  }

  function putBack(only) {
    back = back.filter(([name, mark, part]) => {
      if (only && name !== only) return true;
      mark.replaceWith(part);
      return false;
    });
  }

  function next(name) {
    if (parts[name].length < 2) return;
    putBack(name);
    shown[name] = (shown[name] + 1) % parts[name].length;
    put(name);
    fit();
  }

  function enter() {
    opener = document.activeElement;
    stage = document.createElement("section");
    stage.className = "stage";
    stage.tabIndex = -1;
    for (const [name, value] of [["role", "dialog"], ["aria-modal", "true"], ["aria-label", "Stage view"]]) {
      stage.setAttribute(name, value);
    }
    const places = ["pictures", "side", "formula", "line"].filter(name => parts[name].length);
    stage.innerHTML = `<h1></h1>${places.map(name => `<div class="on-${name}"></div>`).join("")}
      <p class="keys"><span><kbd>←</kbd> <kbd>→</kbd> step</span> <span><kbd>Home</kbd> <kbd>End</kbd> ends</span>
      <span><kbd>space</kbd> play</span>${parts.side.length > 1 ? " <span><kbd>C</kbd> next chart</span>" : ""}
      ${parts.formula.length > 1 ? " <span><kbd>F</kbd> next formula</span>" : ""}
      <button type="button"><kbd>Esc</kbd> leave</button></p>`;
    stage.querySelector("h1").textContent = document.querySelector("h1").textContent;
    stage.querySelector(".keys button").addEventListener("click", leave);
    stage.classList.toggle("alone", !parts.side.length);
    stage.classList.toggle("crowded", parts.pictures[0].children.length > 3);
    document.body.append(stage);
    document.documentElement.classList.add("staged");
    for (const element of document.body.children) if (element !== stage) element.inert = true;
    places.forEach(put);
    stage.focus();
    new ResizeObserver(fit).observe(stage);
    fit();
  }

  function leave() {
    if (!stage) return;
    for (const element of all(".on-pictures > .custom, .on-pictures > .custom .frame", stage)) {
      element.style.maxWidth = element.style.zoom = "";
    }
    putBack();
    stage.remove();
    stage = null;
    document.documentElement.classList.remove("staged");
    for (const element of document.body.children) element.inert = false;
    if (opener) opener.focus({ preventScroll: true });
  }

  // A formula that is narrow enough stands under the chart, and leaves its height to the pictures.
  function arrange() {
    const formula = stage.querySelector(".on-formula .scroll");
    stage.classList.toggle("beside", Boolean(formula) && parts.side.length > 0);
    if (formula && formula.scrollWidth > formula.clientWidth) stage.classList.remove("beside");
  }

  // The pictures as large as their place allows: tries every number of columns.
  function fit() {
    const place = stage && stage.querySelector(".on-pictures");
    if (!place) return;
    arrange();
    const group = place.firstElementChild;
    if (!group.matches(".pictures")) return fitCustom(group, place);
    const image = group.querySelector("img"), aspect = image.width / image.height || 1;
    const gap = parseFloat(getComputedStyle(group).columnGap) || 0, count = group.children.length;
    const set = (columns, width) => {
      group.style.setProperty("--fit-columns", columns);
      group.style.setProperty("--fit", `${Math.floor(width)}px`);
      return Math.max(...all("figcaption", group).map(caption => caption.offsetHeight + 8));
    };
    let best = [1, 0];
    for (let columns = 1; columns <= count; columns += 1) {
      const rows = Math.ceil(count / columns);
      let width = (place.clientWidth - (columns - 1) * gap) / columns;
      // Narrower pictures have higher captions.
      for (let pass = 0; pass < 2; pass += 1) {
        const words = set(columns, width);
        width = Math.min(width, ((place.clientHeight - (rows - 1) * gap) / rows - words) * aspect);
      }
      if (width > best[1]) best = [columns, width];
    }
    set(...best);
  }

  function fitCustom(element, place) {
    // Words alone grow to fill the place.
    if (!element.querySelector("img, canvas, svg")) {
      for (let zoom = 1.6; zoom >= 0.6; zoom -= 0.1) {
        element.style.zoom = zoom;
        if (place.scrollHeight <= place.clientHeight && place.scrollWidth <= place.clientWidth) break;
      }
      return;
    }
    const frames = all(".frame", element), shrunk = frames.length ? frames : [element];
    for (let share = 100; share > 50; share -= 5) {
      for (const one of shrunk) one.style.maxWidth = `${share}%`;
      if (place.scrollHeight <= place.clientHeight) break;
    }
  }

  document.addEventListener("keydown", event => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.closest && event.target.closest("select, textarea, [contenteditable], input[type=text]")) return;
    const key = event.key.toLowerCase();
    if (key === "p") return stage ? leave() : enter();
    if (!stage) return;
    if (key === "escape") leave();
    if (key === "c") next("side");
    if (key === "f") next("formula");
  });
  addEventListener("beforeprint", leave);
}

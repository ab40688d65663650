// The script of every page: what is where on the axes, and everything that moves with them.
const [book, pictures, customData] = JSON.parse(document.getElementById("data").textContent);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
// How large the reader's type is, 1 for 16 pixels; what scripts draw grows with it.
const typeSize = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// Where the reader is on each axis, and who wants to know: [axes or null for all, function].
const positions = book.axes.map(axis => axis.start);
const followers = [];

function follow(axes, update) {
  followers.push([axes, update]);
  update();
}

function move(axis, position) {
  position = clamp(position, 0, book.axes[axis].labels.length - 1);
  if (position === positions[axis]) return;
  positions[axis] = position;
  for (const [axes, update] of followers) if (!axes || axes.includes(axis)) update();
}

// The value of something that varies, at the current positions; the last axis moves fastest.
function current(axes, values) {
  let index = 0;
  for (const axis of axes) index = index * book.axes[axis].labels.length + positions[axis];
  return values[index];
}

// ---- pictures ----

const addresses = [];
function address(index) {
  if (!addresses[index]) {
    const bytes = Uint8Array.from(atob(pictures[index].png), c => c.charCodeAt(0));
    addresses[index] = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
  }
  return addresses[index];
}

function startPictures() {
  for (const image of all("img[data-film]")) {
    const film = book.films[image.dataset.film];
    let badge = null;
    if (film.borrowed) {
      badge = image.parentElement.appendChild(document.createElement("span"));
      badge.className = "borrowed";
    }
    follow(film.axes, () => {
      image.picture = current(film.axes, film.frames);
      image.src = address(image.picture);
      const label = badge && current(film.axes, film.borrowed);
      if (badge) badge.textContent = label == null ? "" : "picture of " + label;
    });
  }
  for (const group of all(".pictures")) startReading(group);
}

// Pointing at a picture marks the same place in its neighbours and tells the values there.
function startReading(group) {
  const frames = all(".frame", group);
  const marks = frames.map(frame => {
    const mark = frame.appendChild(document.createElement("i"));
    mark.className = "mark";
    return mark;
  });
  group.addEventListener("pointermove", event => {
    const frame = event.target.closest(".frame");
    if (!frame) return clear();
    const box = frame.getBoundingClientRect();
    const u = clamp((event.clientX - box.left) / box.width, 0, 0.9999);
    const v = clamp((event.clientY - box.top) / box.height, 0, 0.9999);
    frames.forEach((other, i) => {
      const image = other.querySelector("img");
      const x = Math.floor(u * image.naturalWidth), y = Math.floor(v * image.naturalHeight);
      marks[i].style.cssText = `display:block;left:${u * 100}%;top:${v * 100}%`;
      other.closest("figure").querySelector(".reading").textContent =
        `(${x}, ${y}) ${pixelText(image, x, y)}`;
    });
  });
  const clear = () => {
    for (const mark of marks) mark.style.display = "none";
    for (const reading of all(".reading", group)) reading.textContent = "";
  };
  group.addEventListener("pointerleave", clear);
}

const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
function pixelText(image, x, y) {
  const picture = pictures[image.picture];
  if (picture.values) {
    const bytes = Uint8Array.from(atob(picture.values), c => c.charCodeAt(0));
    return numeral(new Float32Array(bytes.buffer)[y * image.naturalWidth + x]);
  }
  canvas.canvas.width = canvas.canvas.height = 1;
  canvas.drawImage(image, -x, -y);
  return "RGB " + [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)].join(" ");
}

// ---- texts, choices, selections ----

function startTexts() {
  for (const element of all("[data-text]")) {
    const { axes, values } = book.texts[element.dataset.text];
    follow(axes, () => { element.textContent = current(axes, values); });
  }
}

function startChoices() {
  for (const group of all(".choice")) {
    const axis = Number(group.dataset.axis);
    const options = all("input", group);
    for (const option of options) {
      option.addEventListener("change", () => move(axis, Number(option.value)));
    }
    follow([axis], () => { options[positions[axis]].checked = true; });
  }
  for (const group of all("[data-selects]")) {
    const axis = Number(group.dataset.selects);
    const items = all("[data-position]", group);
    for (const item of items) {
      item.addEventListener("click", () => move(axis, Number(item.dataset.position)));
    }
    const isList = group.getAttribute("role") === "listbox";
    if (isList) group.addEventListener("keydown", event => pick(event, axis, items));
    follow([axis], () => items.forEach((item, i) => {
      const isCurrent = i === positions[axis];
      item.classList.toggle("current", isCurrent);
      if (!isList) return item.setAttribute("aria-current", isCurrent);
      // One stop for the Tab key: the arrows go on from there.
      item.setAttribute("aria-selected", isCurrent);
      item.tabIndex = isCurrent ? 0 : -1;
    }));
  }
}

// The keys within a list of pictures; up and down keep to the column.
function pick(event, axis, items) {
  if (isModified(event)) return;
  const here = positions[axis], first = items[0].offsetTop;
  const row = items.filter(item => item.offsetTop === first).length;
  const to = {
    ArrowLeft: here - 1, ArrowRight: here + 1, ArrowUp: here - row, ArrowDown: here + row, Home: 0,
    End: items.length - 1, Enter: here, " ": here,
  }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  if (!items[to]) return;
  move(axis, to);
  items[to].focus();
}

// ---- timelines ----

const timelines = [];
let lastUsed = null;

function startTimelines() {
  for (const element of all(".timeline")) timelines.push(timeline(element));
  document.addEventListener("keydown", pressed);
}

function timeline(element) {
  const axis = Number(element.dataset.axis);
  const { labels } = book.axes[axis];
  const slider = element.querySelector("input");
  const play = element.querySelector(".play");
  const speed = element.querySelector(".speed");
  const place = element.querySelector("output b");
  const speeds = [1, 2, 4, 0.5];
  let timer = null;
  place.style.minWidth = Math.max(...labels.map(label => label.length)) + "ch";

  const self = { axis, element, step, toggle };
  function step(change) {
    lastUsed = self;
    move(axis, positions[axis] + change);
  }
  function stop() {
    clearTimeout(timer);
    timer = null;
    element.classList.remove("playing");
    play.setAttribute("aria-label", "Play");
  }
  function tick() {
    if (positions[axis] === labels.length - 1) return stop();
    move(axis, positions[axis] + 1);
    timer = setTimeout(tick, clamp(8000 / labels.length, 60, 700) / Number(speed.value || 1));
  }
  function toggle() {
    lastUsed = self;
    if (timer !== null) return stop();
    if (positions[axis] === labels.length - 1) move(axis, 0);
    element.classList.add("playing");
    play.setAttribute("aria-label", "Pause");
    timer = setTimeout(tick, 200);
  }
  slider.addEventListener("input", () => {
    lastUsed = self;
    move(axis, Number(slider.value));
  });
  play.addEventListener("click", toggle);
  speed.addEventListener("click", () => {
    speed.value = speeds[(speeds.indexOf(Number(speed.value || 1)) + 1) % speeds.length];
    speed.textContent = (speed.value === "0.5" ? "½" : speed.value) + "×";
  });
  new ResizeObserver(() => drawTicks(element.querySelector(".ticks"), labels)).observe(slider);
  follow([axis], () => {
    slider.value = positions[axis];
    slider.setAttribute("aria-valuetext", labels[positions[axis]]);
    place.textContent = labels[positions[axis]];
  });
  return self;
}

function drawTicks(ticks, labels) {
  const last = labels.length - 1;
  // The first and the last label stand inside the track, and long ones reach further in.
  const longest = Math.max(...labels.map(label => label.length)) * 7;
  const widest = longest + 14 + Math.max(longest - 42, 0) / 2;
  const room = Math.max(Math.floor(ticks.clientWidth / typeSize() / widest), 1);
  const every = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000]
    .find(every => last / every <= room) || last;
  ticks.replaceChildren();
  for (let i = 0; i <= last; i += 1) {
    const isLast = i === last, isNear = last - i < every && !isLast;
    if (!isLast && (i % every !== 0 || isNear && i !== 0)) continue;
    const tick = ticks.appendChild(document.createElement("span"));
    tick.style.left = (last ? i / last * 100 : 0) + "%";
    tick.textContent = labels[i];
  }
}

// The keys go to the timeline that was used last, unless only another one is in sight.
function keyTimeline() {
  const staged = timelines.find(({ element }) => element.closest(".stage"));
  if (staged) return staged;
  const inSight = timelines.filter(({ element }) => {
    const box = element.closest("section").getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight;
  });
  return inSight.includes(lastUsed) ? lastUsed : inSight[0] || lastUsed || timelines[0];
}

const isModified = event => event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;

function pressed(event) {
  if (isModified(event) || event.defaultPrevented) return;
  const { target } = event;
  // What scrolls to the side needs the arrows for itself.
  if (target.closest && target.closest(".scrolls")) return;
  const own = target.closest && target.closest(".timeline input[type=range]");
  if (!own && target.closest && target.closest("input, select, textarea, [contenteditable]")) return;
  if (event.key === " " && target.closest && target.closest("button, a, summary")) return;
  const line = own
    ? timelines.find(({ element }) => element.contains(own)) : keyTimeline();
  if (!line) return;
  const act = {
    ArrowLeft: () => line.step(-1), ArrowRight: () => line.step(1),
    Home: () => line.step(-Infinity), End: () => line.step(Infinity), " ": () => line.toggle(),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

// ---- quantities and copying ----

function startQuantities() {
  let lit = null;
  document.addEventListener("pointerover", event => {
    const element = event.target.closest && event.target.closest("[data-quantity]");
    const name = element && element.dataset.quantity;
    if (name === lit) return;
    lit = name;
    for (const other of all("[data-quantity]")) {
      other.classList.toggle("lit", other.dataset.quantity === name);
    }
    document.documentElement.classList.toggle("pointing", Boolean(name));
  });
}

// Not every browser opens a fold that a link leads into.
function startFolds() {
  for (const link of all("a[href^='#']")) {
    const fold = document.querySelector(link.getAttribute("href"))?.closest("details");
    if (fold) link.addEventListener("click", () => { fold.open = true; });
  }
}

function startCopying() {
  for (const button of all("button.copy")) {
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
      } catch {
        const range = document.createRange();
        range.selectNodeContents(button.previousElementSibling);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        document.execCommand("copy");
      }
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }
}

// ---- the keyboard ----

// What is wider or higher than its place can be scrolled with the keys: it gets the focus, and a name.
function startScrolling() {
  for (const element of all(".scroll, .command code, .scrollable")) {
    const title = element.querySelector("caption");
    const name = title ? title.textContent : element.dataset.name || "Formula";
    const check = () => {
      const scrolls = element.scrollWidth > element.clientWidth + 1
        || element.scrollHeight > element.clientHeight + 1 && getComputedStyle(element).overflowY === "auto";
      element.classList.toggle("scrolls", scrolls);
      const state = { tabindex: 0, "aria-label": name, ...element.matches("ol, figure") ? {} : { role: "group" } };
      for (const [key, value] of Object.entries(state)) {
        if (scrolls) element.setAttribute(key, value);
        else element.removeAttribute(key);
      }
      // What goes on to the right fades there.
      element.classList.toggle("more", element.scrollLeft + element.clientWidth < element.scrollWidth - 1);
    };
    element.addEventListener("scroll", check, { passive: true });
    const observer = new ResizeObserver(check);
    for (const part of [element, ...element.children]) observer.observe(part);
  }
}

// The keys' own pointer, for what tells something where it is pointed at: the arrows move it over the
// element that has the focus, in larger steps with shift, and Enter or space click.
function startPointing() {
  for (const group of all(".pictures")) {
    const frame = group.querySelector(".frame");
    if (!frame) continue;
    frame.setAttribute("role", "group");
    frame.setAttribute("aria-label", frame.querySelector("img").alt + ": the arrow keys point");
    frame.dataset.points = "";
  }
  for (const element of all("[data-points]")) {
    let at = [0.5, 0.5];
    const send = type => {
      const box = element.getBoundingClientRect();
      element.dispatchEvent(new PointerEvent(type, {
        bubbles: type !== "pointerleave", clientX: box.left + at[0] * box.width,
        clientY: box.top + at[1] * box.height,
      }));
    };
    element.tabIndex = 0;
    // The mouse points without the focus, so that the arrows stay with the timeline.
    element.addEventListener("mousedown", event => event.preventDefault());
    element.addEventListener("keydown", event => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const [x, y] = {
        ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
      }[event.key] || [0, 0];
      const isClick = event.key === "Enter" || event.key === " ";
      if (!x && !y && !isClick) return;
      event.preventDefault();
      const far = (event.shiftKey ? 8 : 1) / Number(element.dataset.points || 64);
      at = [clamp(at[0] + far * x, 0, 0.9999), clamp(at[1] + far * y, 0, 0.9999)];
      send("pointermove");
      if (isClick) send("click");
    });
    element.addEventListener("blur", () => {
      const group = element.closest(".pictures");
      (group || element).dispatchEvent(new PointerEvent("pointerleave"));
    });
  }
}

// ---- special instruments ----

function startCustoms() {
  const axisNamed = name => book.axes.findIndex(axis => axis.name === name);
  for (const element of all("[data-custom]")) {
    const index = Number(element.dataset.custom);
    customs[index](element, customData[index], {
      position: name => positions[axisNamed(name)],
      move: (name, position) => move(axisNamed(name), position),
      onChange: update => follow(null, update),
      picture: n => address(book.customs[index][n]),
    });
  }
}

function start() {
  startPictures();
  startTexts();
  startChoices();
  startTimelines();
  for (const figure of all(".chart")) chart(figure, book.charts[figure.dataset.chart]);
  startQuantities();
  startCopying();
  startFolds();
  startCustoms();
  startScrolling();
  startPointing();
  startStage();
}

// Plays the merges of each word up to the current step.
const root = element.querySelector(".words");
const boxes = data.words.map(word => {
  const box = root.appendChild(document.createElement("div"));
  box.className = "word";
  box.append(document.createElement("div"), document.createElement("small"));
  box.lastChild.textContent = word.text;
  return box;
});

function show(word, box, done) {
  const symbols = word.symbols.slice();
  let fresh = -1;
  for (const merge of word.merges.slice(0, done)) {
    const right = symbols.findIndex(symbol => symbol.start === merge.seam);
    fresh = symbols[right - 1].start;
    symbols.splice(right - 1, 2, { text: merge.text, id: merge.id, start: fresh });
  }
  const isWhole = done === word.merges.length;
  box.firstChild.replaceChildren(...symbols.map((symbol, i) => {
    const ends = symbol.text.endsWith(data.endOfWord) && symbol.text !== data.endOfWord;
    const item = document.createElement("span");
    item.className = "symbol";
    item.classList.toggle("end", ends);
    item.classList.toggle("whole", isWhole);
    item.classList.toggle("new", done > 0 && symbol.start === fresh && box.isNow);
    item.classList.toggle("dropped", isWhole && i >= word.kept);
    item.textContent = ends ? symbol.text.slice(0, -data.endOfWord.length) : symbol.text;
    item.title = `${symbol.text}, id ${symbol.id}`;
    item.appendChild(document.createElement("b")).textContent = symbol.id;
    return item;
  }));
  box.lastChild.classList.toggle("now", box.isNow);
}

const seen = data.words.map(() => null);
page.onChange(() => {
  const step = page.position(data.axis);
  data.words.forEach((word, w) => {
    const done = Math.min(Math.max(step - word.first + 1, 0), word.merges.length);
    const isNow = step >= word.first && step < word.first + word.merges.length;
    const state = done + " " + isNow;
    if (seen[w] === state) return;
    seen[w] = state;
    boxes[w].isNow = isNow;
    show(word, boxes[w], done);
  });
});

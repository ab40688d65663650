import Networks
import Tracing

/// The words of a prompt as symbols that grow together, one merge at each step of an axis.
struct SymbolsPanel: Panel {
  private struct Symbol: Encodable {
    var text: String
    var id: Int
    /// Where it begins, in bytes from the beginning of the word.
    var start: Int
  }

  private struct Merge: Encodable {
    /// Where the right symbol begins.
    var seam: Int
    var text: String
    var id: Int
  }

  private struct Word: Encodable {
    var text: String
    var symbols: [Symbol]
    var merges: [Merge]
    /// The step of the axis at which the word's first merge happens.
    var first: Int
    /// How many of its tokens the model sees.
    var kept: Int
  }

  private struct Contents: Encodable {
    var axis: String
    var words: [Word]
    var endOfWord: String
  }

  private let panel: Custom

  /// - Parameters:
  ///   - words: the range of words to show.
  ///   - step: has one position more than these words have merges.
  init(_ prompt: TokenizedPrompt, _ film: MergeFilm, words: Range<Int>, step: Axis) {
    var first = 1
    let tokens = film.vocabulary.tokens
    let shown = words.map { index -> Word in
      let trace = film.traces[index]
      let word = prompt.words[index]
      defer { first += trace.steps.count }
      return Word(
        text: String(prompt.prompt[word.range].prefix(60)),
        symbols: trace.bytes.enumerated().map { Symbol(text: tokens[$1], id: $1, start: $0) },
        merges: trace.steps.map { step in
          let id = film.vocabulary.merges[step.rank].result
          return Merge(seam: step.seam, text: tokens[id], id: id)
        },
        first: first, kept: prompt.positions(ofWord: index).count)
    }
    panel = Custom(
      markup: "<style>\(HTML(markup: symbolsStyle))</style><div class=\"words\"></div>",
      data: Contents(axis: step.name, words: shown, endOfWord: ByteAlphabet.endOfWord),
      axes: [step], script: symbolsScript)
  }

  func html(_ rendering: inout Rendering) -> HTML { panel.html(&rendering) }
}

private let symbolsStyle = """
  .words { display: flex; flex-wrap: wrap; gap: 0.9rem 1.1rem; margin: 1.25rem 0; }
  .word > div { display: flex; gap: 2px; }
  .word > small { display: block; color: var(--quiet); min-height: 1.4em; }
  .word > small.now { color: var(--condition); font-weight: 600; }
  .symbol {
    font: 1.15rem/1.2 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
    border: 1.5px solid var(--line); border-radius: 4px; padding: 0.15rem 0.4rem 0; text-align: center;
    min-width: 1.7rem; white-space: pre;
  }
  .symbol b { display: block; font: 0.68rem/1.4 system-ui, sans-serif; color: var(--quiet); }
  .symbol.end { border-right: 5px solid var(--neutral); }
  .symbol.whole { border-color: var(--condition); }
  .symbol.new b { color: inherit; }
  .symbol.new { background: color-mix(in srgb, var(--condition) 25%, transparent);
    border-color: var(--condition); }
  .symbol.dropped { border-style: dashed; color: var(--error); border-color: var(--error); }
  """

/// Plays the merges of each word up to the current step.
private let symbolsScript = #"""
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
  """#

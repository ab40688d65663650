import Networks
import Testing

import TextEncoding

@Suite("Every merge of a prompt") struct MergeFilmTests {
  @Test("each merge leaves one symbol fewer, and the last ones are the tokens")
  func counting() throws {
    let tokenizer = try Examples.encoder().tokenizer
    let prompt = tokenizer.tokenize("A purple lighthouse, the moon's café <|endoftext|> 🌙")
    let film = MergeFilm(of: prompt, by: tokenizer)
    #expect(film.byteCount - film.frames.count == prompt.contentRange.count)
    for (word, trace) in film.traces.enumerated() {
      let tokens = film.vocabulary.symbols(of: trace, afterSteps: trace.steps.count)
      #expect(tokens == prompt.tokens[prompt.positions(ofWord: word)].map(\.id))
    }
  }

  @Test("frames follow the words, and each joins what stands before and after its seam")
  func order() throws {
    let tokenizer = try Examples.encoder().tokenizer
    let film = MergeFilm(of: tokenizer.tokenize("the lighthouse"), by: tokenizer)
    #expect(film.frames.map(\.word) == film.frames.map(\.word).sorted())
    for frame in film.frames {
      #expect(frame.left + frame.right == frame.result)
      #expect(film.vocabulary.tokens[frame.id] == frame.result)
    }
    #expect(film.frames.first?.result == "th")
  }

  @Test("the tokens spell the words; those of another prompt do not")
  func spelling() throws {
    let tokenizer = try Examples.encoder().tokenizer
    let prompt = tokenizer.tokenize("a purple lighthouse")
    let film = MergeFilm(of: prompt, by: tokenizer)
    #expect(film.misspelledBytes(of: prompt) == 0)
    #expect(film.misspelledBytes(of: tokenizer.tokenize("a purble lighthouse")) == 1)
  }
}

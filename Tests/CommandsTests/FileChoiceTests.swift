import ArgumentParser
import Commands
import Testing

@Suite("A file and what stands behind its =") struct FileChoiceTests {
  @Test(
    "a LoRA's scale is what stands behind the last =, unless it is the rest of a path",
    arguments: [
      ("a.safetensors", "a.safetensors", 1), ("a.pt=0.5", "a.pt", 0.5), ("a=b.pt", "a=b.pt", 1),
      ("a=b.pt=-2", "a=b.pt", -2), ("a=1/b", "a=1/b", 1), ("a=.5", "a", 0.5),
    ] as [(String, String, Double)])
  func scales(text: String, path: String, scale: Double) throws {
    let choice = try #require(LoRAOption.parse(["--lora", text]).choices.first)
    #expect(choice.path == path && choice.scale == scale)
  }

  @Test(
    "a learned word is what stands behind the last =, unless it is the rest of a path",
    arguments: [
      ("cat.pt", "cat.pt", nil), ("cat.pt=<cat>", "cat.pt", "<cat>"), ("a=cat.pt", "a=cat.pt", nil),
      ("a=b/cat", "a=b/cat", nil), ("a=cat.pt=0.5", "a=cat.pt", "0.5"),
    ] as [(String, String, String?)])
  func words(text: String, path: String, token: String?) throws {
    let choice = try #require(EmbeddingOption.parse(["--embedding", text]).choices.first)
    #expect(choice.path == path && choice.token == token)
  }

  @Test(
    "what cannot be cut is refused in words",
    arguments: [
      ("=1", "expected a file, or file=scale"), ("", "expected a file, or file=scale"),
      ("a.pt=much", "expected a number behind '=', found 'much'"),
      ("a.pt=", "expected a number behind '=', found ''"),
      ("a.pt=101", "expected a scale from -100 to 100, found 101"),
    ])
  func noScale(text: String, words: String) {
    let error = #expect(throws: (any Error).self) { try LoRAOption.parse(["--lora", text]) }
    #expect(error.map(LoRAOption.message)?.contains(words) == true)
  }

  @Test(
    "a word that is none, or has no file, is refused in words",
    arguments: [
      ("=cat", "expected a file, or file=token"), ("=", "expected a file, or file=token"),
      ("a.pt= ", "expected a word behind '=', found ' '"),
    ])
  func noWord(text: String, words: String) {
    let error = #expect(throws: (any Error).self) {
      try EmbeddingOption.parse(["--embedding", text])
    }
    #expect(error.map(EmbeddingOption.message)?.contains(words) == true)
  }
}

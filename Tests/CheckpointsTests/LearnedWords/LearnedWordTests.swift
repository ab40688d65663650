import Checkpoints
import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("A learned word on disk") struct LearnedWordTests {
  private static let folder = Repository.path("fixtures/golden/learned-words")

  private func word(_ file: String, token: String? = nil) throws -> LearnedWord {
    try LearnedWord(LearnedWordChoice(Self.folder + file, token: token))
  }

  /// A word in a safetensors file of its own.
  private func read(
    _ tensors: [String: Tensor], as name: String = "a.safetensors", token: String? = nil
  ) throws -> LearnedWord {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent(name).path
      try SafetensorsFile.write(WeightTable(tensors), to: file)
      return try LearnedWord(LearnedWordChoice(file, token: token))
    }
  }

  @Test(
    "A1111's and diffusers' files are read, named by themselves or by their file",
    arguments: [
      ("/learned_embeds.bin", "<teal>", [1, 96]),
      ("/learned_embeds.safetensors", "my-style", [3, 96]),
      ("/file-name.pt", "old-word", [2, 96]), ("/nameless.safetensors", "nameless", [2, 96]),
      ("", "my-style", [3, 96]),
    ])
  func kinds(file: String, name: String, shape: [Int]) throws {
    let found = try word(file)
    #expect(found.text == name)
    #expect(found.vectors.shape == shape)
    #expect(try word(file, token: "<mine>").text == "<mine>")
    // Drawn numbers: none is 0 by chance.
    #expect(found.vectors.elements.allSatisfy { $0 != 0 && abs($0) < 1 })
  }

  @Test("one vector may be stored as a list of one or by itself")
  func rank() throws {
    let vector = Tensor([3], [1, 2, 3])
    for stored in [vector, vector.reshaped([1, 3])] {
      let found = try read(["cat": stored]).vectors
      #expect(found.shape == [1, 3] && found.elements == vector.elements)
    }
  }

  @Test("names that are none give way to the file's own")
  func nameless() throws {
    #expect(try read(["*": Tensor([2], [1, 2])], as: "my cat.v2.safetensors").text == "my cat.v2")
    #expect(try read(["emb_params": Tensor([1, 2], [1, 2])], as: "dog.safetensors").text == "dog")
  }

  @Test("what is no learned word is refused in one line, by what it is")
  func refusals() throws {
    func refused(_ part: String, _ body: () throws -> LearnedWord) {
      let error = #expect(throws: (any Error).self) { _ = try body() }
      let text = (error as? any PersonFacingError)?.description ?? "no error of ours"
      #expect(text.contains(part) && !text.contains("\n"), "\(text)")
    }
    let vector = Tensor([2], [1, 2])
    refused("Stable Diffusion XL") { try word("/xl.safetensors") }
    refused("found 2 tensors: \"cat\", \"dog\"") { try read(["cat": vector, "dog": vector]) }
    refused("this is a LoRA") { try read(["lora_unet_x.lora_down.weight": vector]) }
    refused("expected vectors for a word, found shape [0, 2]") {
      try read(["cat": Tensor([0, 2], [])])
    }
    refused("expected vectors for a word") { try read(["cat": Tensor([1, 1, 2], [1, 2])]) }
    refused("not finite") { try read(["cat": Tensor([2], [1, .nan])]) }
    refused("no such file or folder") { try word("/nowhere.pt") }
    refused("holds no learned word") {
      try LearnedWord(LearnedWordChoice(Repository.path("fixtures/images")))
    }
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("empty.pt")
      try Data().write(to: file)
      refused("empty") { try LearnedWord(LearnedWordChoice(file.path)) }
    }
  }
}

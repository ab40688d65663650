import Diagnostics
import Foundation
import Networks
import TestSupport
import Testing
import TextEncoding

@Suite("Opening a text encoder") struct PromptEncoderTests {
  @Test("without a name it is the bundled one, trained")
  func shipped() throws {
    let encoder = try PromptEncoder.open(model: nil, vocabulary: nil, seed: 0)
    #expect(encoder.isTrained)
    #expect(encoder.tokenizer.tokenize("rocket").tokens.count { $0.word != nil } == 2)
  }

  @Test("over a vocabulary alone it is untrained")
  func untrained() throws {
    let encoder = try Examples.encoder()
    #expect(!encoder.isTrained)
    #expect(
      encoder.network.configuration.vocabularySize == encoder.tokenizer.vocabulary.tokens.count)
  }

  @Test("a diffusers folder gives network, vocabulary and provenance", arguments: [true, false])
  func folder(isTrained: Bool) throws {
    try withTemporaryFolder { folder in
      try Examples.writeModel(
        to: folder, marks: isTrained ? [:] : ["_untrained": .bool(true)])
      let encoder = try PromptEncoder.open(model: folder.path, vocabulary: nil, seed: 0)
      #expect(encoder.isTrained == isTrained)
      #expect(encoder.network.configuration.layers == 2)
    }
  }

  @Test("a prompt is cut to the positions that the network has")
  func positions() throws {
    try withTemporaryFolder { folder in
      try Examples.writeModel(to: folder) { $0.positions = 8 }
      let encoder = try PromptEncoder.open(model: folder.path, vocabulary: nil, seed: 0)
      #expect(encoder.tokenizer.tokenize("the red boat on the blue sea at night").ids.count == 8)
    }
  }

  @Test("what does not fit together is refused in one line")
  func refusals() throws {
    func refusal(_ vocabulary: String?, _ write: (URL) throws -> Void) throws -> String? {
      try withTemporaryFolder { folder in
        try write(folder)
        do {
          _ = try PromptEncoder.open(model: folder.path, vocabulary: vocabulary, seed: 0)
          return nil
        } catch let error as any PersonFacingError {
          #expect(error.exitStatus == .badData || error.exitStatus == .missingInput)
          return error.description
        }
      }
    }
    let small = try refusal(nil) { try Examples.writeModel(to: $0) { $0.vocabularySize = 1000 } }
    #expect(small?.contains("at most 1000 tokens") == true && small?.contains("1014") == true)
    let bare = try refusal(nil) { try Examples.writeModel(to: $0, vocabulary: false) }
    #expect(bare?.contains("--vocabulary") == true)
    #expect(
      try refusal(Examples.vocabulary) { try Examples.writeModel(to: $0, vocabulary: false) } == nil
    )
    let short = try refusal(nil) { try Examples.writeModel(to: $0) { $0.positions = 1 } }
    #expect(short?.contains("start and end") == true)
    let none = try refusal(nil) {
      try Data("{}".utf8).write(to: $0.appendingPathComponent("model_index.json"))
    }
    #expect(none?.contains("no text encoder") == true)
    #expect(throws: FileError.self) {
      try PromptEncoder.open(model: "/nowhere", vocabulary: nil, seed: 0)
    }
  }
}

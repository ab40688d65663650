import Checkpoints
import Diagnostics
import Foundation
import GoldenSupport
import TestSupport
import Testing

@Suite("GGUF files") struct GGUFFileTests {
  private static let path = Repository.path("fixtures/golden/weight-files/numbers.gguf")

  @Test(
    "plain and Q8_0 numbers are those that the gguf package reads; others are listed with bytes")
  func agrees() throws {
    let listing = try WeightListing(Self.path)
    let expected = try Golden.load("weight-files/gguf")
    #expect(listing.tensors.map(\.name) == expected.keys.sorted())
    let statistics = try listing.statistics()
    for (tensor, numbers) in zip(listing.tensors, statistics) {
      let golden = try #require(expected[tensor.name])
      #expect(tensor.shape == golden.shape)
      guard tensor.type != "Q4_0" else {
        #expect(numbers == nil && tensor.byteCount == 36)
        continue
      }
      let found = try #require(numbers)
      #expect(abs((found.mean ?? 9) - golden.moments.mean) < 1e-7, "\(tensor.name)")
      #expect(found.min == golden.moments.min && found.max == golden.moments.max)
    }
  }

  @Test("values by key are told in words")
  func metadata() throws {
    let file = try #require(try WeightListing(Self.path).files.first)
    #expect(file.format == "GGUF, version 3")
    let values = Dictionary(uniqueKeysWithValues: file.metadata.map { ($0.key, $0.value) })
    #expect(values["general.architecture"] == "sd1" && values["test.int32"] == "-7")
    #expect(values["test.uint64"] == "1099511627776" && values["test.float32"] == "0.5")
    #expect(values["test.bool"] == "true" && values["test.numbers"] == "[1, 2, 3]")
    #expect(values["test.words"]?.hasSuffix("word 5, …], 9 values") == true)
  }

  @Test("what a network needs is still asked for as safetensors")
  func networks() {
    #expect(throws: CheckpointError.self) { try WeightFile.open(Self.path) }
  }

  @Test("counts, lengths and versions beyond the file end in one line")
  func hostile() throws {
    let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Self.path)))
    func line(at offset: Int, _ bytes: [UInt8]) -> String {
      var file = good
      file.replaceSubrange(offset..<offset + bytes.count, with: bytes)
      let error = #expect(throws: CheckpointError.self) {
        try GGUFFile(MappedFile(file, path: "m.gguf"))
      }
      return error?.description ?? ""
    }
    #expect(line(at: 4, [1, 0, 0, 0]).contains("version 1"))
    #expect(line(at: 4, [0, 0, 0, 3]).contains("big-endian"))
    for offset in [8, 16, 24] {
      #expect(line(at: offset, [UInt8](repeating: 255, count: 8)).contains("only a part"))
    }
    #expect(throws: CheckpointError.self) {
      try GGUFFile(MappedFile(good.dropLast(40), path: "m.gguf"))
    }
  }

  @Test("damaged anywhere: a valid result or one clear line")
  func fuzzed() async {
    await #expect(processExitsWith: .success) {
      let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Self.path)))
      let tokens: [[UInt8]] = [Array("GGUF".utf8), [8, 0, 0, 0], [9, 0, 0, 0], [2, 0, 0, 0]]
      try Fuzzing.run(Mutator(corpus: [file], tokens: tokens, seed: 7), cases: 10_000) {
        _ = try GGUFFile(MappedFile($0, path: "m.gguf"))
      }
    }
  }
}
